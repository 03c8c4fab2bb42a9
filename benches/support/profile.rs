//! `perf record` on a process while it works, when `--profile` asks for it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::Result;

/// A running recorder.
pub(crate) struct Profile {
    child: Child,
    path: PathBuf,
}

/// Begins. Stacks are unwound from DWARF: the release profile keeps no frame pointers.
pub(crate) async fn begin(pid: u32, path: &Path) -> Result<Profile> {
    if let Some(dir) = path.parent() {
        tokio::fs::create_dir_all(dir).await?;
    }
    let child = Command::new("perf")
        .args(["record", "-q", "-F", "199", "--call-graph", "dwarf,16384", "-p", &pid.to_string(), "-o"])
        .arg(path)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("perf cannot start ({error}); it is in the package linux-perf"))?;
    Ok(Profile { child, path: path.to_owned() })
}

impl Profile {
    /// Ends it, and says where to look.
    pub(crate) async fn end(mut self) -> Result<()> {
        if let Some(pid) = self.child.id() {
            Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
        }
        self.child.wait().await?;
        println!("  profile: perf report -g caller --no-children -i {}", self.path.display());
        Ok(())
    }
}
