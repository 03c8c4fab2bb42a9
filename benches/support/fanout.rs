//! A campaign from the list to the last outcome, on a fresh database, and what it took.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::bench::{Bench, Database};
use super::campaign::{self, Imported};
use super::candour::Candour;
use super::usage::{Memory, MemoryWatch, Used, Watch};
use super::{Result, people, profile};

/// What is to be sent, to how many, through what.
pub(crate) struct Fanout<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) database: Database,
    pub(crate) people: u64,
    /// TOML of the providers.
    pub(crate) providers: String,
    pub(crate) notice: Value,
    /// Processes to watch beside Candour's, as of [`Watch::begin`].
    pub(crate) counterpart: Option<(&'static str, u32, bool)>,
    /// Variables of Candour's environment.
    pub(crate) environment: Vec<(String, String)>,
}

impl<'a> Fanout<'a> {
    /// By email, through a relay at a port of this machine.
    pub(crate) fn email(bench: &'a Bench, database: Database, people: u64, port: u16, more: &str) -> Result<Self> {
        Ok(Self {
            bench,
            database,
            people,
            providers: smtp(port, bench.connections, more),
            notice: campaign::notice()?,
            counterpart: None,
            environment: Vec::new(),
        })
    }

    /// The same, watching a process of the counterpart.
    pub(crate) fn beside(mut self, name: &'static str, pid: u32, family: bool) -> Self {
        self.counterpart = Some((name, pid, family));
        self
    }

    /// Everything up to the approved campaign.
    pub(crate) async fn prepare(&self) -> Result<Ready> {
        let list = people::list(&self.bench.scratch, self.people)?;
        let (candour, server) = start(self.bench, self.database, &self.providers, &self.environment).await?;
        let importing = MemoryWatch::begin(candour.pid()?)?;
        let incident = campaign::incident(&candour).await?;
        let imported = campaign::import(&candour, &incident, &list).await?;
        let memory_importing = importing.end();
        let campaign = campaign::approved(&candour, &incident, &self.notice, &json!({})).await?;
        if self.database == Database::Postgres {
            self.bench.postgres()?.run("postgres", "CHECKPOINT").await?;
        }
        let mut watched = vec![("candour", candour.pid()?, false)];
        watched.extend(self.counterpart);
        watched.extend(server);
        let profile = self.bench.profile.as_ref().map(|dir| dir.join("candour.perf"));
        let people = self.people;
        Ok(Ready { candour, incident, campaign, imported, memory_importing, people, watched, profile })
    }

    /// Prepares and sends.
    pub(crate) async fn run(&self) -> Result<Run> {
        let ready = self.prepare().await?;
        let going = ready.begin().await?;
        let run = going.end(&ready, Duration::from_millis(100)).await?;
        ready.candour.remove().await?;
        Ok(run)
    }
}

/// The table of a relay on this machine. `more` is further TOML of it.
fn smtp(port: u16, connections: u16, more: &str) -> String {
    format!(
        "[[providers]]\nkind = \"smtp\"\nname = \"relay\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
         from = \"Larkspur Travel <incident@larkspur-travel.example>\"\nconcurrency = {connections}\n{more}\n"
    )
}

/// Candour on a fresh database, and the database's processes.
pub(crate) async fn start(
    bench: &Bench,
    database: Database,
    providers: &str,
    environment: &[(String, String)],
) -> Result<(Candour, Option<(&'static str, u32, bool)>)> {
    let dir: PathBuf = bench.scratch.join("candour");
    let (url, server) = match database {
        Database::Sqlite => (sqlite_url(&dir), None),
        Database::Postgres => {
            let server = bench.postgres()?;
            (server.fresh("candour_bench").await?, Some(("postgres", server.pid, true)))
        }
    };
    Ok((Candour::start(&bench.binary, &dir, &url, providers, environment).await?, server))
}

fn sqlite_url(dir: &Path) -> String {
    format!("sqlite:{}", dir.join("candour.db").display())
}

/// An approved campaign.
pub(crate) struct Ready {
    pub(crate) candour: Candour,
    pub(crate) incident: String,
    pub(crate) campaign: String,
    imported: Imported,
    memory_importing: Memory,
    people: u64,
    watched: Vec<(&'static str, u32, bool)>,
    profile: Option<PathBuf>,
}

impl Ready {
    /// Starts it.
    pub(crate) async fn begin(&self) -> Result<Going> {
        let memory = MemoryWatch::begin(self.candour.pid()?)?;
        let profile = match &self.profile {
            Some(path) => Some(profile::begin(self.candour.pid()?, path).await?),
            None => None,
        };
        let watch = Watch::begin(&self.watched)?;
        campaign::start(&self.candour, &self.campaign).await?;
        Ok(Going { memory, watch, profile })
    }
}

/// A running campaign.
pub(crate) struct Going {
    memory: MemoryWatch,
    watch: Watch,
    profile: Option<profile::Profile>,
}

impl Going {
    /// Looks every `every` until everybody is reached.
    pub(crate) async fn end(self, ready: &Ready, every: Duration) -> Result<Run> {
        let ended = campaign::completed(&ready.candour, &ready.campaign, every).await?;
        let (used, memory) = (self.watch.end()?, self.memory.end());
        if let Some(profile) = self.profile {
            profile.end().await?;
        }
        if campaign::number(&ended, "sealed")? != ready.people {
            return Err(format!("{} people were listed: {ended}", ready.people).into());
        }
        Ok(Run {
            people: ready.people,
            seconds: campaign::took(&ended)?,
            used,
            memory,
            imported: ready.imported,
            memory_importing: ready.memory_importing,
        })
    }
}

/// A campaign that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    people: u64,
    seconds: f64,
    pub(crate) used: Used,
    pub(crate) memory: Memory,
    imported: Imported,
    pub(crate) memory_importing: Memory,
}

#[expect(clippy::cast_precision_loss, reason = "counts of people are small")]
impl Run {
    /// People a second, from `started_at` to `completed_at`.
    pub(crate) fn rate(&self) -> f64 {
        self.people as f64 / self.seconds
    }

    /// Processor time in microseconds a person: Candour's own, or with its database's.
    pub(crate) fn micros(&self, with_database: bool) -> f64 {
        let counts = |name: &str| name == "candour" || with_database && name == "postgres";
        let seconds: f64 = self.used.parts.iter().filter(|(name, _)| counts(name)).map(|(_, cpu)| cpu.total()).sum();
        seconds * 1e6 / self.people as f64
    }

    /// The same of all that were watched, the counterpart included.
    pub(crate) fn micros_of_all(&self) -> f64 {
        self.used.micros(self.people)
    }

    /// Everything about it.
    pub(crate) fn json(&self, who: &str) -> Value {
        json!({
            "who": who, "people": self.people, "seconds": self.seconds, "rate": self.rate(), "used": self.used.json(),
            "memory": self.memory.json(), "import_seconds": self.imported.seconds,
            "memory_importing": self.memory_importing.json(),
        })
    }
}
