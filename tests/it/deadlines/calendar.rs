//! Calendars, as a parser reads them that nobody here wrote.

use candour::deadlines::Kind;
use serde_json::Value;

use super::{Hand, deadlines, incident};
use crate::support::node;
use crate::support::process::run;
use crate::support::stores::on_both;

/// What ical.js makes of a calendar; it throws at what it cannot read.
const READ: &str = "const ICAL = require('ical.js');\
    const root = new ICAL.Component(ICAL.parse(require('fs').readFileSync(0, 'utf8')));\
    const text = (c, name) => { const v = c.getFirstPropertyValue(name); return v === null ? null : v.toString(); };\
    const one = c => ({ kind: c.name, uid: text(c, 'uid'), stamp: text(c, 'dtstamp'), start: text(c, 'dtstart'),\
      due: text(c, 'due'), summary: text(c, 'summary'), description: text(c, 'description'), status: text(c, 'status'),\
      alarms: c.getAllSubcomponents('valarm').map(a => [text(a, 'action'), text(a, 'trigger'), text(a, 'description')]) });\
    console.log(JSON.stringify({ version: text(root, 'version'), prodid: text(root, 'prodid'), name: text(root, 'name'),\
      items: root.getAllSubcomponents().map(one) }));";

fn read(calendar: &str) -> Value {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), calendar).unwrap();
    let mut command = node::node();
    command.args(["-e", READ]).stdin(std::fs::File::open(file.path()).unwrap());
    serde_json::from_str(&run(&mut command)).unwrap()
}

const HOSTILE: &str = "Tape; lost, \\ found: \u{1F4FC} \u{6F0F}\u{6D1E} BEGIN:VEVENT \
    a title that goes on and on so that it has to be folded more than once, whatever is in it, ééééééééééééééé";

on_both!(a_parser_reads_back_what_was_meant, |world| {
    let clock = Hand::at("2026-11-21T12:00:00Z");
    let id = incident(&world, HOSTILE, "2026-11-20T10:30:00+01:00").await;
    let deadlines = deadlines(&world, clock.clone());
    let text = deadlines.calendar(None, Kind::Event).await.unwrap();
    assert!(text.lines().all(|line| line.len() <= 75) && !text.replace("\r\n", "").contains(['\r', '\n']));
    let calendar = read(&text);
    assert_eq!((&calendar["version"], &calendar["name"]), (&Value::from("2.0"), &Value::from("Breach deadlines")));
    let items = calendar["items"].as_array().unwrap();
    let event = items.iter().find(|item| item["uid"] == format!("{id}.eu-gdpr.notify-authority").as_str()).unwrap();
    // Regulation 1182/71: 72 hours from the next full hour after 10:30 in Berlin.
    assert_eq!(event["start"], "2026-11-23T10:00:00Z");
    assert!(event["summary"].as_str().unwrap().ends_with(HOSTILE), "{event}");
    assert!(event["description"].as_str().unwrap().contains("GDPR Art. 33(1)"), "{event}");
    let alarms: Vec<(&str, &str)> = event["alarms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alarm| (alarm[0].as_str().unwrap(), alarm[1].as_str().unwrap()))
        .collect();
    assert_eq!(
        alarms,
        [
            ("DISPLAY", "2026-11-21T21:45:00Z"),
            ("DISPLAY", "2026-11-22T10:00:00Z"),
            ("DISPLAY", "2026-11-23T06:00:00Z"),
            ("DISPLAY", "2026-11-23T10:00:01Z")
        ]
    );
    assert!(items.iter().all(|item| item["start"].is_string()), "what has no time has no place in a calendar");

    // The same deadlines give the same bytes; a moved deadline moves the event and makes no second one.
    assert_eq!(deadlines.calendar(None, Kind::Event).await.unwrap(), text);
    let tasks = read(&deadlines.calendar(Some(id), Kind::Task).await.unwrap());
    let task = tasks["items"].as_array().unwrap().iter().find(|item| item["uid"] == event["uid"]).unwrap();
    assert_eq!((&task["kind"], &task["due"]), (&Value::from("vtodo"), &event["start"]));
    assert_eq!(task["status"], "NEEDS-ACTION");
});

on_both!(a_moved_deadline_moves_its_event, |world| {
    let clock = Hand::at("2026-11-21T12:00:00Z");
    let id = incident(&world, "Tape", "2026-11-20T10:30:00+01:00").await;
    let deadlines = deadlines(&world, clock.clone());
    let before = read(&deadlines.calendar(Some(id), Kind::Event).await.unwrap());
    let mut incident = candour::store::IncidentStore::incident(&*world.store, id).await.unwrap();
    incident.facts.timeline.aware = Some(serde_json::from_value(Value::from("2026-11-19T10:30:00+01:00")).unwrap());
    let audit = world.audit(id, "incident.amended");
    candour::store::IncidentStore::amend_incident(&*world.store, &incident, 1, audit).await.unwrap();
    let after = read(&deadlines.calendar(Some(id), Kind::Event).await.unwrap());
    let uids = |calendar: &Value| -> Vec<Value> {
        let mut uids: Vec<Value> =
            calendar["items"].as_array().unwrap().iter().map(|item| item["uid"].clone()).collect();
        uids.sort_by_key(ToString::to_string);
        uids
    };
    assert_eq!(uids(&before), uids(&after));
    let start = |calendar: &Value| {
        let items = calendar["items"].as_array().unwrap().clone();
        items.into_iter().find(|item| item["uid"] == format!("{id}.eu-gdpr.notify-authority").as_str()).unwrap()["start"]
            .clone()
    };
    assert_eq!((start(&before), start(&after)), ("2026-11-23T10:00:00Z".into(), "2026-11-22T10:00:00Z".into()));
});
