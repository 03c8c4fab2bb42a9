//! A provider as an operator configures it.

use std::sync::Arc;

use candour::config::ProviderEntry;
use candour::providers::settings::Surroundings;
use candour::providers::{Provider, Providers};
use candour::system::System;

/// What providers of tests are built with.
pub fn around() -> Surroundings {
    Surroundings {
        clock: Arc::new(System),
        entropy: Arc::new(System),
        public_url: Some("https://candour.example.org:8443".parse().unwrap()),
    }
}

/// The provider of one `[[providers]]` table, secrets in place.
pub fn provider(text: &str) -> Arc<dyn Provider> {
    let providers = Providers::build(&[ProviderEntry::parse(text).unwrap()], &around());
    Arc::clone(providers.unwrap_or_else(|e| panic!("{e}")).iter().next().unwrap())
}
