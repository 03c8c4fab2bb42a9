//! Accounts at Amazon whose credentials are those of a role of the machine or the container.

mod desk_as_amazons_own_client_sees_it;
mod metadata_service_of_moto;
mod nobody_hands_out_keys;
mod renewed_before_they_end;
mod taken_by_an_account;

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::providers::Provider;

use crate::support::configured::provider;

/// A provider of texts at that address; `more` of its keys.
fn sns(base: &str, more: &str) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'sns'\nname = 'sns'\nregion = 'eu-west-1'\ncheck_opt_out = false\nbase_url = '{base}'\n{more}"
    ))
}

const HOUR: i64 = 3_600_000;

/// As SNS says that it has taken a text.
const TAKEN: &str = "<PublishResponse><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>";

/// So many milliseconds later.
fn later(now: Millis, by: i64) -> Millis {
    now.plus(by)
}
