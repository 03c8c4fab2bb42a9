//! Holds the plans of the hot statements: none may walk over a campaign.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Row};

use super::{again, sql};
use crate::store::queue::leaving::rows::PEOPLE_AFTER;
use crate::store::queue::slots::FREE;
use crate::store::remedies::{MARK_SENT, READ_CODES, RELEASE};

const HOT: [&str; 20] = [
    sql::LEASE_END,
    sql::DUE,
    sql::TAKE,
    sql::LOST,
    sql::WRITE_OUTCOMES,
    sql::WRITE_MOVES,
    sql::SHIFT_JURISDICTIONS,
    sql::NOTE_LATE,
    sql::UNBEGUN,
    sql::GIVE_BACK,
    sql::IN_FLIGHT,
    sql::STANDING,
    sql::ANNOUNCE_SOME,
    sql::STAND,
    sql::GIVE_OVER,
    sql::RESIDENCES,
    PEOPLE_AFTER,
    FREE,
    READ_CODES,
    MARK_SENT,
];

#[tokio::test]
async fn no_hot_statement_walks_over_a_campaign() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("memory is there");
    sqlx::migrate!("migrations/sqlite").run(&mut connection).await.expect("the schema is sound");
    for statement in HOT {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
            .fetch_all(&mut connection)
            .await
            .expect("the statement is sound");
        for row in plan {
            let step: String = row.get("detail");
            let walks = step.ends_with("(campaign_id=?)")
                || ["campaign_people", "attempts", "people", "workers", "remedy_codes", "r"]
                    .iter()
                    .any(|t| step == format!("SCAN {t}"));
            assert!(!walks, "{step} in {statement}");
        }
    }
}

#[tokio::test]
async fn a_retry_reads_those_who_were_given_up_and_looks_each_up_once() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("memory is there");
    sqlx::migrate!("migrations/sqlite").run(&mut connection).await.expect("the schema is sound");
    for statement in again::GIVEN_UP {
        let plan =
            sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"))).fetch_all(&mut connection).await;
        let steps: Vec<String> = plan.expect("the statement is sound").iter().map(|row| row.get("detail")).collect();
        let has = |start: &str| steps.iter().any(|step| step.starts_with(start));
        assert!(
            has("SEARCH p USING INDEX campaign_people_unreachable (campaign_id=? AND state=? AND reason=?"),
            "{steps:?}"
        );
        assert!(has("SEARCH f USING AUTOMATIC"), "{steps:?}");
        assert!(!steps.iter().any(|step| step.ends_with("(campaign_id=?)")), "{steps:?}");
    }
}

#[tokio::test]
async fn nobody_walks_over_a_campaign_for_each_code() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("memory is there");
    sqlx::migrate!("migrations/sqlite").run(&mut connection).await.expect("the schema is sound");
    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {RELEASE}"))).fetch_all(&mut connection).await;
    for row in plan.expect("the statement is sound") {
        let step: String = row.get("detail");
        assert!(!step.ends_with("(campaign_id=?)") && !step.starts_with("SCAN p"), "{step}");
    }
}
