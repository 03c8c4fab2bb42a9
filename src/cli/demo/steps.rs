//! The job, step by step, as the people who do it would: each step is one or two calls of the API.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde_json::{Value, json};

use super::Args;
use super::account::{Account, group};
use super::client::{Client, ClientError};
use super::people::{self, Made};
use super::world::World;
use crate::domain::clock::{Clock, Millis};
use crate::system::System;

/// Does all of it.
pub(super) async fn all(world: &World, args: &Args) -> Result<Account, ClientError> {
    println!("\n  Candour tells everyone whom a personal-data breach touched, on time, and proves it afterwards.");
    println!("  {} made-up people, {}, serving at {}", group_u64(args.people), world.database, world.base);

    let incident = file_incident(world).await?;
    let made = import(world, &incident, args.people).await?;
    duties(world, &incident).await?;
    notice(world, &incident).await?;
    let campaign = campaign(world, &incident).await?;
    let progress = send(world, &campaign).await?;
    announce(world, &incident).await?;
    reports(world, &incident).await?;
    evidence(world, &incident).await?;

    let end = world.responder.get(&format!("/v1/campaigns/{campaign}")).await?.body;
    Ok(Account {
        made_up: made.people,
        sealed: end["sealed"].as_i64().unwrap_or(-1),
        counts: end["counts"].clone(),
        repeated: end["repeated"].as_i64().unwrap_or(-1),
        attempts: progress,
    })
}

fn step(number: u8, title: &str) {
    println!("\n  {number}. {title}");
}

fn group_u64(number: u64) -> String {
    group(i64::try_from(number).unwrap_or(i64::MAX))
}

async fn file_incident(world: &World) -> Result<String, ClientError> {
    step(1, "A responder files the incident");
    let mut facts: Value = serde_json::from_str(include_str!("incident.json")).unwrap_or_default();
    facts["timeline"] = timeline(System.now());
    let filed = world.responder.post("/v1/incidents", &facts).await?.body;
    let id = text(&filed["id"]);
    println!("     {} ({id})", text(&filed["title"]));
    world.responder.post(&format!("/v1/incidents/{id}/open"), &json!({})).await?;
    Ok(id)
}

/// The clock events, so that the incident was noticed the day before yesterday whenever the demo runs.
fn timeline(now: Millis) -> Value {
    let hours_ago =
        |hours: i64| now.plus(-hours * 3_600_000).to_timestamp().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    json!({
        "occurred_from": hours_ago(120),
        "occurred_until": hours_ago(93),
        "noticed": hours_ago(43),
        "discovered": hours_ago(42),
        "contained": hours_ago(41),
        "aware": hours_ago(37),
        "determined_breach": hours_ago(36),
    })
}

async fn import(world: &World, incident: &str, count: u64) -> Result<Made, ClientError> {
    step(2, "The affected people are imported from a CSV");
    let (mut csv, made) = people::csv(count, &world.push_base);
    // Two lines that nobody could use, as real lists have them.
    csv.push_str("P-BAD-1,Broken Address,not an address,,,US,en,us-ca,,\r\nP-BAD-2,Wrong Place,x@mail.demo.example,,,US,en,us-zz,,\r\n");
    let answer =
        world.responder.upload(&format!("/v1/incidents/{incident}/people"), "text/csv", csv.into_bytes()).await?.body;
    println!(
        "     {} lines: {} people added, {} known already and merged, {} lines refused",
        group_u64(made.lines + 2),
        group(answer["added"].as_i64().unwrap_or(-1)),
        group(answer["updated"].as_i64().unwrap_or(0) + answer["unchanged"].as_i64().unwrap_or(0)),
        group(answer["rejected"].as_i64().unwrap_or(-1)),
    );
    for reject in answer["rejects"].as_array().into_iter().flatten().take(3) {
        println!("       line {}, column {}: {}", reject["line"], text(&reject["column"]), text(&reject["reason"]));
    }
    // Now the numbers are known; the incident is brought up to date under its entity tag.
    let read = world.responder.get(&format!("/v1/incidents/{incident}")).await?;
    let affected: Vec<Value> = answer_groups(&world.responder, incident).await?;
    let etag = read.etag.unwrap_or_default();
    world
        .responder
        .patch(&format!("/v1/incidents/{incident}"), &etag, &json!({ "scope": { "affected": affected } }))
        .await?;
    Ok(made)
}

/// How many people live under which rules, as the import found them.
async fn answer_groups(client: &Client, incident: &str) -> Result<Vec<Value>, ClientError> {
    let summary = client.get(&format!("/v1/incidents/{incident}/people/summary")).await?.body;
    let mut affected: std::collections::BTreeMap<String, (i64, i64)> = std::collections::BTreeMap::new();
    for group in summary["groups"].as_array().into_iter().flatten() {
        let Some(jurisdiction) = group["jurisdiction"].as_str() else { continue };
        let entry = affected.entry(jurisdiction.to_owned()).or_default();
        entry.0 += group["people"].as_i64().unwrap_or(0);
        entry.1 += group["without_contact"].as_i64().unwrap_or(0);
    }
    Ok(affected
        .into_iter()
        .map(|(jurisdiction, (individuals, uncontactable))| {
            json!({ "jurisdiction": jurisdiction, "individuals": individuals, "records": individuals, "uncontactable": uncontactable })
        })
        .collect())
}

async fn duties(world: &World, incident: &str) -> Result<(), ClientError> {
    step(3, "What the law asks, and by when");
    let answer = world.responder.get(&format!("/v1/incidents/{incident}/obligations")).await?.body;
    for duty in answer["obligations"].as_array().into_iter().flatten() {
        let deadline = &duty["deadline"];
        let when = deadline["at"].as_str().map_or_else(|| text(&deadline["text"]), str::to_owned);
        println!("     {:<12} {:<46} {}", text(&duty["force"]), text(&duty["id"]), when);
    }
    Ok(())
}

async fn notice(world: &World, incident: &str) -> Result<(), ClientError> {
    step(4, "The notice is written in six languages and previewed");
    let content: Value = serde_json::from_str(include_str!("notice.json")).unwrap_or_default();
    world.responder.put(&format!("/v1/incidents/{incident}/notice"), &content).await?;
    for locale in ["de", "zh-Hant"] {
        let asked = json!({ "locale": locale, "channel": "email" });
        let preview = world.responder.post(&format!("/v1/incidents/{incident}/notice/preview"), &asked).await?.body;
        let subject = text(&preview["previews"][0]["subject"]);
        println!("     {locale:<8} {subject}");
    }
    Ok(())
}

async fn campaign(world: &World, incident: &str) -> Result<String, ClientError> {
    step(5, "The population is sealed and the campaign proposed; another person approves it");
    let proposed = world.responder.post(&format!("/v1/incidents/{incident}/campaigns"), &json!({})).await?.body;
    let id = text(&proposed["id"]);
    let hash = text(&proposed["population_hash"]);
    println!(
        "     sealed {} people, population {}…",
        group(proposed["sealed"].as_i64().unwrap_or(-1)),
        hash.get(..16).unwrap_or(&hash)
    );
    match world.responder.post(&format!("/v1/campaigns/{id}/approve"), &json!({})).await {
        Err(error) if error.status() == Some(409) => {
            println!("     the author's own approval is refused, as it must be");
        }
        Err(error) => return Err(error),
        Ok(_) => println!("     THE AUTHOR'S OWN APPROVAL WAS TAKEN, WHICH MUST NOT BE"),
    }
    // What the laws ask of the notice and only a reader can tell, the approver has read.
    let check = world.approver.get(&format!("/v1/incidents/{incident}/notice/check")).await?.body;
    let names = |absent: bool| -> Vec<String> {
        let asked = check["to_confirm"].as_array().into_iter().flatten();
        asked.filter(|one| one["absent"] == absent).map(|one| text(&one["element"])).collect()
    };
    let (there, not_there) = (names(false), names(true));
    let approval = json!({ "confirmed": there, "confirmed_absent": not_there });
    world.approver.post(&format!("/v1/campaigns/{id}/approve"), &approval).await?;
    println!("     approved by a second key, which confirms what only a reader can tell: {}", there.join(", "));
    Ok(id)
}

async fn send(world: &World, campaign: &str) -> Result<Vec<(String, i64)>, ClientError> {
    step(6, "Everyone is told: by email, then by text message, then by push");
    world.responder.post(&format!("/v1/campaigns/{campaign}/start"), &json!({})).await?;
    let path = format!("/v1/campaigns/{campaign}");
    let mut state = world.responder.get(&path).await?.body;
    let sealed = state["sealed"].as_u64().unwrap_or(0);
    let bar = progress_bar(sealed);
    loop {
        let count = |name: &str| state["counts"][name].as_u64().unwrap_or(0);
        let open = count("pending") + count("in_flight");
        bar.set_position(sealed.saturating_sub(open));
        bar.set_message(format!("{} told, {} not, {} open", count("reached"), count("unreachable"), open));
        if state["state"] == "completed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        state = world.responder.get(&path).await?.body;
    }
    bar.finish();
    // Bounces come after a mailbox has taken a message; they reopen the campaign until their people are told otherwise.
    settle(world, &path).await?;
    let tallies = world.responder.get(&path).await?.body["tallies"].clone();
    let mut attempts = Vec::new();
    for tally in tallies.as_array().into_iter().flatten() {
        let what = format!("{} {}", text(&tally["channel"]), text(&tally["outcome"]));
        attempts.push((what, tally["attempts"].as_i64().unwrap_or(0)));
    }
    Ok(attempts)
}

fn progress_bar(sealed: u64) -> ProgressBar {
    let bar = ProgressBar::new(sealed);
    let style =
        ProgressStyle::with_template("     {bar:24} {percent:>3}%  {human_pos}/{human_len}  {rate}  {eta} left  {msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // The first look finds people that need no sending, which is no rate.
        let rate = if state.elapsed() < Duration::from_millis(500) { 0.0 } else { state.per_sec() };
        let _ = write!(out, "{rate:.0}/s");
    }));
    bar
}

/// Waits until the last bounce has been worked in: two looks in a row that see the same complete campaign.
async fn settle(world: &World, path: &str) -> Result<(), ClientError> {
    let mut last = Value::Null;
    loop {
        let state = world.responder.get(path).await?.body;
        if state["state"] == "completed" && state["counts"] == last {
            return Ok(());
        }
        last = state["counts"].clone();
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

async fn announce(world: &World, incident: &str) -> Result<(), ClientError> {
    step(7, "For those who could not be reached, a public announcement");
    let draft = match world.responder.post(&format!("/v1/incidents/{incident}/announcement"), &json!({})).await {
        Ok(draft) => draft.body,
        Err(error) if error.status() == Some(409) => {
            println!("     nobody needs one: {error}");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let reasons = draft["reasons"].as_object().into_iter().flatten();
    let reasons: Vec<String> = reasons.map(|(why, count)| format!("{count} {}", why.replace('_', " "))).collect();
    println!("     {} people ({})", draft["covers"], reasons.join(", "));
    let published =
        world.approver.post(&format!("/v1/incidents/{incident}/announcement/publish"), &json!({})).await?.body;
    println!("     published at {}/notices/{}", world.base, text(&published["slug"]));
    Ok(())
}

async fn reports(world: &World, incident: &str) -> Result<(), ClientError> {
    step(8, "A report for each authority, as JSON, HTML and PDF");
    let directory = world.dir.join("reports");
    let answer =
        world.responder.post(&format!("/v1/incidents/{incident}/reports"), &json!({ "kind": "initial" })).await?.body;
    for report in answer["reports"].as_array().into_iter().flatten() {
        let (id, name) = (text(&report["id"]), text(&report["obligation"]).replace('/', "-"));
        let mut made = Vec::new();
        for kind in ["json", "html", "pdf"] {
            match world.responder.download(&format!("/v1/reports/{id}.{kind}")).await {
                Ok(bytes) => {
                    let path = directory.join(format!("{name}.{kind}"));
                    let written = std::fs::create_dir_all(&directory).and_then(|()| std::fs::write(&path, bytes));
                    written.map_err(|error| ClientError::Failed {
                        call: path.display().to_string(),
                        reason: error.to_string(),
                    })?;
                    made.push(kind);
                }
                // A machine without a Chinese face cannot set a Chinese PDF; the other forms are there.
                Err(error) if kind == "pdf" => println!("       {name}: no PDF: {error}"),
                Err(error) => return Err(error),
            }
        }
        let missing = report["document"]["missing"].as_array().map_or(0, Vec::len);
        println!("     {name:<44} {:<14} {missing} fields still to fill", made.join(" "));
    }
    Ok(())
}

async fn evidence(world: &World, incident: &str) -> Result<(), ClientError> {
    step(9, "The evidence");
    let audit = world.responder.get(&format!("/v1/incidents/{incident}/audit")).await?.body;
    let chain = &audit["chain"];
    println!(
        "     audit chain of {} entries: {}",
        chain["entries"],
        if chain["whole"] == true { "whole" } else { "BROKEN" }
    );
    Ok(())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
