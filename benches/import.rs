//! Import through the API: parsed, checked, deduplicated, sealed, durable; against the bare load of the same file.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::support::bench::{Bench, Database};
use crate::support::report::{Reach, Report};
use crate::support::usage::{MemoryWatch, Watch};
use crate::support::{Result, campaign, fanout, people};

/// Lines of the file at either size.
const LINES: u64 = 1_000_000;
const DATABASES: [(Database, &str, &str); 2] = [
    (Database::Sqlite, "candour on SQLite", "sqlite3 .import"),
    (Database::Postgres, "candour on PostgreSQL", "PostgreSQL COPY"),
];

/// The subject.
pub(crate) async fn run(bench: &Bench) -> Result<Report> {
    let mut report = Report::new("import");
    let lines = bench.people_given.unwrap_or(LINES);
    let list = people::list(&bench.scratch, lines)?;
    report.setting("lines", lines);
    report.setting("bytes of the file", std::fs::metadata(&list)?.len());
    report.setting("databases", format!("{}; {}", Database::Sqlite.name(), Database::Postgres.name()));
    report.setting("PostgreSQL", bench.postgres()?.settings().await?);
    for turn in 1..=bench.repeat {
        for (database, ours, reference) in DATABASES {
            let rate = candour(&mut report, bench, database, &list, ours).await?;
            println!("  turn {turn}: {ours} {rate:.0}/s");
            let seconds = match database {
                Database::Sqlite => sqlite(&bench.scratch, &list, lines).await?,
                Database::Postgres => postgres(bench, &list, lines).await?,
            };
            let rate = per_second(lines, seconds);
            println!("  turn {turn}: {reference} {rate:.0}/s");
            report.measured(reference, "lines/s", rate);
            report.run(json!({ "who": reference, "lines": lines, "seconds": seconds }));
        }
    }
    for (_, ours, reference) in DATABASES {
        report.bound(ours, Reach::AtLeast(80_000.0));
        report.ratio(ours, reference, Some(Reach::AtLeast(0.3)));
    }
    Ok(report)
}

#[expect(clippy::cast_precision_loss, reason = "counts of lines are small")]
fn per_second(lines: u64, seconds: f64) -> f64 {
    lines as f64 / seconds
}

async fn candour(report: &mut Report, bench: &Bench, database: Database, list: &Path, who: &str) -> Result<f64> {
    let (candour, server) = fanout::start(bench, database, "", &[]).await?;
    let incident = campaign::incident(&candour).await?;
    let memory = MemoryWatch::begin(candour.pid()?)?;
    let mut watched = vec![("candour", candour.pid()?, false)];
    watched.extend(server);
    let watch = Watch::begin(&watched)?;
    let imported = campaign::import(&candour, &incident, list).await?;
    let (used, memory) = (watch.end()?, memory.end());
    let rate = per_second(imported.added, imported.seconds);
    println!("  cores: {}", used.cores());
    report.measured(who, "lines/s", rate);
    report.measured(&format!("{who}, memory (RssAnon)"), "MB", memory.anonymous_mb());
    report.run(json!({
        "who": who, "lines": imported.added, "seconds": imported.seconds, "used": used.json(), "memory": memory.json(),
    }));
    candour.remove().await?;
    Ok(rate)
}

/// The shell of SQLite, as durable as Candour.
async fn sqlite(dir: &Path, list: &Path, lines: u64) -> Result<f64> {
    let path = dir.join("bare.db");
    let columns = people::COLUMNS.join(" TEXT, ");
    let script = format!(
        "PRAGMA journal_mode = WAL;\nPRAGMA synchronous = FULL;\nCREATE TABLE people ({columns} TEXT);\n\
         .mode csv\n.import --skip 1 '{}' people\nSELECT count(*) FROM people;\n",
        list.display()
    );
    let begun = Instant::now();
    let mut child = Command::new("sqlite3")
        .args(["-batch", "-bail"])
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    child.stdin.take().ok_or("its input is not piped")?.write_all(script.as_bytes()).await?;
    let output = child.wait_with_output().await?;
    let seconds = begun.elapsed().as_secs_f64();
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || printed.lines().last() != Some(lines.to_string().as_str()) {
        return Err(format!("sqlite3 imported something else: {printed}").into());
    }
    std::fs::remove_file(path)?;
    Ok(seconds)
}

async fn postgres(bench: &Bench, list: &Path, lines: u64) -> Result<f64> {
    let server = bench.postgres()?;
    server.fresh("bare").await?;
    server.run("bare", &format!("CREATE TABLE people ({} TEXT)", people::COLUMNS.join(" TEXT, "))).await?;
    let begun = Instant::now();
    server.run("bare", &format!("\\copy people FROM '{}' WITH (FORMAT csv, HEADER)", list.display())).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let count = server.run("bare", "SELECT count(*) FROM people").await?;
    if count != lines.to_string() {
        return Err(format!("COPY took {count} of {lines} lines").into());
    }
    server.drop("bare").await?;
    Ok(seconds)
}
