//! Campaigns that were cancelled before it was kept track of whom they leave untold: a migration has them looked through.

use candour::domain::campaign::CampaignAction;
use candour::store::{CampaignStore, DeliveryStore};

use super::queue_support::reachable;
use crate::support::stores::on_both;

on_both!(whom_a_campaign_left_untold_before_the_migration_the_next_tells_after_it, |world| {
    let first = world.running(vec![reachable("a", 1, 0), reachable("b", 1, 0)]).await;
    world.act(&first, CampaignAction::Pause).await.unwrap();
    let second = world.further(&first).await;
    let nobody_left = world.running(vec![reachable("c", 0, 0)]).await;
    for cancelled in [&first, &nobody_left] {
        world.act(cancelled, CampaignAction::Cancel).await.unwrap();
    }
    world.execute("UPDATE campaigns SET leaving_after = NULL").await;
    assert_eq!(world.store.campaigns_leaving().await, Ok(vec![]), "as it was before");
    assert_eq!(world.execute("DELETE FROM _sqlx_migrations WHERE version = 17").await, 1);

    let migrated = world.another().await;
    assert_eq!(migrated.campaigns_leaving().await, Ok(vec![first.id]));
    assert_eq!(world.leave().await, 2);
    assert_eq!(migrated.campaign(second.id).await.unwrap().counts.pending, 2);
    migrated.close().await;
});
