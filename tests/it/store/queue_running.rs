//! The campaigns that run, as the engine reads them.

use candour::store::{CampaignStore, StoreError};

use super::queue_support::reachable;
use crate::support::stores::on_both;

on_both!(a_campaign_that_cannot_be_read_stops_no_other, |world| {
    let broken = world.running(vec![reachable("a", 1, 0)]).await;
    let well = world.running(vec![reachable("b", 1, 0)]).await;
    let spoil = "UPDATE campaigns SET plan = '{' WHERE id = (SELECT id FROM campaigns ORDER BY id LIMIT 1)";
    assert_eq!(world.execute(spoil).await, 1);
    assert_eq!(world.store.running_campaigns().await, Ok(vec![well]));
    assert!(matches!(world.store.campaign(broken.id).await, Err(StoreError::Corrupt { table: "campaigns", .. })));
});
