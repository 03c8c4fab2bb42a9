//! Whether Vonage has a message: its Reports API, by the client reference that is our attempt. A product of its own that costs
//! money, so it is asked only where the configuration says that the account has it.

use serde::Deserialize;
use url::Url;

use super::CODES;
use crate::providers::http::HttpReply;
use crate::providers::inquiry::{Finding, Inquiry, SKEW_MS, Told};
use crate::providers::protocol::callback;

#[derive(Deserialize)]
struct Report {
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    message_id: String,
    client_ref: Option<String>,
    status: String,
    error_code: Option<String>,
}

/// The question: outbound text messages of that time with that reference.
pub(super) fn address(records: &Url, account: &str, inquiry: &Inquiry<'_>) -> Option<Url> {
    let at = |ms: i64| jiff::Timestamp::from_millisecond(ms).ok().map(|at| format!("{at:.0}"));
    let (from, until) = (at(inquiry.from.0 - SKEW_MS)?, at(inquiry.until.0 + SKEW_MS)?);
    let mut url = records.clone();
    url.query_pairs_mut()
        .append_pair("account_id", account)
        .append_pair("product", "SMS")
        .append_pair("direction", "outbound")
        .append_pair("date_start", &from)
        .append_pair("date_end", &until)
        .append_pair("client_ref", &inquiry.message.attempt.to_string());
    Some(url)
}

/// What the report says.
pub(super) fn read(reply: &HttpReply, inquiry: &Inquiry<'_>) -> Told {
    let (200, Ok(report)) = (reply.status, serde_json::from_slice::<Report>(&reply.body)) else {
        return Told::Nothing(reply.status.to_string());
    };
    let attempt = inquiry.message.attempt.to_string();
    let ours = report.records.into_iter().find(|record| record.client_ref.as_deref() == Some(&attempt));
    Told::one(ours.map(|record| {
        // Its statuses are those of receipts, with two more for what is under way.
        let known = CODES.status(&record.status).is_some();
        let (outcome, code) = if known {
            let (outcome, code) = callback::meaning(&CODES, &record.status, record.error_code.as_deref());
            (outcome, Some(code))
        } else {
            (None, None)
        };
        Finding { reference: record.message_id, outcome, code }
    }))
}
