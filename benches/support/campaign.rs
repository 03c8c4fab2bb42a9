//! The job, as the people who do it would: from the incident to the end of its campaign.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Result;
use super::candour::Candour;

/// What an import did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Imported {
    pub(crate) added: u64,
    pub(crate) seconds: f64,
}

/// Files an incident and opens it.
pub(crate) async fn incident(candour: &Candour) -> Result<String> {
    let facts: Value = serde_json::from_str(include_str!("incident.json"))?;
    let filed = candour.send(&candour.responder, "POST", "/v1/incidents", &facts).await?;
    let id = text(&filed, "id")?;
    candour.send(&candour.responder, "POST", &format!("/v1/incidents/{id}/open"), &json!({})).await?;
    Ok(id)
}

/// Streams a list of people from a file.
pub(crate) async fn import(candour: &Candour, incident: &str, list: &Path) -> Result<Imported> {
    let file = tokio::fs::File::open(list).await?;
    let body = reqwest::Body::wrap_stream(tokio_util::io::ReaderStream::with_capacity(file, 256 * 1024));
    let request = candour
        .request(&candour.responder, "POST", &format!("/v1/incidents/{incident}/people"))?
        .header("content-type", "text/csv")
        .body(body);
    let begun = Instant::now();
    let answer = candour.answer(request).await?;
    let seconds = begun.elapsed().as_secs_f64();
    if number(&answer, "rejected")? != 0 {
        return Err(format!("lines were refused: {answer}").into());
    }
    Ok(Imported { added: number(&answer, "added")?, seconds })
}

/// Writes the notice, seals and proposes, and has it approved by another; returns the campaign.
pub(crate) async fn approved(candour: &Candour, incident: &str, notice: &Value, proposal: &Value) -> Result<String> {
    candour.send(&candour.responder, "PUT", &format!("/v1/incidents/{incident}/notice"), notice).await?;
    let path = format!("/v1/incidents/{incident}/campaigns");
    let campaign = candour.send(&candour.responder, "POST", &path, proposal).await?;
    let id = text(&campaign, "id")?;
    candour.send(&candour.approver, "POST", &format!("/v1/campaigns/{id}/approve"), &json!({})).await?;
    Ok(id)
}

/// The notice by email: text and HTML, five locales, two personal fields beside the name.
pub(crate) fn notice() -> Result<Value> {
    Ok(serde_json::from_str(include_str!("notice.json"))?)
}

/// Starts it.
pub(crate) async fn start(candour: &Candour, campaign: &str) -> Result<()> {
    candour.send(&candour.responder, "POST", &format!("/v1/campaigns/{campaign}/start"), &json!({})).await?;
    Ok(())
}

/// Looks every `every` until it is completed; returns the campaign. Fails when nothing moves for two minutes, and when
/// not everybody was reached.
pub(crate) async fn completed(candour: &Candour, campaign: &str, every: Duration) -> Result<Value> {
    let (mut moved, mut done) = (Instant::now(), 0);
    loop {
        let progress = candour.get(&format!("/v1/campaigns/{campaign}/progress")).await?;
        if text(&progress, "state")? == "completed" {
            break;
        }
        let now = number(&progress, "done")?;
        if now != done {
            (moved, done) = (Instant::now(), now);
        } else if moved.elapsed() > Duration::from_mins(2) {
            return Err(format!("the campaign stands still: {progress}\n{}", candour.log()).into());
        }
        tokio::time::sleep(every).await;
    }
    let campaign = candour.get(&format!("/v1/campaigns/{campaign}")).await?;
    if campaign["counts"]["reached"] != campaign["sealed"] {
        return Err(format!("not everybody was reached: {campaign}\n{}", candour.log()).into());
    }
    Ok(campaign)
}

/// Seconds from `started_at` to `completed_at`.
pub(crate) fn took(campaign: &Value) -> Result<f64> {
    let at = |name| -> Result<jiff::Timestamp> { Ok(text(campaign, name)?.parse()?) };
    Ok(at("completed_at")?.duration_since(at("started_at")?).as_secs_f64())
}

/// A text in an answer.
pub(crate) fn text(answer: &Value, name: &str) -> Result<String> {
    Ok(answer[name].as_str().ok_or_else(|| format!("no {name} in {answer}"))?.to_owned())
}

/// A count in an answer.
pub(crate) fn number(answer: &Value, name: &str) -> Result<u64> {
    Ok(answer[name].as_u64().ok_or_else(|| format!("no {name} in {answer}"))?)
}
