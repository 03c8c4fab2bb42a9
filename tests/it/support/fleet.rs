//! A Candour that serves without an engine of its own, and a mail host: workers are started beside them.

use tempfile::TempDir;

use super::account::{self, Balance};
use super::candour::Candour;
use super::program::Program;
use super::recording_sink::RecordingSink;

/// Messages that one worker has in the air at once.
pub(crate) const CONCURRENCY: usize = 8;

/// The API, the mail host, and what workers need.
pub(crate) struct Fleet {
    /// The API.
    pub(crate) candour: Candour,
    /// The mail host.
    pub(crate) sink: RecordingSink,
    _dir: TempDir,
}

impl Fleet {
    /// Starts API and mail host. `delivery` is the TOML of that table, `provider` more lines of the mail host's.
    pub(crate) async fn muster(database: &str, delivery: &str, provider: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let sink = RecordingSink::start().await;
        let providers = sink.provider(CONCURRENCY, provider);
        let mut candour = Candour::prepare(dir.path(), database, delivery, &providers).await;
        candour.serve(candour.prepared(&["serve", "--no-engine"])).await;
        Self { candour, sink, _dir: dir }
    }

    /// Starts so many workers at once.
    pub(crate) async fn workers(&self, number: usize) -> Vec<Program> {
        futures_util::future::join_all((0..number).map(|_| self.candour.worker())).await
    }

    /// Starts a worker that reaches the database by another way.
    pub(crate) async fn worker_by(&self, database: &str) -> Program {
        self.candour.work(self.candour.prepared(&["worker", "--store", database])).await
    }

    /// Waits for the campaign's end and holds its account against the mail host.
    pub(crate) async fn balance(&self, (incident, campaign): &(String, String), people: usize) -> Balance {
        self.candour.completed(campaign).await;
        account::balance(&self.candour, incident, campaign, people, &self.sink.taken()).await
    }

    /// Attempts that stay unknown although the account holds that the mail host accepted them: what was learned too late.
    pub(crate) async fn learned(&self, campaign: &str) -> usize {
        let path = format!("/v1/campaigns/{campaign}/attempts?limit=500");
        let page = self.candour.call(&self.candour.responder, "GET", &path, None).await;
        let items = page["items"].as_array().expect("items");
        items.iter().filter(|a| a["outcome"] == "unknown" && a["receipt"] == "accepted").count()
    }
}
