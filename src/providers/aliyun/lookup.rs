//! Whether Alibaba Cloud has a message: what it sent to the number on a day, by the `OutId` that is our attempt.
//!
//! `QuerySendDetails` lists by day of China's clock, the newest first. It has no `BizId`, so ours is the name.

use jiff::tz::{TimeZone, offset};
use serde::Deserialize;

use super::CODES;
use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;
use crate::providers::http::HttpReply;
use crate::providers::inquiry::{Finding, Inquiry, SKEW_MS, Told};

/// Messages on a page, the most there may be.
pub(super) const PAGE: &str = "50";

#[derive(Deserialize)]
struct List {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "SmsSendDetailDTOs")]
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    #[serde(rename = "SmsSendDetailDTO", default)]
    items: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(rename = "OutId")]
    out_id: Option<String>,
    /// 1 under way, 2 failed, 3 arrived.
    #[serde(rename = "SendStatus")]
    status: i64,
    #[serde(rename = "ErrCode")]
    error: Option<String>,
}

/// The days, `yyyyMMdd`, on which it may have taken the message: one, or two around midnight.
pub(super) fn days(inquiry: &Inquiry<'_>) -> Vec<String> {
    let day = |at: Millis| at.to_timestamp().to_zoned(TimeZone::fixed(offset(8))).strftime("%Y%m%d").to_string();
    let mut days = vec![day(inquiry.from.plus(-SKEW_MS)), day(inquiry.until.plus(SKEW_MS))];
    days.dedup();
    days
}

/// What the list of a day says; `None` where it is none.
pub(super) fn read(reply: &HttpReply, inquiry: &Inquiry<'_>) -> Told {
    let list = match serde_json::from_slice::<List>(&reply.body) {
        Ok(List { code, details: Some(details) }) if code == "OK" => details.items,
        Ok(List { code, .. }) if code != "OK" => return Told::Nothing(code),
        _ => return Told::Nothing(reply.status.to_string()),
    };
    let attempt = inquiry.message.attempt.to_string();
    let ours = list.into_iter().find(|detail| detail.out_id.as_deref() == Some(&attempt));
    Told::one(ours.map(|detail| {
        let verdict = CODES.read(&format!("report {}", detail.error.as_deref().unwrap_or("none")), Outcome::Rejected);
        match detail.status {
            3 => Finding { reference: attempt, outcome: Some(Outcome::Delivered), code: Some(verdict.code) },
            2 => Finding { reference: attempt, outcome: Some(verdict.outcome), code: Some(verdict.code) },
            _ => Finding { reference: attempt, outcome: None, code: None },
        }
    }))
}
