//! A provider that speaks HTTP, against load generators with the same request to the same sink.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tokio::process::Command;

use crate::support::Result;
use crate::support::bench::{Bench, Database};
use crate::support::campaign;
use crate::support::fanout::Fanout;
use crate::support::http_sink::{self, Capture, Captured, HttpSink};
use crate::support::report::{Reach, Report};

/// Requests in the air that the generators are tried with.
const DEPTHS: [u32; 4] = [16, 32, 64, 128];
const H1: &str = "candour, HTTP/1.1";
const H2: &str = "candour, HTTP/2 over TLS";

/// The subject.
pub(crate) async fn run(bench: &Bench) -> Result<Report> {
    let mut report = Report::new("http");
    let sink = HttpSink::start(&bench.scratch).await?;
    let request = captured(bench).await?;
    report.setting("people", bench.people);
    report.setting("database", Database::Sqlite.name());
    report.setting("sink", http_sink::SETTINGS);
    report.setting("bytes of a request's body", request.body.len());
    report.setting("requests of Candour in the air", bench.connections);

    let wrk = wrk_best(bench, &sink, &request).await?;
    let h2load = h2load_best(bench, &sink, &request).await?;
    let (wrk_name, h2load_name) = (format!("wrk -t1 -c{wrk}"), format!("h2load -c1 -m{h2load}"));
    for turn in 1..=bench.repeat {
        for (what, base, environment) in [
            (H1, format!("http://127.0.0.1:{}", sink.plain), Vec::new()),
            (H2, format!("https://localhost:{}", sink.tls), trust(&sink)),
        ] {
            let run = fanout(bench, bench.people, &base, environment)?.beside("nginx", sink.pid, true).run().await?;
            println!("  turn {turn}: {what} {:.0}/s; cores: {}", run.rate(), run.used.cores());
            report.measured(what, "notices/s", run.rate());
            report.measured(&format!("{what}, processor time"), "µs a notice", run.micros(false));
            report.run(run.json(what));
            let (name, rate) = match what {
                H1 => (&wrk_name, wrk_rate(bench, &sink, &request, wrk, 10).await?),
                _ => (&h2load_name, h2load_rate(bench, &sink, &request, h2load, bench.people).await?),
            };
            println!("  turn {turn}: {name} {rate:.0}/s");
            report.measured(name, "requests/s", rate);
            report.run(json!({ "who": name, "rate": rate }));
        }
    }
    report.ratio(H1, &wrk_name, Some(Reach::AtLeast(0.5)));
    report.ratio(H2, &h2load_name, Some(Reach::AtLeast(0.5)));
    Ok(report)
}

/// Text messages through an API at that address.
fn fanout<'a>(bench: &'a Bench, people: u64, base: &str, environment: Vec<(String, String)>) -> Result<Fanout<'a>> {
    let token = bench.scratch.join("token");
    std::fs::write(&token, "0123456789abcdef0123456789abcdef\n")?;
    let providers = format!(
        "[delivery.sms]\nquiet = {{ from = \"00:00\", until = \"00:00\" }}\n\
         [[providers]]\nkind = \"twilio\"\nname = \"sms\"\naccount_sid = \"AC00000000000000000000000000000000\"\n\
         auth_token_file = \"{}\"\nfrom = \"+15005550006\"\nbase_url = \"{base}\"\nconcurrency = {}\n",
        token.display(),
        bench.connections
    );
    let mut notice = campaign::notice()?;
    notice["cascade"] = json!(["sms"]);
    Ok(Fanout { bench, database: Database::Sqlite, people, providers, notice, counterpart: None, environment })
}

/// What makes Candour trust the sink's certificate.
fn trust(sink: &HttpSink) -> Vec<(String, String)> {
    vec![(String::from("SSL_CERT_FILE"), sink.certificate.display().to_string())]
}

/// A request as Candour writes it.
async fn captured(bench: &Bench) -> Result<Captured> {
    let mut capture = Capture::start().await?;
    fanout(bench, 10, &format!("http://127.0.0.1:{}", capture.port), Vec::new())?.run().await?;
    capture.first().await
}

async fn wrk_best(bench: &Bench, sink: &HttpSink, request: &Captured) -> Result<u32> {
    let mut best = (DEPTHS[0], 0.0);
    for depth in DEPTHS {
        let rate = wrk_rate(bench, sink, request, depth, 2).await?;
        if rate > best.1 {
            best = (depth, rate);
        }
    }
    Ok(best.0)
}

async fn wrk_rate(bench: &Bench, sink: &HttpSink, request: &Captured, depth: u32, seconds: u32) -> Result<f64> {
    let script = bench.scratch.join("request.lua");
    let mut lua = format!("wrk.method = \"POST\"\nwrk.body = [==[{}]==]\n", request.body);
    for (name, value) in &request.headers {
        let _ = writeln!(lua, "wrk.headers[\"{name}\"] = [==[{value}]==]");
    }
    std::fs::write(&script, lua)?;
    let url = format!("http://127.0.0.1:{}{}", sink.plain, request.path);
    let arguments = ["-t1".into(), format!("-c{depth}"), format!("-d{seconds}s"), "-s".into(), path(&script), url];
    let printed = output("wrk", &arguments).await?;
    if printed.contains("Non-2xx") {
        return Err(format!("the sink refused wrk's requests:\n{printed}").into());
    }
    let rate = printed.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    Ok(rate.ok_or_else(|| format!("wrk printed no rate:\n{printed}"))?.trim().parse()?)
}

async fn h2load_best(bench: &Bench, sink: &HttpSink, request: &Captured) -> Result<u32> {
    let mut best = (DEPTHS[0], 0.0);
    for depth in DEPTHS {
        let rate = h2load_rate(bench, sink, request, depth, 20_000).await?;
        if rate > best.1 {
            best = (depth, rate);
        }
    }
    Ok(best.0)
}

async fn h2load_rate(bench: &Bench, sink: &HttpSink, request: &Captured, depth: u32, requests: u64) -> Result<f64> {
    let body = bench.scratch.join("request.body");
    std::fs::write(&body, &request.body)?;
    let mut arguments = vec![format!("-n{requests}"), "-c1".into(), format!("-m{depth}"), "-d".into(), path(&body)];
    for (name, value) in &request.headers {
        arguments.extend(["-H".into(), format!("{name}: {value}")]);
    }
    arguments.push(format!("https://localhost:{}{}", sink.tls, request.path));
    let printed = output("h2load", &arguments).await?;
    if !printed.contains(&format!("{requests} succeeded")) {
        return Err(format!("not all of h2load's requests succeeded:\n{printed}").into());
    }
    let line = printed.lines().find_map(|line| line.strip_prefix("finished in "));
    let rate = line.and_then(|line| line.split(", ").nth(1)).and_then(|rate| rate.strip_suffix(" req/s"));
    Ok(rate.ok_or_else(|| format!("h2load printed no rate:\n{printed}"))?.parse()?)
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

async fn output(program: &str, arguments: &[String]) -> Result<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.map_err(|error| format!("{program} cannot start: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(format!("{program}: {printed}{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(printed)
}
