//! Both schemas are one: the same tables, columns and nullability under migrations of the same number and name.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::stores::{World, on_postgres, on_sqlite};

/// Table and column to whether it may be null.
type Columns = BTreeMap<(String, String), bool>;

async fn of_sqlite(world: World) -> Columns {
    let mut connection = world.sqlite().await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut columns = Columns::new();
    for table in tables {
        let of_table: Vec<(String, i64)> =
            sqlx::query_as(AssertSqlSafe(format!("SELECT name, \"notnull\" FROM pragma_table_info('{table}')")))
                .fetch_all(&mut connection)
                .await
                .unwrap();
        columns.extend(of_table.into_iter().map(|(name, not_null)| ((table.clone(), name), not_null == 0)));
    }
    columns
}

async fn of_postgres(world: World) -> Columns {
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, is_nullable::text FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    columns.into_iter().map(|(table, column, nullable)| ((table, column), nullable == "YES")).collect()
}

#[tokio::test]
async fn tables_columns_and_nullability_are_the_same() {
    let (mut sqlite, mut postgres) = (Columns::new(), Columns::new());
    on_sqlite(async |world| sqlite = of_sqlite(world).await).await;
    on_postgres(async |world| postgres = of_postgres(world).await).await;
    assert!(sqlite.len() > 100, "the schemas were read");
    assert_eq!(sqlite, postgres);
}

#[test]
fn migrations_have_the_same_numbers_and_names() {
    let names = |folder: &str| -> BTreeSet<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}
