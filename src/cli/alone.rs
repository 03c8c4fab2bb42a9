//! One engine on one SQLite file. It takes over at once what a former one left; beside a living one it would take over from that.

use std::fs::{File, OpenOptions, TryLockError};
use std::time::Duration;

use tokio::time::Instant;

use super::Failure;

/// How long a former process may take to end, so that whoever restarts need not wait for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes sure that no other engine works on a SQLite file. What is returned must be kept for as long as the engine runs; the
/// system lets go of it however the process ends. `None` for PostgreSQL, where any number may work.
///
/// # Errors
/// When another process works on it, or the lock cannot be made beside the file.
pub(super) async fn on(url: &str) -> Result<Option<File>, Failure> {
    let Some(path) = url.strip_prefix("sqlite:") else { return Ok(None) };
    // Not the file itself: whoever closes it would let go of SQLite's own locks.
    let lock = format!("{}.lock", path.strip_prefix("//").unwrap_or(path));
    let cannot =
        |error| Failure::io(&format!("{lock} cannot be locked; see that its directory may be written to"))(error);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&lock).map_err(cannot)?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(format!(
                    "another process tells people from {path}, and SQLite serves one: stop that one, run this one with \
                     --no-engine, or move to PostgreSQL (store.url)"
                )));
            }
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
    }
}
