//! Prometheus Alertmanager: webhook payload version 4, as its documentation gives it under `webhook_config`.
//!
//! What identifies an alert is its group: `groupKey` stays the same while members come and go. Fields that are not known
//! here are ignored. Alertmanager sends again only after a 5xx; anything it should repeat must be answered so.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Alert, IntakeError, title};
use crate::domain::clock::Millis;
use crate::domain::facts::Moment;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    version: String,
    group_key: String,
    #[serde(default)]
    group_labels: BTreeMap<String, String>,
    #[serde(default)]
    common_labels: BTreeMap<String, String>,
    #[serde(default)]
    common_annotations: BTreeMap<String, String>,
    #[serde(default)]
    alerts: Vec<Member>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    starts_at: String,
}

/// Reads a payload.
///
/// # Errors
/// When it is not JSON of version 4 with a group key and at least one alert.
pub fn read(body: &[u8]) -> Result<Alert, IntakeError> {
    let refuse = |reason: String| IntakeError::Payload { source_name: "Alertmanager", reason };
    let payload: Payload = serde_json::from_slice(body).map_err(|error| {
        refuse(format!("not a JSON payload of its form (line {}, column {})", error.line(), error.column()))
    })?;
    if payload.version != "4" {
        return Err(refuse(String::from("`version` is not \"4\"")));
    }
    if payload.group_key.is_empty() {
        return Err(refuse(String::from("`groupKey` is empty")));
    }
    if payload.alerts.is_empty() {
        return Err(refuse(String::from("`alerts` is empty")));
    }
    // Alertmanager writes the year 1 where it means "not known".
    let mut begun: Vec<Moment> = payload
        .alerts
        .iter()
        .filter_map(|member| Moment::parse(&member.starts_at).ok())
        .filter(|moment| moment.millis() > Millis(0))
        .collect();
    begun.sort_by_key(Moment::millis);
    Ok(Alert {
        key: hex::encode(Sha256::digest(payload.group_key.as_bytes())),
        title: title(&name(&payload)),
        latest: begun.last().map(Moment::millis),
        noticed: begun.into_iter().next(),
    })
}

/// What the group is called: the alert's name, and its summary where all members share one.
fn name(payload: &Payload) -> String {
    let alert = payload
        .common_labels
        .get("alertname")
        .or_else(|| payload.group_labels.get("alertname"))
        .or_else(|| payload.alerts.iter().find_map(|member| member.labels.get("alertname")))
        .filter(|name| !name.trim().is_empty());
    let summary = payload.common_annotations.get("summary").filter(|text| !text.trim().is_empty());
    match (alert, summary) {
        (Some(alert), Some(summary)) => format!("{alert}: {summary}"),
        (Some(only), None) | (None, Some(only)) => only.clone(),
        (None, None) => {
            let labels: Vec<String> =
                payload.group_labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            if labels.is_empty() { String::new() } else { format!("Alert {}", labels.join(" ")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let mut value = serde_json::json!({
            "receiver": "candour", "status": "firing", "version": "4", "truncatedAlerts": 0, "somethingNew": {"a": [1]},
            "groupKey": "{}:{alertname=\"Exfiltration\"}", "groupLabels": {"alertname": "Exfiltration"},
            "commonLabels": {"alertname": "Exfiltration", "severity": "critical"},
            "commonAnnotations": {"summary": "Unusual egress\nfrom db-7"}, "externalURL": "http://alerts.example.org",
            "alerts": [
                {"status": "firing", "labels": {"alertname": "Exfiltration", "pod": "b"}, "annotations": {},
                 "startsAt": "2026-11-20T22:12:00.5+08:00", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "aa"},
                {"status": "resolved", "labels": {"alertname": "Exfiltration", "pod": "a"}, "annotations": {},
                 "startsAt": "2026-11-20T22:10:00.123456789+08:00", "endsAt": "2026-11-20T22:20:00+08:00", "fingerprint": "bb"}]});
        change(&mut value);
        value.to_string().into_bytes()
    }

    #[test]
    fn a_group_becomes_one_alert_with_the_earliest_start_and_its_offset() {
        let alert = read(&payload(|_| {})).expect("a payload");
        assert_eq!(alert.title, "Exfiltration: Unusual egress from db-7");
        assert_eq!(alert.noticed.expect("a time").as_str(), "2026-11-20T22:10:00.123456789+08:00");
        assert_eq!(alert.latest.map(Millis::to_rfc3339).as_deref(), Some("2026-11-20T14:12:00.500Z"));
    }

    #[test]
    fn the_key_is_the_groups_whoever_is_in_it() {
        let first = read(&payload(|_| {})).expect("a payload").key;
        let fewer = read(&payload(|p| {
            p["status"] = "resolved".into();
            p["alerts"].as_array_mut().expect("alerts").remove(0);
        }));
        assert_eq!(fewer.expect("a payload").key, first);
        let other = read(&payload(|p| p["groupKey"] = "{}:{alertname=\"Other\"}".into()));
        assert_ne!(other.expect("a payload").key, first);
    }

    #[test]
    fn a_title_is_one_line_that_no_terminal_obeys() {
        let title_of = |name: &str| {
            let named = payload(|p| {
                p["commonLabels"]["alertname"] = name.into();
                p["commonAnnotations"] = serde_json::json!({});
            });
            read(&named).expect("a payload").title
        };
        assert_eq!(title_of("\u{1b}]0;owned\u{7}\u{1b}[2JDisk\r\n\u{0}full\u{9b}31m"), "]0;owned[2JDisk full31m");
        assert_eq!(title_of("\u{1b}\u{0}"), "Alert without a name");
    }

    #[test]
    fn a_name_is_found_wherever_it_is() {
        let title_of = |p: Vec<u8>| read(&p).expect("a payload").title;
        let bare = |p: &mut serde_json::Value| {
            p["commonAnnotations"] = serde_json::json!({});
            p["commonLabels"] = serde_json::json!({});
        };
        assert_eq!(title_of(payload(bare)), "Exfiltration");
        let nameless = payload(|p| {
            bare(p);
            p["groupLabels"] = serde_json::json!({"team": "shop"});
            p["alerts"] = serde_json::json!([{"startsAt": "0001-01-01T00:00:00Z"}]);
        });
        assert_eq!(title_of(nameless.clone()), "Alert team=shop");
        assert_eq!(read(&nameless).expect("a payload").noticed, None, "the year 1 is no time");
        let long = payload(|p| p["commonLabels"]["alertname"] = "é".repeat(500).into());
        assert_eq!(title_of(long).chars().count(), 200);
    }

    #[test]
    fn what_is_no_payload_is_refused_without_repeating_it() {
        for bad in [
            b"not json secret".to_vec(),
            b"{\"version\":\"4\",\"groupKey\":\"secret\"".to_vec(),
            b"{}".to_vec(),
            b"\xff\xfe".to_vec(),
            payload(|p| p["version"] = "5".into()),
            payload(|p| p["groupKey"] = "".into()),
            payload(|p| p["alerts"] = serde_json::json!([])),
            payload(|p| p["alerts"] = "secret".into()),
        ] {
            let refused = read(&bad).expect_err("refused").to_string();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
