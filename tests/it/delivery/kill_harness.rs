//! Tells people, and kills the process that does, at moments that chance chooses. What a responder had begun is then done
//! again as a responder would: the same call once more, or a look at what has become of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use candour::domain::clock::{Clock, Millis};
use candour::system::System;
use tempfile::TempDir;

use crate::support::account;
use crate::support::candour::{CallFault, Candour, SHORT_LEASE};
use crate::support::dice::Dice;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

/// Messages in the air at once.
const CONCURRENCY: usize = 8;

/// People claimed at once.
const BATCH: usize = 24;

/// More cannot have been claimed without their outcome being durable: those of two claims, those in the air and next in
/// line there, and those that were answered while outcomes were being written, which is longer the busier the machine.
const MOST_IN_FLIGHT: usize = 8 * (BATCH + CONCURRENCY);

/// The longest that is waited for a moment that may not come.
const SOON: Duration = Duration::from_millis(300);

/// What was going on when the process was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    Filing,
    Importing,
    WritingNotice,
    Sealing,
    Approving,
    Starting,
    Sending,
    Completing,
    /// Before it listened: while it takes over what the life before it left.
    Waking,
}

/// A number of kills for each point of a round; most of them while people are told.
const PLANS: [&[Point]; 6] = [
    &[Point::Filing, Point::Sending, Point::Sending, Point::Waking, Point::Completing],
    &[Point::Importing, Point::Sending, Point::Sending, Point::Sending, Point::Completing],
    &[Point::Sealing, Point::Sending, Point::Sending, Point::Waking, Point::Sending],
    &[Point::Approving, Point::Starting, Point::Sending, Point::Sending, Point::Completing],
    &[Point::WritingNotice, Point::Sealing, Point::Sealing, Point::Sending, Point::Sending, Point::Waking],
    &[Point::Importing, Point::Importing, Point::Starting, Point::Waking, Point::Sending, Point::Completing],
];

struct Kill {
    point: Point,
    at: Millis,
}

struct Told {
    incident: String,
    campaign: String,
    people: usize,
}

/// One Candour and its mail host, through all its lives.
pub(super) struct Harness {
    candour: Candour,
    sink: RecordingSink,
    dice: Dice,
    kills: Vec<Kill>,
    told: Vec<Told>,
    /// How long each step took lately, so that a kill may meet any part of it.
    usual: BTreeMap<Point, Duration>,
    _dir: TempDir,
}

impl Harness {
    /// Starts them.
    pub(super) async fn begin(database: &str, dice: Dice) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let sink = RecordingSink::start().await;
        let delivery = SHORT_LEASE.replace("batch = 100", &format!("batch = {BATCH}"));
        let candour = Candour::prepare(dir.path(), database, &delivery, &sink.provider(CONCURRENCY, "")).await;
        let (kills, told, usual) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut this = Self { candour, sink, dice, kills, told, usual, _dir: dir };
        this.wake().await;
        this
    }

    /// Times it was killed.
    pub(super) fn killed(&self) -> usize {
        self.kills.len()
    }

    /// One incident, from its filing to where its last people are told; killed on the way.
    pub(super) async fn round(&mut self) {
        let plan = *self.dice.one_of(&PLANS);
        let times = |point| plan.iter().filter(|planned| **planned == point).count();
        let people = self.dice.within(40..160);
        let csv = people_at(&format!("round{}.example.net", self.told.len()), people);

        let incident = self.step(Point::Filing, times(Point::Filing), Candour::file).await;
        let import = async |c: &Candour| c.import(&incident, csv.clone()).await;
        self.step(Point::Importing, times(Point::Importing), import).await;
        let write = async |c: &Candour| match c.write_notice(&incident).await {
            // It was written before the process died; another would need to name the one that it replaces.
            Err(CallFault::Refused(428, _)) => Ok(()),
            other => other,
        };
        self.step(Point::WritingNotice, times(Point::WritingNotice), write).await;
        let propose = async |c: &Candour| propose_once(c, &incident).await;
        let campaign = self.step(Point::Sealing, times(Point::Sealing), propose).await;
        let approve = async |c: &Candour| unless(c, &campaign, &["approved"], c.approve(&campaign)).await;
        self.step(Point::Approving, times(Point::Approving), approve).await;
        let before = self.sink.count();
        let start =
            async |c: &Candour| unless(c, &campaign, &["running", "completed"], c.start_campaign(&campaign)).await;
        self.step(Point::Starting, times(Point::Starting), start).await;

        for _ in 0..times(Point::Sending) {
            let mark = self.dice.within(before..before + people);
            let _ = tokio::time::timeout(SOON, self.sink.until(mark)).await;
            self.kill_within(Point::Sending, Duration::from_millis(15)).await;
            self.wake().await;
        }
        for _ in 0..times(Point::Completing) {
            let _ = tokio::time::timeout(SOON, self.sink.until(before + people)).await;
            self.kill_within(Point::Completing, Duration::from_millis(15)).await;
            self.wake().await;
        }
        for _ in 0..times(Point::Waking) {
            self.kill_within(Point::Sending, Duration::from_millis(15)).await;
            self.die_waking().await;
            self.wake().await;
        }
        self.told.push(Told { incident, campaign, people });
    }

    /// Does a step, killed so many times at any moment of it, until it is done.
    async fn step<T>(&mut self, point: Point, kills: usize, act: impl AsyncFn(&Candour) -> Result<T, CallFault>) -> T {
        for _ in 0..kills {
            let usual = self.usual.get(&point).copied().unwrap_or(Duration::from_millis(30));
            let moment = self.moment(usual.mul_f64(1.2));
            let done = tokio::select! {
                done = act(&self.candour) => Some(done),
                () = tokio::time::sleep(moment) => None,
            };
            self.kill(point).await;
            self.wake().await;
            match done {
                Some(Ok(value)) => return value,
                Some(Err(fault)) => panic!("{point:?} before the kill: {fault:?}\n{}", self.candour.lately()),
                None => {}
            }
        }
        let begun = Instant::now();
        let done = act(&self.candour).await;
        self.usual.insert(point, begun.elapsed());
        done.unwrap_or_else(|fault| panic!("{point:?}: {fault:?}\n{}", self.candour.lately()))
    }

    fn moment(&mut self, within: Duration) -> Duration {
        let micros = usize::try_from(within.as_micros()).expect("fits");
        Duration::from_micros(u64::try_from(self.dice.within(0..micros.max(1))).expect("fits"))
    }

    async fn kill_within(&mut self, point: Point, within: Duration) {
        let moment = self.moment(within);
        tokio::time::sleep(moment).await;
        self.kill(point).await;
    }

    async fn kill(&mut self, point: Point) {
        self.candour.kill().await;
        // Whatever it intended, it did before.
        self.kills.push(Kill { point, at: System.now() });
    }

    async fn wake(&mut self) {
        let begun = Instant::now();
        self.candour.restart().await;
        self.usual.insert(Point::Waking, begun.elapsed());
    }

    /// Starts it and kills it at some moment before it listens, or soon after.
    async fn die_waking(&mut self) {
        let usual = self.usual[&Point::Waking];
        let moment = self.moment(usual.mul_f64(1.2));
        if tokio::time::timeout(moment, self.candour.restart()).await.is_ok() {
            self.candour.kill().await;
        }
        self.kills.push(Kill { point: Point::Waking, at: System.now() });
    }

    /// Waits until everybody is told, holds every campaign against the mail host, and prints what the kills did.
    pub(super) async fn account(mut self, name: &str) {
        let mut unknown = Vec::new();
        let (mut people, mut doubled, mut repeated) = (0, 0, 0);
        for told in &self.told {
            self.candour.completed(&told.campaign).await;
            let balance =
                account::balance(&self.candour, &told.incident, &told.campaign, told.people, &self.sink.taken()).await;
            people += told.people;
            doubled += balance.doubled;
            repeated += balance.repeated;
            unknown.extend(balance.unknown);
        }
        // An attempt without outcome was in flight at the first kill after its intent.
        let mut per_kill = vec![(0, 0); self.kills.len()];
        for attempt in &unknown {
            let kill = self.kills.iter().position(|kill| kill.at >= attempt.intended_at).expect("a kill after it");
            per_kill[kill].0 += 1;
            per_kill[kill].1 += usize::from(attempt.doubled);
        }
        println!(
            "{name}: {} kills, {} campaigns, {people} people: lost 0, got two {doubled}, unknown {}, repeated {repeated}",
            self.kills.len(),
            self.told.len(),
            unknown.len()
        );
        println!(
            "{:>15} {:>6} {:>22} {:>22} {:>5}",
            "killed while", "kills", "unknown (most at once)", "doubled (most at once)", "lost"
        );
        let mut rows: BTreeMap<Point, [usize; 5]> = BTreeMap::new();
        for (kill, (unknown, doubled)) in self.kills.iter().zip(&per_kill) {
            let row = rows.entry(kill.point).or_default();
            *row = [row[0] + 1, row[1] + unknown, row[2].max(*unknown), row[3] + doubled, row[4].max(*doubled)];
        }
        for (point, [kills, unknown, most_unknown, doubled, most_doubled]) in rows {
            println!(
                "{:>15} {kills:>6} {unknown:>15} ({most_unknown:>4}) {doubled:>15} ({most_doubled:>4}) {:>5}",
                format!("{point:?}"),
                0
            );
        }
        let most = per_kill.iter().map(|(unknown, _)| *unknown).max().unwrap_or(0);
        assert!(most <= MOST_IN_FLIGHT, "{most} unknown at one kill are more than can have been in flight");
        self.candour.terminate().await;
        let log = self.candour.log();
        assert!(!log.contains("example.net") && !log.contains("Person 1"), "personal data is in the log");
    }
}

/// Proposes; if that was done before the process died, finds what it made.
async fn propose_once(candour: &Candour, incident: &str) -> Result<String, CallFault> {
    match candour.propose(incident).await {
        Err(CallFault::Refused(409, _)) => {}
        other => return other,
    }
    let path = format!("/v1/incidents/{incident}/campaigns");
    let list = candour.try_call(&candour.responder, "GET", &path, None).await?;
    Ok(list["campaigns"][0]["id"].as_str().expect("an id").to_owned())
}

/// Does something to a campaign, unless that was done before the process died.
async fn unless(
    candour: &Candour,
    campaign: &str,
    done: &[&str],
    act: impl Future<Output = Result<(), CallFault>>,
) -> Result<(), CallFault> {
    let why = match act.await {
        Err(CallFault::Refused(409, why)) => why,
        other => return other,
    };
    let path = format!("/v1/campaigns/{campaign}");
    let state = candour.try_call(&candour.responder, "GET", &path, None).await?;
    if done.iter().any(|done| state["state"] == *done) { Ok(()) } else { Err(CallFault::Refused(409, why)) }
}
