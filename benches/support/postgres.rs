//! Databases on the PostgreSQL that `benches/run` started.

use std::process::Stdio;

use tokio::process::Command;

use super::Result;

/// The server.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    base: String,
    /// Its first process, the parent of all others.
    pub(crate) pid: u32,
}

impl Postgres {
    pub(crate) fn new(base: String, pid: u32) -> Self {
        Self { base, pid }
    }

    /// The URL of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.base)
    }

    /// Makes a database, empty even if there was one of this name; what went before is written out first.
    pub(crate) async fn fresh(&self, database: &str) -> Result<String> {
        self.drop(database).await?;
        self.run("postgres", &format!("CREATE DATABASE {database}")).await?;
        self.run("postgres", "CHECKPOINT").await?;
        Ok(self.url(database))
    }

    /// Removes a database, with whoever is connected to it.
    pub(crate) async fn drop(&self, database: &str) -> Result<()> {
        self.run("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).await?;
        Ok(())
    }

    /// Runs SQL and returns what it prints, unaligned and without headings.
    pub(crate) async fn run(&self, database: &str, sql: &str) -> Result<String> {
        let output = Command::new("psql")
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, &self.url(database)])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            return Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The settings that decide about durability and memory.
    pub(crate) async fn settings(&self) -> Result<String> {
        let names = "'server_version','fsync','synchronous_commit','full_page_writes','shared_buffers','max_wal_size'";
        let sql = format!("SELECT name || '=' || current_setting(name) FROM pg_settings WHERE name IN ({names})");
        Ok(self.run("postgres", &sql).await?.replace('\n', ", "))
    }
}
