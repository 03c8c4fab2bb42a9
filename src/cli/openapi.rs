//! `candour openapi`: the contract, as JSON.

use super::Failure;
use crate::api;

pub(super) fn run() -> Result<(), Failure> {
    let json = api::openapi::document().to_pretty_json().map_err(Failure::of)?;
    super::output(&(json + "\n"))
}
