//! What a session on PostgreSQL has planned while there was little is not kept for when there is much.

use candour::domain::campaign::Campaign;
use candour::domain::channel::Channel;
use candour::domain::outcome::Outcome;
use candour::store::{CampaignStore, PeopleStore};
use sqlx::{Connection, PgConnection};

use super::queue_support::{FOREVER, T0, reachable};
use crate::support::stores::on_postgres;

/// After so many executions PostgreSQL weighs a plan that it keeps.
const ENOUGH_TO_KEEP_A_PLAN: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_do_not_read_tables_that_have_grown_since() {
    on_postgres(async |world| {
        let worker = world.worker(FOREVER).await;
        let few = world.running((0..3).map(|n| reachable(&format!("f{n}"), 1, 0)).collect()).await;
        let claimed = world.claim(few.id, worker, Channel::Email, 2, T0).await.unwrap();
        world.settle_all(worker, &claimed, Outcome::Accepted).await;
        let ask = async |campaign: &Campaign| {
            for _ in 0..ENOUGH_TO_KEEP_A_PLAN {
                world.store.attempts(campaign.id, None, 50).await.unwrap();
                world.store.people(campaign.incident, None, 50).await.unwrap();
                world.store.tallies(campaign.id).await.unwrap();
                world.store.unreachable_reasons(campaign.incident).await.unwrap();
            }
        };
        ask(&few).await;
        let many = world.running((0..2000).map(|n| reachable(&format!("m{n}"), 1, 0)).collect()).await;
        for _ in 0..4 {
            let claimed = world.claim(many.id, worker, Channel::Email, 500, T0).await.unwrap();
            world.settle_all(worker, &claimed, Outcome::Accepted).await;
        }
        ask(&many).await;
        // A session tells what it has read when it ends.
        world.store.close().await;
        let mut connection = PgConnection::connect(&world.url).await.unwrap();
        let sessions = "SELECT COUNT(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        while sqlx::query_scalar::<_, i64>(sessions).fetch_one(&mut connection).await.unwrap() > 0 {
            tokio::task::yield_now().await;
        }
        let read: Vec<(String, i64)> = sqlx::query_as(
            "SELECT relname::text, seq_tup_read FROM pg_stat_user_tables \
             WHERE relname IN ('people', 'campaign_people', 'attempts') AND seq_tup_read > 0 ORDER BY relname",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert_eq!(read, [], "rows that were read by walking over whole tables");
    })
    .await;
}
