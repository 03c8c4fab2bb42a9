//! A provider as an operator configures it.

use std::sync::Arc;

use candour::config::ProviderEntry;
use candour::providers::settings::Surroundings;
use candour::providers::{Provider, Providers};
use candour::render::pdf::Fonts;
use candour::system::System;

/// Where receipts of the providers of tests come in, the provider's name missing at its end.
pub const RECEIPTS: &str = "https://candour.example.org:8443/v1/receipts/";

/// What providers of tests are built with.
pub fn around() -> Surroundings {
    let public_url = Some("https://candour.example.org:8443".parse().unwrap());
    let (clock, entropy) = (Arc::new(System), Arc::new(System));
    Surroundings { clock, entropy, public_url, fonts: Arc::new(Fonts::new(None)) }
}

/// The provider of one `[[providers]]` table, secrets in place.
pub fn provider(text: &str) -> Arc<dyn Provider> {
    provider_in(text, &around())
}

/// The same in other surroundings.
pub fn provider_in(text: &str, around: &Surroundings) -> Arc<dyn Provider> {
    let providers = Providers::build(&[ProviderEntry::parse(text).unwrap()], around);
    Arc::clone(providers.unwrap_or_else(|e| panic!("{e}")).iter().next().unwrap())
}
