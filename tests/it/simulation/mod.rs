//! The engine in a world of its own: time, randomness, store and providers are played, and a seed decides all of it.
//!
//! Each seed is one run: one to four hosts over one store, each with a runtime and a paused clock of its own that are
//! driven turn by turn; so a host can be dropped (a crash), left standing (a process stopped, a machine suspended) or be
//! late, at any point between two awaits. The store is a model in memory that keeps what `store::queue` promises and
//! fails as databases do: before the commit, after it, long after the caller has given up. Until the troubles end;
//! then everybody must come to an end within a bounded time, and the store's account is compared with the providers'.
//!
//! Nothing here uses threads, real time or IO within a run, so a seed that fails does so again.

mod cast;
mod checks;
mod course;
mod dice;
mod edge;
mod host;
mod model;
mod provider;
mod pulse;
mod scenario;
mod seeds;
mod store;
mod store_rest;
mod trace;
mod witness;
mod world;

/// Thousands of runs. `CANDOUR_SEED=7` runs one and tells all of it; `CANDOUR_SEEDS=100000` or `5000..6000` runs others.
#[test]
fn seeds_hold() {
    if let Some(seed) = seeds::alone() {
        let ending = course::run(seed);
        println!("{}", seeds::told(seed, &ending, usize::MAX));
        assert!(ending.violations.is_empty(), "seed {seed} does not hold");
        return;
    }
    let chosen = seeds::chosen();
    let runs = chosen.end - chosen.start;
    let account = seeds::run_all(chosen);
    println!("{runs} runs: {account:?}");
    assert!(runs < 1_000 || account.reaped > 0 && account.doubled > 0, "the troubles troubled nobody: {account:?}");
}

/// The same seed twice is the same run, to the last step.
#[test]
fn a_seed_repeats_itself() {
    let mut steps = 0;
    for seed in 1..40 {
        let (one, other) = (course::run(seed).trace, course::run(seed).trace);
        assert_eq!((one.len(), one.hash()), (other.len(), other.hash()), "seed {seed} is not what decides");
        steps += one.len();
    }
    assert!(steps > 40 * 200, "these are hardly runs: {steps} steps in all");
}
