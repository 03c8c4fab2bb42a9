//! The account of a campaign that has ended, held against what a mail host really took.

use std::collections::{BTreeMap, BTreeSet};

use candour::domain::clock::Millis;
use serde_json::Value;

use super::candour::Candour;
use super::recording_sink::Taken;

/// What the two came to. Everybody was told, or there would be none.
#[derive(Debug, Default)]
pub(crate) struct Balance {
    /// People who got more than one message.
    pub(crate) doubled: usize,
    /// Attempts that repeat one of which nobody knew whether it went out.
    pub(crate) repeated: usize,
    /// The attempts of which nobody knows.
    pub(crate) unknown: Vec<Unknown>,
}

/// An attempt of which nobody knows whether it went out; but the mail host does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unknown {
    /// When its intent was recorded.
    pub(crate) intended_at: Millis,
    /// Whether its message arrived although another one of the same person did, too.
    pub(crate) doubled: bool,
}

struct Attempt {
    person: String,
    number: i64,
    repeats: bool,
    outcome: String,
    intended_at: Millis,
}

/// Holds the account of a completed campaign of people who can all be reached against what the mail host took: nobody is
/// lost, nobody is in two states, each message belongs to an attempt, and whoever got two is listed.
pub(crate) async fn balance(
    candour: &Candour,
    incident: &str,
    campaign: &str,
    people: usize,
    everything: &[Taken],
) -> Balance {
    let view = candour.read_campaign(campaign).await;
    let number = |value: &Value| usize::try_from(value.as_i64().expect("a number")).expect("not negative");
    assert_eq!(view["state"], "completed", "{view}");
    assert_eq!(number(&view["sealed"]), people, "{view}");
    let counted: usize = view["counts"].as_object().expect("counts").values().map(number).sum();
    assert_eq!(counted, people, "the counts add up: {view}");
    assert_eq!(number(&view["counts"]["reached"]), people, "everyone is reached: {view}");

    let addresses = addresses(candour, incident).await;
    assert_eq!(addresses.len(), people, "the people who were imported");
    let (attempts, states) = attempts(candour, campaign).await;
    let off_end: Vec<_> = states.iter().filter(|(_, state)| *state != "reached").collect();
    assert!(off_end.is_empty(), "{off_end:?}");

    let mut numbers: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for attempt in attempts.values() {
        numbers.entry(&attempt.person).or_default().push(attempt.number);
    }
    assert_eq!(numbers.len(), people, "everyone was tried");
    for (person, numbers) in &mut numbers {
        numbers.sort_unstable();
        let in_turn = numbers.iter().zip(1..).all(|(number, turn)| *number == turn);
        assert!(in_turn, "the attempts of {person} are numbered {numbers:?}: two claimed them at once");
    }

    let mut arrived: BTreeMap<&str, usize> = BTreeMap::new();
    let mut carried = BTreeSet::new();
    let own: BTreeSet<&str> = addresses.values().map(String::as_str).collect();
    for message in everything.iter().filter(|message| own.contains(message.recipient.as_str())) {
        let attempt = attempts
            .get(&message.attempt)
            .unwrap_or_else(|| panic!("{message:?} was taken, and no attempt in the account says so"));
        assert_eq!(addresses[&attempt.person], message.recipient, "the message went to the person of its attempt");
        assert!(carried.insert(message.attempt.as_str()), "{message:?} was taken twice for one attempt");
        assert!(["accepted", "unknown"].contains(&attempt.outcome.as_str()), "{message:?} is {}", attempt.outcome);
        *arrived.entry(message.recipient.as_str()).or_default() += 1;
    }
    for (id, attempt) in &attempts {
        let went = carried.contains(id.as_str());
        assert!(went || attempt.outcome != "accepted", "attempt {id} is called accepted, and nothing arrived");
    }

    let mut balance = Balance::default();
    for (person, address) in &addresses {
        let messages = arrived.get(address.as_str()).copied().unwrap_or(0);
        assert!(messages > 0, "{person} is called reached, and nothing arrived");
        let own = || attempts.iter().filter(|(_, attempt)| attempt.person == *person);
        let unknown: Vec<_> = own().filter(|(_, attempt)| attempt.outcome == "unknown").collect();
        let repeats = own().filter(|(_, attempt)| attempt.repeats).count();
        assert!(messages - 1 <= repeats, "{person} got {messages}, and only {repeats} repeats are listed");
        assert!(repeats <= unknown.len(), "{person} has {repeats} repeats of {} unknown outcomes", unknown.len());
        balance.doubled += usize::from(messages > 1);
        balance.repeated += repeats;
        balance.unknown.extend(unknown.into_iter().map(|(id, attempt)| Unknown {
            intended_at: attempt.intended_at,
            doubled: messages > 1 && carried.contains(id.as_str()),
        }));
    }
    assert_eq!(number(&view["repeated"]), balance.repeated, "what the campaign says was repeated: {view}");

    let audit = format!("/v1/incidents/{incident}/audit?limit=1");
    let audit = candour.call(&candour.responder, "GET", &audit, None).await;
    assert_eq!(audit["chain"]["whole"], true, "{audit}");
    balance
}

/// Everyone's address by their identifier.
async fn addresses(candour: &Candour, incident: &str) -> BTreeMap<String, String> {
    let people = pages(candour, &format!("/v1/incidents/{incident}/people")).await;
    let address = |person: &Value| (text(&person["id"]), text(&person["emails"][0]));
    people.iter().map(address).collect()
}

/// The attempts by their identifier, and where each person stands.
async fn attempts(candour: &Candour, campaign: &str) -> (BTreeMap<String, Attempt>, BTreeMap<String, String>) {
    let mut attempts = BTreeMap::new();
    let mut states = BTreeMap::new();
    for row in pages(candour, &format!("/v1/campaigns/{campaign}/attempts")).await {
        let attempt = Attempt {
            person: text(&row["person"]),
            number: row["number"].as_i64().expect("a number"),
            repeats: row["repeats"].as_bool().expect("yes or no"),
            outcome: row["outcome"].as_str().unwrap_or("none").to_owned(),
            intended_at: text(&row["intended_at"]).parse::<jiff::Timestamp>().expect("a time").into(),
        };
        states.insert(attempt.person.clone(), text(&row["person_state"]));
        attempts.insert(text(&row["id"]).replace('-', ""), attempt);
    }
    (attempts, states)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Everything of a list, read as an approver, who sees addresses.
async fn pages(candour: &Candour, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let page = candour.call(&candour.approver, "GET", &format!("{path}?limit=500{after}"), None).await;
        items.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return items,
        }
    }
}
