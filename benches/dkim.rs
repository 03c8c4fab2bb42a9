//! What signing costs: the same campaign without DKIM, with RSA-2048 and with Ed25519.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::email::{message_size, settings};
use crate::support::Result;
use crate::support::bench::{Bench, Database};
use crate::support::fanout::Fanout;
use crate::support::report::Report;
use crate::support::sink::Sink;

/// Enough to measure, with a signature that may take a millisecond each.
const PEOPLE: u64 = 50_000;

/// The subject.
pub(crate) async fn run(bench: &Bench) -> Result<Report> {
    let mut report = Report::new("dkim");
    let bench = &Bench { people: bench.people.min(PEOPLE), ..bench.clone() };
    let sink = Sink::start().await?;
    let rsa = key(&bench.scratch, "rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]).await?;
    let ed25519 = key(&bench.scratch, "ed25519", &["-algorithm", "ED25519"]).await?;
    settings(&mut report, bench, Database::Sqlite, &sink, message_size(bench, &rsa).await?).await?;

    let kinds = [("without DKIM", ""), ("with RSA-2048", rsa.as_str()), ("with Ed25519", ed25519.as_str())];
    for turn in 1..=bench.repeat {
        for (what, more) in kinds {
            let fanout = Fanout::email(bench, Database::Sqlite, bench.people, sink.address.port(), more)?;
            let run = fanout.beside("sink", sink.pid, false).run().await?;
            println!("  turn {turn}: {what} {:.0}/s; cores: {}", run.rate(), run.used.cores());
            report.measured(what, "notices/s", run.rate());
            report.measured(&format!("{what}, processor time"), "µs a notice", run.micros(false));
            report.run(run.json(what));
        }
    }
    for (what, _) in &kinds[1..] {
        report.ratio(what, kinds[0].0, None);
        let cost = |what: &str| report.median(&format!("{what}, processor time"));
        let more = cost(what) - cost(kinds[0].0);
        report.note(format!("{what}: {more:.0} µs of processor time more a notice"));
    }
    Ok(report)
}

/// Makes a key; returns the provider's line that uses it.
async fn key(dir: &Path, name: &str, how: &[&str]) -> Result<String> {
    let path = dir.join(format!("{name}.pem"));
    let status =
        Command::new("openssl").arg("genpkey").args(how).arg("-out").arg(&path).stderr(Stdio::null()).status().await?;
    if !status.success() {
        return Err(format!("openssl could not make a key ({name})").into());
    }
    Ok(format!(
        "dkim = {{ selector = \"bench\", domain = \"larkspur-travel.example\", key_file = \"{}\" }}",
        path.display()
    ))
}
