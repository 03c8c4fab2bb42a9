//! What a thief of the database would have.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Everything the database holds, as bytes: the files of SQLite, each row of each table of PostgreSQL.
pub async fn dump(url: &str) -> Vec<u8> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let log = std::fs::read(format!("{path}-wal")).unwrap_or_default();
        return [std::fs::read(path).unwrap(), log].concat();
    }
    let mut connection = PgConnection::connect(url).await.unwrap();
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let mut text = String::new();
    for table in tables {
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("SELECT t::text FROM {table} t")))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        text.push_str(&rows.concat());
    }
    text.into_bytes()
}

/// Whether the text is there, as it is or in hexadecimal.
pub fn contains(bytes: &[u8], text: &str) -> bool {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    has(text.as_bytes()) || has(hex::encode(text).as_bytes())
}
