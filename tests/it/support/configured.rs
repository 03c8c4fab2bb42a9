//! A provider as an operator configures it.

use std::sync::Arc;

use candour::config::ProviderEntry;
use candour::providers::settings::Surroundings;
use candour::providers::{Provider, Providers};
use candour::render::pdf::Fonts;
use candour::system::System;

/// What providers of tests are built with.
pub fn around() -> Surroundings {
    let public_url = Some("https://candour.example.org:8443".parse().unwrap());
    Surroundings { entropy: Arc::new(System), public_url, fonts: Arc::new(Fonts::new(None)) }
}

/// The provider of one `[[providers]]` table, secrets in place.
pub fn provider(text: &str) -> Arc<dyn Provider> {
    let providers = Providers::build(&[ProviderEntry::parse(text).unwrap()], &around());
    Arc::clone(providers.unwrap_or_else(|e| panic!("{e}")).iter().next().unwrap())
}
