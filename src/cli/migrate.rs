//! `candour migrate`: brings the schema up to date, and says so.

use super::Failure;
use crate::app;
use crate::config::Config;

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    // Opening applies what is missing, under a lock; a newer schema than this binary knows is refused.
    app::open_store(&config, std::sync::Arc::new(crate::system::System)).await.map_err(Failure::of)?;
    println!("the schema is up to date");
    Ok(())
}
