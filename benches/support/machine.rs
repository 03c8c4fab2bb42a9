//! The machine that the figures hold for.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::Result;
use super::bench::Bench;
use super::report::quantile;

/// Writes of one page whose way to the disk is timed.
const SYNCS: usize = 300;

/// Cores, memory, kernel, and how long the disk takes to make a page durable.
pub(crate) fn describe(bench: &Bench) -> Result<Value> {
    let memory = std::fs::read_to_string("/proc/meminfo")?;
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or("").trim().to_owned();
    let processor = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("");
    let syncs = syncs(&bench.scratch)?;
    Ok(json!({
        "cores": std::thread::available_parallelism()?.get(),
        "processor": model.trim_start_matches([' ', '\t', ':']),
        "memory": memory,
        "kernel": std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim(),
        "fdatasync_ms": { "p50": quantile(&syncs, 0.5), "p99": quantile(&syncs, 0.99) },
        "binary": bench.binary,
    }))
}

/// One line of it.
pub(crate) fn print(machine: &Value) {
    println!(
        "\n  {} cores ({}), {}, Linux {}, fdatasync of a page p50 {:.2} ms p99 {:.2} ms",
        machine["cores"],
        machine["processor"].as_str().unwrap_or("?"),
        machine["memory"].as_str().unwrap_or("?"),
        machine["kernel"].as_str().unwrap_or("?"),
        machine["fdatasync_ms"]["p50"].as_f64().unwrap_or(f64::NAN),
        machine["fdatasync_ms"]["p99"].as_f64().unwrap_or(f64::NAN),
    );
}

/// Milliseconds of each.
fn syncs(scratch: &Path) -> Result<Vec<f64>> {
    std::fs::create_dir_all(scratch)?;
    let path = scratch.join("fsync.probe");
    let mut file = std::fs::File::create(&path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    std::fs::remove_file(path)?;
    Ok(times)
}
