//! `candour keys`: the master key, and API keys. A secret is shown once, on standard output, and kept as a hash.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::Failure;
use crate::access::Access;
use crate::app;
use crate::config::Config;
use crate::domain::actor::{ActorRef, Role};
use crate::domain::clock::Entropy;
use crate::domain::id::KeyId;
use crate::store::{SqlStore, sqlite_path};
use crate::system::System;

/// Options of `candour keys`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Writes a new master key to a file that does not exist yet, readable by its owner only.
    Master {
        /// The file, then named in the configuration as `keys.master_key_file`.
        file: PathBuf,
    },
    /// Makes an API key and prints it. The first key of an installation is made like this.
    Issue {
        /// Whose it is, as audit entries name it.
        #[arg(long)]
        name: String,
        /// hook, responder, approver, auditor or admin.
        #[arg(long)]
        role: Role,
    },
    /// Lists API keys.
    List,
    /// Revokes an API key, at once.
    Revoke {
        /// Its identifier, as `list` shows it.
        id: KeyId,
    },
}

pub(super) async fn run(args: Args, configured: impl FnOnce() -> Result<Config, Failure>) -> Result<(), Failure> {
    match args.action {
        Action::Master { file } => master(&file),
        Action::Issue { name, role } => {
            let config = configured()?;
            let new = sqlite_path(config.store.url.expose()).filter(|path| !path.exists());
            let store = app::open_store(&config, Arc::new(System)).await.map_err(Failure::of)?;
            if let Some(path) = new {
                eprintln!("candour: {} was not there; it is a new database now", path.display());
            }
            let issued = over(store).issue(&name, role, &ActorRef::operator()).await.map_err(Failure::of)?;
            println!("{}", issued.secret);
            Ok(())
        }
        Action::List => {
            for key in access(configured()?).await?.list().await.map_err(Failure::of)? {
                let revoked = key.revoked_at.map_or_else(String::new, |at| format!("  revoked {}", at.to_rfc3339()));
                println!("{}  {:<9}  {}  {}{revoked}", key.id, key.role, key.created_at.to_rfc3339(), key.name);
            }
            Ok(())
        }
        Action::Revoke { id } => {
            access(configured()?).await?.revoke(id, &ActorRef::operator()).await.map_err(Failure::of)?;
            println!("revoked");
            Ok(())
        }
    }
}

/// The keys of a database that is there already.
async fn access(config: Config) -> Result<Access, Failure> {
    Ok(over(app::open_existing(&config, Arc::new(System), true).await.map_err(Failure::of)?))
}

fn over(store: Arc<SqlStore>) -> Access {
    Access::new(store, Arc::new(System), Arc::new(System))
}

fn master(path: &std::path::Path) -> Result<(), Failure> {
    let mut key = [0; 32];
    System.fill(&mut key);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let doing = format!("{} cannot be written (an existing key is never overwritten)", path.display());
    let mut file = options.open(path).map_err(Failure::io(&doing))?;
    writeln!(file, "{}", hex::encode(key)).and_then(|()| file.sync_all()).map_err(Failure::io(&doing))?;
    println!(
        "{} written; keep a copy apart from the database's backups: without it the people in them cannot be read",
        path.display()
    );
    Ok(())
}
