//! A process of Candour: started until it is ready, its log kept, its signals at hand.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// Everything that the processes of one scenario logged.
pub(crate) type Log = Arc<watch::Sender<String>>;

/// A running process. It is killed when it goes out of scope.
pub(crate) struct Program {
    child: Child,
    log: Log,
}

impl Program {
    /// Starts it and waits for the line of its output that begins so; returns the rest of that line, too. `Err` has the
    /// status with which it ended before it said so.
    pub(crate) async fn start(mut command: Command, ready: &str, log: &Log) -> Result<(Self, String), ExitStatus> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let mut errors = BufReader::new(child.stderr.take().expect("piped")).lines();
        let kept = Arc::clone(log);
        let reading = tokio::spawn(async move {
            while let Ok(Some(line)) = errors.next_line().await {
                kept.send_modify(|log| {
                    log.push_str(&line);
                    log.push('\n');
                });
            }
        });
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        while let Some(line) = lines.next_line().await.expect("standard output is text") {
            if let Some(rest) = line.strip_prefix(ready) {
                let rest = rest.trim().to_owned();
                // Somebody must go on reading, or the process blocks on a full pipe.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok((Self { child, log: Arc::clone(log) }, rest));
            }
        }
        let status = child.wait().await.expect("it ends");
        reading.await.expect("its log is read");
        Err(status)
    }

    /// Its process identifier.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Sends a signal by its name, e.g. `STOP`.
    pub(crate) async fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status().await;
        assert!(sent.expect("kill runs").success(), "the signal {name} is sent");
    }

    /// Has it stand still (SIGSTOP) until it is signalled `CONT`; returns once it does.
    pub(crate) async fn freeze(&self) {
        self.signal("STOP").await;
        let stat = format!("/proc/{}/stat", self.pid());
        // "PID (NAME) STATE ...", and no name of ours has a parenthesis.
        while !std::fs::read_to_string(&stat).expect("it is there").contains(") T ") {
            tokio::task::yield_now().await;
        }
    }

    /// SIGKILL: no goodbye.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it is killed");
    }

    /// SIGTERM, and waits for the end, which must be a good one.
    pub(crate) async fn terminate(self) {
        self.signal("TERM").await;
        self.ends_well().await;
    }

    /// Waits for its end, which it was asked for and which must be a good one.
    pub(crate) async fn ends_well(mut self) {
        let ended = tokio::time::timeout(Duration::from_mins(1), self.child.wait()).await;
        let status = ended.expect("it ends in time").expect("it ends");
        assert!(status.success(), "a termination signal ends it well: {status}\n{}", self.log.borrow().as_str());
    }

    /// Changes one of its limits while it runs (prlimit of util-linux), e.g. `nofile`.
    pub(crate) async fn limit(&self, what: &str, soft: &str) {
        let done = Command::new("prlimit")
            .args(["--pid", &self.pid().to_string(), &format!("--{what}={soft}:")])
            .status()
            .await
            .expect("prlimit is there; it comes with util-linux");
        assert!(done.success(), "the limit {what} is set to {soft}");
    }
}

/// Waits until so many lines of a log contain the text.
pub(crate) async fn logged(log: &Log, times: usize, text: &str) {
    let enough = |log: &String| log.lines().filter(|line| line.contains(text)).count() >= times;
    let mut lines = log.subscribe();
    let in_time = tokio::time::timeout(Duration::from_mins(1), lines.wait_for(enough)).await.is_ok();
    assert!(in_time, "{text:?} was not logged {times} times:\n{}", log.borrow().as_str());
}
