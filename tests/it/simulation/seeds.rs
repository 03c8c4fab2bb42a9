//! Which seeds are run, and what is told of one that fails.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::checks::Account;
use super::course::{self, Ending};

/// So many seeds are run unless the environment says otherwise.
const ORDINARY: u64 = 2_000;

/// So many failing seeds are enough to stop.
const ENOUGH: usize = 12;

/// So many lines of what happened are told of a failing run.
const TOLD: usize = 120;

#[expect(clippy::disallowed_methods, reason = "tests have no configuration file")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The one seed to be run alone: `CANDOUR_SEED`.
pub(crate) fn alone() -> Option<u64> {
    variable("CANDOUR_SEED").map(|text| text.parse().expect("CANDOUR_SEED is a number"))
}

/// The seeds to be run: `CANDOUR_SEEDS`, a number of them or `FROM..TO`.
pub(crate) fn chosen() -> Range<u64> {
    let number = |text: &str| text.parse().expect("CANDOUR_SEEDS is a number, or two with `..` between them");
    match variable("CANDOUR_SEEDS") {
        None => 1..ORDINARY + 1,
        Some(text) => match text.split_once("..") {
            Some((from, to)) => number(from)..number(to),
            None => 1..number(&text) + 1,
        },
    }
}

/// Runs seeds, as many at once as there are processors; each is a world of its own on one thread. Panics when some fail,
/// and tells all of the first.
pub(crate) fn run_all(seeds: Range<u64>) -> Account {
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(BTreeMap::<u64, Ending>::new());
    let sum = Mutex::new(Account::default());
    let work = || {
        while failed.lock().unwrap().len() < ENOUGH {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            let ending = course::run(seed);
            sum.lock().unwrap().add(ending.account);
            if !ending.violations.is_empty() {
                failed.lock().unwrap().insert(seed, ending);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap();
    if let Some((seed, ending)) = failed.first_key_value() {
        let all: Vec<String> = failed.iter().map(|(seed, e)| format!("seed {seed}: {}", e.violations[0])).collect();
        panic!("{}\n{} seeds fail:\n{}", told(*seed, ending, TOLD), failed.len(), all.join("\n"));
    }
    sum.into_inner().unwrap()
}

/// What there is to tell of a run.
pub(crate) fn told(seed: u64, ending: &Ending, lines: usize) -> String {
    format!(
        "{:#?}\n{}\nseed {seed}: {}\n\nrun it alone, and see all of it, with\n  \
         CANDOUR_SEED={seed} cargo test --test it simulation::seeds_hold -- --nocapture\n",
        ending.scenario,
        ending.trace.tail(lines),
        ending.violations.join("\n  "),
    )
}
