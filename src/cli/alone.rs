//! One engine on one SQLite file. It takes over at once what a former one left; beside a living one it would take over from that.

use std::fs::{File, OpenOptions, TryLockError};
use std::time::Duration;

use tokio::time::Instant;

use super::Failure;
use crate::store::sqlite_path;

/// How long a former process may take to end, so that whoever restarts need not wait for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes sure that no other engine works on a SQLite file. What is returned must be kept for as long as the engine runs; the
/// system lets go of it however the process ends. `None` for PostgreSQL, where any number may work.
///
/// # Errors
/// When another process works on it, the file is not there, or the lock cannot be made beside it.
pub(super) async fn on(url: &str) -> Result<Option<File>, Failure> {
    let Some(path) = sqlite_path(url) else { return Ok(None) };
    // One file has one lock, by whatever names and links it is reached.
    let path = path.canonicalize().map_err(Failure::io(&path.display().to_string()))?;
    let path = path.display();
    // Not the file itself: whoever closes it would let go of SQLite's own locks.
    let lock = format!("{path}.lock");
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_file_by_another_name_is_the_same_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let (file, link) = (directory.path().join("candour.db"), directory.path().join("link.db"));
        std::fs::write(&file, "").expect("a file");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let address = |path: &std::path::Path| format!("sqlite:{}", path.display());
        let first = on(&address(&file)).await.expect("nobody else").expect("a lock");
        let refused = on(&address(&link)).await.expect_err("another engine works");
        assert!(refused.0.contains("another process tells people from"), "{refused:?}");
        let dotted = directory.path().join(".").join("candour.db");
        assert!(on(&address(&dotted)).await.is_err());
        drop(first);
        assert!(on(&address(&link)).await.expect("nobody else").is_some());
        assert!(on("postgres://example.org/candour").await.expect("any number").is_none());
    }
}
