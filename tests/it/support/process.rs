//! Processes that a test starts and that end with it.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a counterpart may take to start or to do what it was asked.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A process that is killed when the test ends.
pub struct Running(Child);

impl Running {
    /// Starts a process and waits until its output contains `ready`.
    pub fn until(command: &mut Command, ready: &str) -> Self {
        Self::unless_it_ends(command, ready)
            .unwrap_or_else(|seen| panic!("{} ended early: {seen}", command.get_program().display()))
    }

    /// The same for a process that says it several times.
    pub fn until_it_said(command: &mut Command, ready: &str, times: usize) -> Self {
        Self::saying(command, ready, times)
            .unwrap_or_else(|seen| panic!("{} ended early: {seen}", command.get_program().display()))
    }

    /// The same; when it ends before, what it said.
    pub fn unless_it_ends(command: &mut Command, ready: &str) -> Result<Self, String> {
        Self::saying(command, ready, 1)
    }

    fn saying(command: &mut Command, ready: &str, times: usize) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{} does not start: {e}", command.get_program().display()));
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let running = Self(child);
        let mut seen = String::new();
        while seen.matches(ready).count() < times {
            let before = seen.len();
            output.read_line(&mut seen).unwrap();
            if seen.len() == before {
                return Err(seen);
            }
        }
        // Somebody must go on reading, or the process blocks on a full pipe.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Ok(running)
    }

    /// Starts a process and waits until it listens on a port.
    pub fn listening(command: &mut Command, port: u16) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{} does not start: {e}", command.get_program().display()));
        let running = Self(child);
        wait_until("it listens", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port at which nothing listens. Nobody else gets it: it is below those the system hands out by itself, and these tests
/// are one process that counts on from where it began.
pub fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const NUMBER: u32 = 20_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        // Another run of the tests beside this one begins elsewhere.
        let place = std::process::id().wrapping_mul(997).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % NUMBER;
        let port = u16::try_from(FIRST + place).unwrap();
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return port;
        }
    }
}

/// Waits for something that another process does.
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs a command to its end and gives its output.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{} does not start: {e}", command.get_program().display()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} fails: {text}", command.get_program().display());
    text
}

/// Whether we are root.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// User and group of somebody who is not root, for what refuses to run as root, or is not the same for it.
pub fn ordinary_user() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").expect("there are users");
    let entry = |name: &str| users.lines().find(|line| line.split(':').next() == Some(name)).map(ToOwned::to_owned);
    let entry = entry("postgres").or_else(|| entry("nobody")).expect("a user who is not root");
    let mut fields = entry.split(':').skip(2).map(|field| field.parse().expect("a number"));
    (fields.next().expect("a user"), fields.next().expect("a group"))
}
