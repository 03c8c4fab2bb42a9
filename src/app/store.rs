//! From the configuration to the opened database.

use std::sync::Arc;
use std::time::Duration;

use super::AppError;
use crate::config::Config;
use crate::domain::clock::Entropy;
use crate::store::{MasterKey, MasterKeys, Sealer, SqlStore, StoreOptions};

/// The master keys that the configuration gives.
///
/// # Errors
/// When there is none, or one is no key.
pub fn master_keys(config: &Config) -> Result<MasterKeys, AppError> {
    let current = config.keys.master_key.as_ref().ok_or(AppError::NoMasterKey)?;
    let mut keys = MasterKeys::new(MasterKey::parse(current.expose())?);
    for previous in &config.keys.previous_master_keys {
        keys.previous.push(MasterKey::parse(previous.expose())?);
    }
    Ok(keys)
}

/// Opens the configured database and brings its schema up to date.
///
/// # Errors
/// When there is no master key, or the database cannot be reached.
pub async fn open_store(config: &Config, entropy: Arc<dyn Entropy>) -> Result<Arc<SqlStore>, AppError> {
    open(config, entropy, StoreOptions::default()).await
}

/// Opens the configured database, which must be there, and brings its schema up to date only if told to.
///
/// # Errors
/// When there is no master key or no such database, it cannot be reached, or its schema is another and is left as it is.
pub async fn open_existing(
    config: &Config,
    entropy: Arc<dyn Entropy>,
    migrate: bool,
) -> Result<Arc<SqlStore>, AppError> {
    open(config, entropy, StoreOptions { create: false, migrate, ..StoreOptions::default() }).await
}

async fn open(config: &Config, entropy: Arc<dyn Entropy>, options: StoreOptions) -> Result<Arc<SqlStore>, AppError> {
    let sealer = Sealer::new(master_keys(config)?, entropy);
    let connections = config.store.connections;
    // Two tries to say that the worker lives fit into its lease.
    let patience = Duration::from_secs(u64::from(config.delivery.lease_seconds)) / 2;
    let options = StoreOptions { connections, readers: connections, patience, ..options };
    Ok(Arc::new(SqlStore::open(config.store.url.expose(), sealer, options).await?))
}
