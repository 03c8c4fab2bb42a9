//! A PostgreSQL of a scenario's own, which may be stopped, killed and made to stand by for another.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::process::{PATIENCE, free_port, is_root, ordinary_user, run};

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Sessions are ended, everything is written.
    Fast,
    /// As in a crash of its machine: what was not in the log on disk is gone.
    Crash,
}

/// A PostgreSQL server.
pub(crate) struct PostgresServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    programs: PathBuf,
    data: PathBuf,
    settings: Vec<String>,
    child: Option<Child>,
}

impl PostgresServer {
    /// Makes an empty one below a directory and starts it. A commit is in its log on disk before it is answered; nothing
    /// is flushed to the disk itself, since the machine does not die.
    pub(crate) fn start(dir: &Path, settings: &[&str]) -> Self {
        let programs = programs();
        let data = room(dir, "data");
        run(as_server(&programs.join("initdb"))
            .args(["-U", "candour", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions", "-D"])
            .arg(&data));
        Self::begin(programs, data, settings)
    }

    /// Makes a copy of this one that follows it, and starts that.
    pub(crate) fn standby(&self, dir: &Path) -> Self {
        let data = room(dir, "standby");
        run(as_server(&self.programs.join("pg_basebackup"))
            .args(["-h", "127.0.0.1", "-U", "candour", "-R", "--checkpoint=fast", "--no-sync", "-p"])
            .arg(self.address.port().to_string())
            .arg("-D")
            .arg(&data));
        Self::begin(self.programs.clone(), data, &[])
    }

    fn begin(programs: PathBuf, data: PathBuf, settings: &[&str]) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { address, programs, data, settings, child: None };
        server.restart();
        server
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self) {
        let mut command = as_server(&self.programs.join("postgres"));
        command.arg("-D").arg(&self.data).arg("-k").arg("").args(["-c", "listen_addresses=127.0.0.1"]);
        let usual = ["fsync=off", "full_page_writes=off", "shared_buffers=16MB", "log_min_messages=warning"];
        let port = format!("port={}", self.address.port());
        for setting in usual.into_iter().chain([port.as_str()]).chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        let said = self.data.with_extension("log");
        let log = std::fs::File::create(&said).expect("its log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().expect("PostgreSQL starts"));
        let begun = std::time::Instant::now();
        while !self.is_ready() {
            let said = || std::fs::read_to_string(&said).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not become ready:\n{}", said());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    fn is_ready(&self) -> bool {
        let mut command = Command::new(self.programs.join("pg_isready"));
        command.args(["-q", "-h", "127.0.0.1", "-U", "candour", "-d", "postgres", "-p"]);
        command.arg(self.address.port().to_string()).status().expect("pg_isready is there").success()
    }

    /// Ends it.
    pub(crate) fn stop(&mut self, ending: Ending) {
        let Some(mut child) = self.child.take() else { return };
        let signal = match ending {
            Ending::Fast => "-INT",
            Ending::Crash => "-QUIT",
        };
        // It may have ended by itself.
        let _ = Command::new("kill").arg(signal).arg(child.id().to_string()).status();
        let begun = std::time::Instant::now();
        while child.try_wait().is_ok_and(|status| status.is_none()) && begun.elapsed() < PATIENCE {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Makes a standby the one that takes writes.
    pub(crate) fn promote(&self) {
        run(as_server(&self.programs.join("pg_ctl")).args(["promote", "-w", "-s", "-D"]).arg(&self.data));
    }

    /// Runs SQL on it; a line for each row.
    pub(crate) fn sql(&self, database: &str, text: &str) -> String {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "candour", "-v", "ON_ERROR_STOP=1"]);
        command.arg("-p").arg(self.address.port().to_string()).args(["-d", database, "-c", text]);
        run(&mut command).trim().to_owned()
    }

    /// The address of a new database on it.
    pub(crate) fn database(&self) -> String {
        self.sql("postgres", "CREATE DATABASE candour");
        format!("postgres://candour@{}/candour", self.address)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Its own processes end with it only if it is asked.
        self.stop(Ending::Crash);
    }
}

/// Where the newest PostgreSQL is installed.
fn programs() -> PathBuf {
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let mut found: Vec<(u32, PathBuf)> = versions
        .chain(["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"].map(PathBuf::from))
        .filter(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
        .filter_map(|bin| {
            let bin = bin.join("postgres").canonicalize().ok()?.parent()?.to_owned();
            let said = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            let digits: String =
                said.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
            Some((digits.parse().ok()?, bin))
        })
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL's server is not installed (apt-get install postgresql); ./tests/run installs it").1
}

/// A directory for its data, which it may write to.
fn room(dir: &Path, name: &str) -> PathBuf {
    let room = dir.join(name);
    std::fs::create_dir(&room).expect("a directory");
    // It takes no data that others may read.
    std::fs::set_permissions(&room, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("it is ours");
    if is_root() {
        let (user, group) = ordinary_user();
        // The directory above belongs to somebody else, who lets it through.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir, open).expect("it is ours");
        std::os::unix::fs::chown(&room, Some(user), Some(group)).expect("root may give it away");
    }
    room
}

/// One of its programs, as somebody whom it lets run it: it refuses root.
fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let (user, group) = ordinary_user();
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups").arg(program);
    command.current_dir("/");
    command
}
