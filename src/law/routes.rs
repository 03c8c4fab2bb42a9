//! By which ways a person may be told, who is told for a minor, and what the notice must and must not say.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::evaluate::Found;
use crate::domain::channel::Channel;
use crate::domain::obligation::{Duty, Force};
use crate::domain::person::Reach;
use crate::domain::vocabulary::{DataCategory, Trait};

/// What a jurisdiction says on ways. Without any it does not choose: every way that reaches the person will do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routes {
    /// The ways that it names; others do not meet the duty.
    #[serde(default)]
    pub way: Vec<Way>,
    /// The provision that forbids a mailbox whose own password leaked, where there is one.
    pub mailbox_that_leaked: Option<String>,
    /// Who is told for a minor.
    pub minors: Option<Minors>,
    /// Where that comes from, in short.
    pub source: Option<String>,
}

/// A way that a law names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// The channel.
    pub channel: Channel,
    /// What it needs; one of these is enough, and nothing means always.
    #[serde(default)]
    pub needs_any: Vec<Need>,
    /// Whether it only ever comes beside another way.
    #[serde(default)]
    pub in_addition: bool,
    /// What to mind.
    pub note: Option<String>,
}

/// What a way needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Need {
    /// The person has agreed to the channel.
    Consent,
    /// The organisation has this trait.
    Trait(Trait),
}

impl TryFrom<String> for Need {
    type Error = String;
    fn try_from(word: String) -> Result<Self, String> {
        if word == "consent" {
            return Ok(Self::Consent);
        }
        Trait::try_from(word).map(Self::Trait).map_err(|error| format!("{error} Or consent."))
    }
}

/// Who is told for a minor.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minors {
    /// Under this age.
    pub under: i16,
    /// Who.
    pub tell: Tell,
}

/// Whom a notice about a minor goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    /// The guardian in the minor's place.
    Guardian,
    /// The minor and the guardian.
    Both,
}

/// What is asked of a person. Holds nothing that identifies anybody.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// How many contact points there are of each channel.
    pub reach: Reach,
    /// Channels the person has agreed to.
    pub consent: &'a [Channel],
    /// Categories exposed of this person; empty means: as the incident says.
    pub data: &'a [DataCategory],
    /// Date of birth, where it is known.
    pub born: Option<Date>,
    /// Whether a guardian is known.
    pub guardian: bool,
    /// Today in the person's jurisdiction.
    pub today: Date,
}

/// What the law says on telling one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonRoutes {
    /// Each channel, in the order they are usually tried.
    pub ways: Vec<Permission>,
    /// To whom the notice goes.
    pub recipients: Vec<Recipient>,
    /// What it must say: names of elements.
    pub contents: Vec<String>,
    /// What it must not say: names of elements.
    pub must_not_contain: Vec<String>,
    /// Whether no permitted way has a contact point, so that substitute notice is what is left.
    pub unreachable: bool,
}

/// Whether a channel may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// The channel.
    pub channel: Channel,
    /// Whether it meets the duty.
    pub may: May,
    /// Why.
    pub because: String,
}

/// Whether it meets the duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum May {
    /// It does.
    Meets,
    /// It may come beside one that does.
    InAddition,
    /// It must not be used.
    Not,
}

/// To whom a notice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The person.
    Person,
    /// The person's guardian.
    Guardian,
}

/// What the law says on telling one person of an incident.
pub(super) fn of_person(
    routes: &Routes,
    traits: &[Trait],
    incident_data: &[DataCategory],
    found: &[Found<'_>],
    asked: &Asked<'_>,
) -> PersonRoutes {
    let data = if asked.data.is_empty() { incident_data } else { asked.data };
    let mailbox_leaked = data.contains(&DataCategory::EmailCredentials);
    let ways: Vec<Permission> =
        Channel::ALL.into_iter().map(|channel| permission(routes, traits, mailbox_leaked, asked, channel)).collect();
    let unreachable = !ways.iter().any(|way| way.may == May::Meets && asked.reach.count(way.channel) > 0);
    let notices = found.iter().map(|f| &f.obligation);
    let (mut contents, mut must_not_contain) = (Vec::new(), Vec::new());
    for notice in notices.filter(|o| o.duty == Duty::NotifyIndividuals && o.force != Force::Review) {
        add(&mut contents, &notice.contents);
        add(&mut must_not_contain, &notice.details.must_not_contain);
    }
    PersonRoutes { ways, recipients: recipients(routes, asked), contents, must_not_contain, unreachable }
}

fn add(into: &mut Vec<String>, from: &[String]) {
    for name in from {
        if !into.contains(name) {
            into.push(name.clone());
        }
    }
}

fn permission(
    routes: &Routes,
    traits: &[Trait],
    mailbox_leaked: bool,
    asked: &Asked<'_>,
    channel: Channel,
) -> Permission {
    let say = |may, because: String| Permission { channel, may, because };
    if channel == Channel::Email && mailbox_leaked {
        let why = routes.mailbox_that_leaked.clone().unwrap_or_else(|| {
            String::from("the password of a mailbox leaked; whoever has it would read the notice, too")
        });
        return say(May::Not, why);
    }
    if routes.way.is_empty() {
        return say(May::Meets, String::from("the law does not choose the way"));
    }
    let Some(way) = routes.way.iter().find(|way| way.channel == channel) else {
        return say(May::InAddition, String::from("the law does not name it, so it may come beside one that it names"));
    };
    let met = way.needs_any.iter().find(|need| match need {
        Need::Consent => asked.consent.contains(&channel),
        Need::Trait(wanted) => traits.contains(wanted),
    });
    let note = way.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    match (way.in_addition, way.needs_any.is_empty(), met) {
        (true, _, _) => say(May::InAddition, format!("the law allows it beside another way{note}")),
        (false, true, _) => say(May::Meets, format!("the law names it{note}")),
        (false, false, Some(Need::Consent)) => say(May::Meets, format!("the person has agreed to it{note}")),
        (false, false, Some(Need::Trait(has))) => say(May::Meets, format!("the organisation is or has: {has}{note}")),
        (false, false, None) => {
            let needs: Vec<&str> = way.needs_any.iter().map(|need| need.as_str()).collect();
            say(May::InAddition, format!("the law asks for {}, of which nothing is known{note}", needs.join(" or ")))
        }
    }
}

impl Need {
    fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Trait(wanted) => wanted.as_str(),
        }
    }
}

fn recipients(routes: &Routes, asked: &Asked<'_>) -> Vec<Recipient> {
    let age = asked.born.map(|born| {
        let had_birthday = (asked.today.month(), asked.today.day()) >= (born.month(), born.day());
        asked.today.year() - born.year() - i16::from(!had_birthday)
    });
    let minor = routes.minors.as_ref().filter(|minors| age.is_some_and(|age| age < minors.under));
    match minor.map(|minors| minors.tell) {
        Some(Tell::Both) => vec![Recipient::Person, Recipient::Guardian],
        Some(Tell::Guardian) if asked.guardian => vec![Recipient::Guardian],
        // Also a minor without a known guardian: nobody is left untold.
        None | Some(Tell::Guardian) => vec![Recipient::Person],
    }
}
