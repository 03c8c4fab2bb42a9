//! `candour watch`: how far a campaign is, in the terminal, until it ends. Reads over HTTP what any responder may.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::{Failure, output};
use crate::config::{Secret, is_protected};
use crate::domain::campaign::{CampaignState, Counts};
use crate::domain::id::CampaignId;
use crate::providers::http::loopback_client;

/// Time between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Looks between two lines where there is no terminal.
const LINE_EVERY: u32 = 10;
/// Looks that may fail in a row, e.g. while Candour is restarted.
const PATIENCE: u32 = 30;

/// Options of `candour watch`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The campaign.
    campaign: CampaignId,
    /// Where Candour answers.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "CANDOUR_URL")]
    url: String,
    /// File with an API key, in place of the variable.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// An API key. Give it as the variable: other people on this machine can read arguments.
    #[arg(long, hide = true, env = "CANDOUR_API_KEY", hide_env_values = true)]
    key: Option<Secret>,
}

/// What of a campaign is shown.
#[derive(Deserialize)]
struct Seen {
    state: CampaignState,
    sealed: i64,
    counts: Counts,
    done: i64,
    repeated: i64,
    per_second: Option<f64>,
    seconds_left: Option<i64>,
    tallies: Vec<Tally>,
    jurisdictions: Vec<Jurisdiction>,
}

#[derive(Deserialize)]
struct Tally {
    channel: String,
    provider: String,
    outcome: String,
    attempts: i64,
}

#[derive(Deserialize)]
struct Jurisdiction {
    #[serde(rename = "jurisdiction")]
    name: Option<String>,
    sealed: i64,
    left: i64,
}

#[derive(Deserialize)]
struct Progress {
    seconds_left_range: Option<(i64, i64)>,
}

#[derive(Deserialize)]
struct Problem {
    detail: String,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let watcher = Watcher::new(args)?;
    let mut view = View::new();
    let mut failures = 0;
    let mut last = None;
    for look in 0.. {
        match watcher.look().await {
            Ok((seen, range)) => {
                failures = 0;
                view.show(&seen, range, look)?;
                last = Some(seen.state);
                if matches!(seen.state, CampaignState::Completed | CampaignState::Cancelled) {
                    view.end(&seen)?;
                    return ended(seen.state);
                }
            }
            Err(Look::Refused(reason)) => return Err(Failure::new(reason)),
            Err(Look::Away(reason)) => {
                failures += 1;
                if failures > PATIENCE {
                    return Err(Failure::new(format!("{reason}; is Candour running there? (--url)")));
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = super::stop_signal() => {
                let state = last.map_or("not known", CampaignState::as_str);
                return Err(Failure::new(format!("no longer watched; the campaign's state is: {state}")));
            }
        }
    }
    Ok(())
}

/// Only a campaign that is completed is done.
fn ended(state: CampaignState) -> Result<(), Failure> {
    match state {
        CampaignState::Completed => Ok(()),
        other => Err(Failure::new(format!("the campaign is {}: it has not told everybody", other.as_str()))),
    }
}

/// Why a look saw nothing.
enum Look {
    /// It was refused, and will be again.
    Refused(String),
    /// There was no answer this time.
    Away(String),
}

struct Watcher {
    http: reqwest::Client,
    address: String,
    key: String,
}

impl Watcher {
    fn new(args: Args) -> Result<Self, Failure> {
        let key = match args.key_file {
            Some(file) => std::fs::read_to_string(&file).map_err(Failure::io(&file.display().to_string()))?,
            None => args.key.map(|key| key.expose().to_owned()).ok_or_else(|| {
                Failure::new("an API key is needed: name a file with --key-file, or put the key into CANDOUR_API_KEY")
            })?,
        };
        if !args.url.parse().is_ok_and(|url| is_protected(&url)) {
            return Err(Failure::new("the key is sent there: give an https address, or http on this machine (--url)"));
        }
        let address = format!("{}/v1/campaigns/{}", args.url.trim_end_matches('/'), args.campaign);
        Ok(Self { http: loopback_client().map_err(Failure::new)?, address, key: key.trim().to_owned() })
    }

    async fn look(&self) -> Result<(Seen, Option<(i64, i64)>), Look> {
        let seen: Seen = self.get("").await?;
        let progress: Option<Progress> = self.get("/progress").await.ok();
        Ok((seen, progress.and_then(|p| p.seconds_left_range)))
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Look> {
        let request = self.http.get(format!("{}{path}", self.address)).bearer_auth(&self.key);
        let request = request.header("accept", "application/json").timeout(Duration::from_secs(10));
        let answer = request.send().await.map_err(|e| Look::Away(e.without_url().to_string()))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|e| Look::Away(e.without_url().to_string()))?;
        if status.is_client_error() {
            let problem = serde_json::from_slice(&body).map_or_else(|_| status.to_string(), |p: Problem| p.detail);
            return Err(Look::Refused(problem));
        }
        serde_json::from_slice(&body).map_err(|_| Look::Away(format!("the answer ({status}) is not a campaign")))
    }
}

/// What stands in the terminal: a bar for all, lines for states and providers, a bar for each jurisdiction.
struct View {
    bars: Option<MultiProgress>,
    all: ProgressBar,
    states: ProgressBar,
    lines: Vec<ProgressBar>,
}

impl View {
    fn new() -> Self {
        let bars = std::io::stdout()
            .is_terminal()
            .then(|| MultiProgress::with_draw_target(indicatif::ProgressDrawTarget::stdout()));
        let (all, states) = (ProgressBar::new(0), ProgressBar::new(0));
        let view = Self { bars, all, states, lines: Vec::new() };
        if let Some(bars) = &view.bars {
            bars.add(view.all.clone());
            bars.add(view.states.clone());
            view.all.set_style(bar("{wide_bar} {percent:>3} %  {msg}"));
            view.states.set_style(bar("{msg}"));
        }
        view
    }

    fn show(&mut self, seen: &Seen, range: Option<(i64, i64)>, look: u32) -> Result<(), Failure> {
        let head = headline(seen, range);
        let Some(bars) = self.bars.clone() else {
            return if look.is_multiple_of(LINE_EVERY) { output(&format!("{head}\n")) } else { Ok(()) };
        };
        set(&self.all, seen.done, seen.sealed);
        self.all.set_message(head);
        self.states.set_message(states(seen));
        let texts = providers(&seen.tallies);
        let needed = texts.len() + seen.jurisdictions.len();
        while self.lines.len() < needed {
            self.lines.push(bars.add(ProgressBar::new(0)));
        }
        for (line, text) in self.lines.iter().zip(&texts) {
            line.set_style(bar("{msg}"));
            line.set_message(text.clone());
        }
        for (line, of) in self.lines.iter().skip(texts.len()).zip(&seen.jurisdictions) {
            line.set_style(bar("{prefix:>12} {bar:30} {msg}"));
            line.set_prefix(of.name.clone().unwrap_or_else(|| String::from("not known")));
            set(line, of.sealed - of.left, of.sealed);
            line.set_message(format!("{} of {}", of.sealed - of.left, of.sealed));
        }
        Ok(())
    }

    fn end(&self, seen: &Seen) -> Result<(), Failure> {
        for bar in [&self.all, &self.states].into_iter().chain(&self.lines) {
            bar.abandon();
        }
        output(&format!("{}: {}\n", seen.state.as_str(), states(seen)))
    }
}

fn bar(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates of this file are sound").progress_chars("█▉▊▋▌▍▎▏░")
}

fn set(bar: &ProgressBar, done: i64, of: i64) {
    bar.set_length(of.unsigned_abs());
    bar.set_position(done.unsigned_abs());
}

fn headline(seen: &Seen, range: Option<(i64, i64)>) -> String {
    let far = format!("{}  {} of {}", seen.state.as_str(), seen.done, seen.sealed);
    let speed = seen.per_second.map(|speed| format!("{speed:.0}/s"));
    let left = match (seen.seconds_left, range) {
        (_, Some((least, most))) => Some(format!("{} to {} left", span(least), span(most))),
        (Some(left), None) => Some(format!("about {} left", span(left))),
        (None, None) => None,
    };
    [Some(far), speed, left].into_iter().flatten().collect::<Vec<_>>().join("  ")
}

fn states(seen: &Seen) -> String {
    let c = seen.counts;
    format!(
        "pending {}  in flight {}  reached {}  unknown {}  unreachable {}  announced {}  suppressed {}  repeated {}",
        c.pending, c.in_flight, c.reached, c.unknown, c.unreachable, c.announced, c.suppressed, seen.repeated
    )
}

/// A line for each provider: its attempts by outcome.
fn providers(tallies: &[Tally]) -> Vec<String> {
    let of_each = tallies.chunk_by(|a, b| (&a.channel, &a.provider) == (&b.channel, &b.provider));
    of_each
        .map(|group| {
            let outcomes: Vec<String> = group.iter().map(|t| format!("  {} {}", t.outcome, t.attempts)).collect();
            format!("{} through {}:{}", group[0].channel, group[0].provider, outcomes.concat())
        })
        .collect()
}

/// A length of time in words that a glance takes in.
fn span(seconds: i64) -> String {
    match seconds {
        ..=90 => format!("{seconds} s"),
        91..=5_400 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::domain::clock::Millis;

    fn args(url: &str) -> Args {
        let campaign = CampaignId::new(Millis(0), [0; 10]);
        Args { campaign, url: url.to_owned(), key_file: None, key: Some(Secret::new("cnd_x_y")) }
    }

    #[test]
    fn the_key_goes_nowhere_in_clear() {
        for url in ["https://candour.example.org", "http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:1"]
        {
            assert!(Watcher::new(args(url)).is_ok(), "{url}");
        }
        for url in ["http://candour.example.org", "http://10.0.0.1:8080", "http://127.0.0.1.example.org", "candour", ""]
        {
            let refused = Watcher::new(args(url)).err().expect("refused");
            assert!(refused.0.contains("https") && !refused.0.contains("cnd_"), "{url}: {refused:?}");
        }
    }

    #[tokio::test]
    async fn the_key_follows_nobody_elsewhere() {
        let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a door");
        let url = format!("http://{}", door.local_addr().expect("an address"));
        let sends_elsewhere = tokio::spawn(async move {
            let (mut caller, _) = door.accept().await.expect("a caller");
            let mut request = [0; 4096];
            let _ = caller.read(&mut request).await.expect("a request");
            let answer =
                b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            caller.write_all(answer).await.expect("an answer");
        });
        let watcher = Watcher::new(args(&url)).expect("this machine");
        match watcher.get::<Progress>("").await {
            Err(Look::Away(reason)) => assert!(reason.contains("302"), "{reason}"),
            _ => panic!("it went elsewhere"),
        }
        sends_elsewhere.await.expect("one call");
    }

    #[test]
    fn only_a_completed_campaign_is_a_success() {
        assert!(ended(CampaignState::Completed).is_ok());
        let failed = ended(CampaignState::Cancelled).expect_err("not everybody was told");
        assert!(failed.0.contains("cancelled"), "{failed:?}");
    }

    #[test]
    fn a_span_is_read_at_a_glance() {
        assert_eq!([span(45), span(600), span(9_000)], ["45 s", "10 min", "2 h 30 min"]);
    }

    #[test]
    fn providers_are_lines_with_their_outcomes() {
        let tally = |provider: &str, outcome: &str| Tally {
            channel: String::from("email"),
            provider: provider.to_owned(),
            outcome: outcome.to_owned(),
            attempts: 3,
        };
        let lines = providers(&[tally("a", "accepted"), tally("a", "retry"), tally("b", "accepted")]);
        assert_eq!(lines, ["email through a:  accepted 3  retry 3", "email through b:  accepted 3"]);
    }
}
