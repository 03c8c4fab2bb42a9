//! Runs the vectors of `ways/`: by which way a person may be told and who is told for a minor, and when and how a public notice
//! stands in, each derived from the text of the law.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::routes::{Asked, May, Need, PersonRoutes, Recipient, Tell};
use super::rule::Applies;
use super::substitute::{self, Answer, Decision, Mode};
use super::vectors::{directory, merge, written_out};
use super::{RuleSet, Rules};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::reach::Reach;
use crate::domain::vocabulary::DataCategory;

/// A file of vectors: facts that all of them share, persons, and what a public notice may do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    facts: serde_json::Value,
    #[serde(default)]
    person: Vec<Person>,
    #[serde(default)]
    public: Vec<Public>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    derived: String,
    #[serde(default)]
    change: serde_json::Value,
    #[serde(default)]
    given: Given,
    expect: Ways,
}

/// What is known of the person.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    has: Vec<Channel>,
    consent: Vec<Channel>,
    data: Vec<DataCategory>,
    born: Option<Date>,
    guardian: bool,
    today: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ways {
    meets: Vec<Channel>,
    beside: Vec<Channel>,
    #[serde(default)]
    not: Vec<Channel>,
    recipients: Option<Vec<String>>,
    unreachable: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Public {
    name: String,
    derived: String,
    #[serde(default)]
    change: serde_json::Value,
    expect: Stands,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stands {
    unreachable: String,
    class: String,
    mode: Mode,
    elements: Vec<String>,
    lasts: Option<Vec<String>>,
    shown_to: Option<String>,
    posted: Option<Posted>,
}

/// Until when what is posted on a day must stay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Posted {
    on: Date,
    until: Date,
}

fn files() -> BTreeMap<JurisdictionId, File> {
    let read = |(name, text): (String, String)| {
        let file = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (JurisdictionId::parse(name.trim_end_matches(".toml")).unwrap(), file)
    };
    directory("ways").into_iter().map(read).collect()
}

fn changed(facts: &serde_json::Value, change: &serde_json::Value, name: &str) -> IncidentFacts {
    let mut facts = facts.clone();
    if !change.is_null() {
        merge(&mut facts, change);
    }
    serde_json::from_value(facts).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn of_person(rules: &Rules, set: &RuleSet, facts: &serde_json::Value, person: &Person) -> PersonRoutes {
    let facts = changed(facts, &person.change, &person.name);
    let lives_there = matches!(set.applies, Applies::Residents);
    let code: String =
        Channel::ALL.iter().map(|channel| if person.given.has.contains(channel) { '1' } else { '0' }).collect();
    let now: Millis = "2027-08-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap().into();
    rules.telling(lives_there.then_some(&set.id), &facts, now).person(&Asked {
        reach: Reach::from_code(&code).unwrap(),
        consent: &person.given.consent,
        data: &person.given.data,
        born: person.given.born,
        guardian: person.given.guardian,
        today: person.given.today.unwrap_or(jiff::civil::date(2026, 11, 22)),
    })
}

fn words<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

fn wrong_with_person(found: &PersonRoutes, expect: &Ways) -> Vec<String> {
    let mut wrong = Vec::new();
    let having =
        |may| -> BTreeSet<Channel> { found.ways.iter().filter(|way| way.may == may).map(|way| way.channel).collect() };
    for (what, may, wanted) in [
        ("meets", May::Meets, &expect.meets),
        ("beside", May::InAddition, &expect.beside),
        ("not", May::Not, &expect.not),
    ] {
        let (found, wanted) = (having(may), wanted.iter().copied().collect::<BTreeSet<_>>());
        if found != wanted {
            wrong.push(format!("{what}: found {found:?}, expected {wanted:?}"));
        }
    }
    let recipients: Vec<String> = found.recipients.iter().map(words).collect();
    if expect.recipients.as_ref().is_some_and(|wanted| *wanted != recipients) {
        wrong.push(format!("recipients: found {recipients:?}"));
    }
    if expect.unreachable.is_some_and(|wanted| wanted != found.unreachable) {
        wrong.push(format!("unreachable: found {}", found.unreachable));
    }
    wrong
}

fn wrong_with_public(found: &Decision, expect: &Stands) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compare = |what: &str, found: String, expected: String| {
        if found != expected {
            wrong.push(format!("{what}: found {found}, expected {expected}"));
        }
    };
    compare("unreachable", words(found.unreachable.answer), expect.unreachable.clone());
    compare("class", words(found.class.answer), expect.class.clone());
    compare("mode", words(found.mode), words(expect.mode));
    compare("elements", found.elements.join(", "), expect.elements.join(", "));
    compare("shown_to", format!("{:?}", found.shown_to), format!("{:?}", expect.shown_to));
    let lasts: Vec<String> = found.lasts.iter().map(written_out).collect();
    if let Some(wanted) = &expect.lasts {
        compare("lasts", lasts.join(", "), wanted.join(", "));
    }
    if let Some(Posted { on, until }) = expect.posted {
        let stays = found.lasts.first().and_then(|lasting| substitute::stays_until(on, lasting));
        compare("posted", format!("{stays:?}"), format!("{:?}", Some(until)));
    }
    wrong
}

#[test]
fn ways_and_public_notices_are_as_the_texts_say() {
    let rules = Rules::embedded().unwrap();
    let mut wrong = Vec::new();
    for (id, file) in files() {
        let set = rules.jurisdiction(&id).unwrap_or_else(|| panic!("{id} has no rules"));
        for person in &file.person {
            assert!(!person.derived.trim().is_empty(), "{id}: {} does not say how it follows", person.name);
            let found = of_person(&rules, set, &file.facts, person);
            wrong.extend(
                wrong_with_person(&found, &person.expect).iter().map(|w| format!("{id}: {}: {w}", person.name)),
            );
        }
        for public in &file.public {
            assert!(!public.derived.trim().is_empty(), "{id}: {} does not say how it follows", public.name);
            let facts = changed(&file.facts, &public.change, &public.name);
            let found = substitute::decide(set, &facts).unwrap_or_else(|| panic!("{id} knows no substitute notice"));
            wrong.extend(
                wrong_with_public(&found, &public.expect).iter().map(|w| format!("{id}: {}: {w}", public.name)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a rule set says on ways that no vector shows to decide anything.
fn unreached_ways(rules: &Rules, set: &RuleSet, file: &File) -> Vec<String> {
    let found: Vec<(&Person, PersonRoutes)> =
        file.person.iter().map(|person| (person, of_person(rules, set, &file.facts, person))).collect();
    let may = |routes: &PersonRoutes, channel| routes.ways.iter().find(|way| way.channel == channel).unwrap().may;
    let shown = |channel, wanted| found.iter().any(|(_, routes)| may(routes, channel) == wanted);
    let mut unreached = Vec::new();
    let mut need = |what: String, there: bool| {
        if !there {
            unreached.push(format!("{}: {what}", set.id));
        }
    };
    for way in &set.routes.way {
        let channel = way.channel;
        need(format!("{channel} is used"), shown(channel, if way.in_addition { May::InAddition } else { May::Meets }));
        // What a way needs decides only if it is refused to somebody without it.
        need(format!("{channel} is refused"), way.needs_any.is_empty() || shown(channel, May::InAddition));
        for wanted in &way.needs_any {
            let alone = |person: &Person| match wanted {
                Need::Consent => person.given.consent.contains(&channel),
                Need::Trait(wanted) => {
                    person.given.consent.is_empty()
                        && person.change.to_string().contains(&format!("\"{}\"", wanted.as_str()))
                }
            };
            let meets = found.iter().any(|(person, routes)| alone(person) && may(routes, channel) == May::Meets);
            need(format!("{channel} with {wanted:?}"), meets);
        }
    }
    if set.routes.mailbox_that_leaked.is_some() {
        need(String::from("the mailbox that leaked"), shown(Channel::Email, May::Not));
    }
    if let Some(minors) = &set.routes.minors {
        let to_guardian = |(_, routes): &&(&Person, PersonRoutes)| routes.recipients.contains(&Recipient::Guardian);
        need(String::from("a guardian"), found.iter().any(|one| to_guardian(&one)));
        let at_the_age = found.iter().filter(|(person, _)| {
            let (born, today) = (person.given.born, person.given.today);
            born.zip(today).is_some_and(|(b, t)| {
                t.year() - b.year() == minors.under && (t.month(), t.day()) == (b.month(), b.day())
            })
        });
        need(format!("{} today", minors.under), at_the_age.clone().any(|one| !to_guardian(&one)));
        let only = minors.tell == Tell::Both || found.iter().filter(to_guardian).all(|(_, r)| r.recipients.len() == 1);
        need(String::from("the guardian in the place of the minor"), only);
    }
    unreached
}

/// What a rule set says on public notice that no vector shows to decide anything.
fn unreached_publics(set: &RuleSet, file: &File) -> Vec<String> {
    let Some(substitute) = &set.substitute else { return Vec::new() };
    let found: Vec<(IncidentFacts, Decision)> = file
        .public
        .iter()
        .map(|public| changed(&file.facts, &public.change, &public.name))
        .map(|facts| (facts.clone(), substitute::decide(set, &facts).unwrap()))
        .collect();
    let mut unreached = Vec::new();
    let mut need = |what: String, there: bool| {
        if !there {
            unreached.push(format!("{}: {what}", set.id));
        }
    };
    let lone = found.iter().find(|(facts, _)| facts.scope.affected.iter().any(|a| a.uncontactable > Some(0)));
    let wanted = if substitute.unreachable { Answer::Yes } else { Answer::No };
    need(String::from("one without contact"), lone.is_some_and(|(_, decision)| decision.unreachable.answer == wanted));
    for class in &substitute.class {
        let people = |facts: &IncidentFacts| facts.scope.affected[0].individuals.unwrap_or(0);
        let cost = |facts: &IncidentFacts| facts.remediation.notice_cost_usd.unwrap_or(0);
        let mut edge = |what: &str, number: Option<u64>, of: &dyn Fn(&IncidentFacts) -> u64| {
            let Some(number) = number else { return };
            for (at, answer) in [(number, Answer::No), (number + 1, Answer::Yes)] {
                let there = found.iter().any(|(facts, d)| of(facts) == at && d.class.answer == answer);
                need(format!("{what} of {at}"), there);
            }
        };
        edge("people", class.persons_over, &people);
        edge("a cost", class.cost_usd_over, &cost);
        for finding in &class.findings_any {
            let there = found.iter().any(|(f, d)| f.impact.findings.contains(finding) && d.class.answer == Answer::Yes);
            need(format!("{finding:?}"), there);
        }
    }
    for form in &substitute.form {
        let there =
            found.iter().any(|(_, d)| d.elements == form.elements && d.mode == form.mode && d.lasts == form.lasts);
        need(format!("the form {:?}", form.elements), there);
    }
    unreached
}

#[test]
fn every_way_recipient_and_public_notice_is_reached() {
    let rules = Rules::embedded().unwrap();
    let files = files();
    let mut unreached = Vec::new();
    for id in rules.known() {
        let set = rules.jurisdiction(id).unwrap();
        let says_nothing = set.routes.way.is_empty()
            && set.routes.minors.is_none()
            && set.routes.mailbox_that_leaked.is_none()
            && set.substitute.is_none();
        match files.get(id) {
            Some(file) => {
                unreached.extend(unreached_ways(&rules, set, file));
                unreached.extend(unreached_publics(set, file));
            }
            None if says_nothing => {}
            None => unreached.push(format!("{id} has no vectors")),
        }
    }
    assert!(unreached.is_empty(), "{}", unreached.join("\n"));
}
