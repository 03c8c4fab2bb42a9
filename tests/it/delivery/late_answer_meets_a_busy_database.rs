//! A worker stands still for longer than its lease while its messages are taken, and when it comes back the database is too busy
//! to take its answers as receipts: they wait until it does.

use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::support::candour::SHORT_LEASE;
use crate::support::databases;
use crate::support::fleet::{CONCURRENCY, Fleet};
use crate::support::recording_sink::Manner;
use crate::support::responder::people_at;

const BUSY: &str = "CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS \
                    $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = 'serialization_failure'; END $$; \
                    CREATE TRIGGER busy BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION busy()";

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let fleet = Fleet::muster(&database, &format!("{SHORT_LEASE}unknown = \"hold\"\n"), "").await;
    fleet.sink.answer(Manner::Silent);
    let stalled = fleet.candour.worker().await;
    let (_, campaign) = fleet.candour.campaign(people_at("example.net", CONCURRENCY)).await;
    fleet.sink.until(CONCURRENCY).await;
    stalled.freeze().await;
    fleet.sink.answer(Manner::Takes);
    let other = fleet.candour.worker().await;
    fleet.candour.follow(&campaign, |state| state["counts"]["unknown"] == CONCURRENCY).await;

    let mut connection = PgConnection::connect(&database).await.expect("the database is there");
    sqlx::raw_sql(BUSY).execute(&mut connection).await.expect("it is ours");
    stalled.signal("CONT").await;
    fleet.candour.logged(1, "a late answer").await;
    sqlx::raw_sql("DROP TRIGGER busy ON receipts").execute(&mut connection).await.expect("it is ours");

    fleet.candour.logged(1, "late answers were taken as receipts").await;
    let told = fleet.candour.completed(&campaign).await;
    assert_eq!((&told["counts"]["reached"], &told["counts"]["unknown"]), (&json!(CONCURRENCY), &json!(0)), "{told}");
    stalled.terminate().await;
    other.terminate().await;
}
