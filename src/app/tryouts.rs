//! What tries things out before anybody is told.

use std::sync::Arc;

use super::Base;
use crate::config::Config;
use crate::delivery::{EngineSettings, Rehearsals, TestSends};
use crate::domain::test_send::Allowed;
use crate::law::Rules;
use crate::providers::Provider;
use crate::render::Renderer;

/// Tests of notices.
pub(super) fn tests(
    base: Base,
    carriers: &[Arc<dyn Provider>],
    renderer: &Arc<Renderer>,
    config: &Config,
) -> Arc<TestSends> {
    // What is no address was refused when the configuration was read.
    let allowed = config.test_sends.allow.iter().filter_map(|entry| Allowed::parse(entry).ok()).collect();
    Arc::new(TestSends::new(base, carriers.to_vec(), Arc::clone(renderer), allowed))
}

/// Rehearsals: they are told what the providers are called, and never get one.
pub(super) fn rehearsals(
    base: Base,
    carriers: &[Arc<dyn Provider>],
    renderer: &Arc<Renderer>,
    rules: &Arc<Rules>,
    settings: EngineSettings,
) -> Arc<Rehearsals> {
    let names = carriers.iter().map(|carrier| carrier.describe().clone()).collect();
    Arc::new(Rehearsals::new(base, Arc::clone(renderer), Arc::clone(rules), names, settings))
}
