//! `HealthStore`.

use candour::domain::campaign::Counts;
use candour::store::{HealthStore, StoreError};

use crate::support::stores::on_both;

on_both!(a_store_answers_until_it_is_closed, |world| {
    assert_eq!(world.store.ping().await, Ok(()));
    assert_eq!(world.store.campaign_counts().await, Ok(Counts::default()));
    world.store.close().await;
    assert!(matches!(world.store.ping().await, Err(StoreError::Unavailable(_))));
});
