//! The rule files that are part of the binary, by name. A test proves that none of `data/` is forgotten here.

/// What a notice or report may have to contain: name of an element and what it means.
pub(super) const ELEMENTS: (&str, &str) = ("elements.toml", include_str!("elements.toml"));

/// One file per jurisdiction.
pub(super) const FILES: &[(&str, &str)] = &[
    ("cn.toml", include_str!("data/cn.toml")),
    ("eu-gdpr.toml", include_str!("data/eu-gdpr.toml")),
    ("hk.toml", include_str!("data/hk.toml")),
    ("uk.toml", include_str!("data/uk.toml")),
    ("us-ca.toml", include_str!("data/us-ca.toml")),
    ("us-ny.toml", include_str!("data/us-ny.toml")),
];
