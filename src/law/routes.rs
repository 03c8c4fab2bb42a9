//! By which ways a person may be told, who is told for a minor, and what the notice must and must not say.
//!
//! [`Rules::telling`] gathers once per incident and jurisdiction what all laws together ask for people who live there;
//! [`Telling::person`] applies that to one person after the other.
//!
//! [`Rules::telling`]: super::Rules::telling

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::channel::Channel;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::{Duty, Force, Obligation};
use crate::domain::reach::Reach;
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PersonRoutes {
    /// Each channel, in the order they are usually tried.
    pub ways: Vec<Permission>,
    /// To whom the notice goes.
    pub recipients: Vec<Recipient>,
    /// What it must say: names of elements.
    pub contents: Vec<String>,
    /// What it must not say: names of elements.
    pub must_not_contain: Vec<String>,
    /// What one law demands and another forbids: two notices are needed, or a lawyer.
    pub conflicts: Vec<String>,
    /// Whether no permitted way has a contact point, so that substitute notice is what is left.
    pub unreachable: bool,
}

/// Whether a channel may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Permission {
    /// The channel.
    pub channel: Channel,
    /// Whether it meets the duty.
    pub may: May,
    /// Why.
    pub because: String,
}

/// Whether it meets the duty, from the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The person.
    Person,
    /// The person's guardian.
    Guardian,
}

/// What the laws together say on telling people of an incident who live in one jurisdiction.
#[derive(Clone, Debug)]
pub struct Telling {
    laws: Vec<Law>,
    traits: Vec<Trait>,
    data: Vec<DataCategory>,
}

/// What one law says.
#[derive(Clone, Debug)]
struct Law {
    id: JurisdictionId,
    routes: Routes,
    contents: Vec<String>,
    must_not_contain: Vec<String>,
}

impl Telling {
    pub(super) fn new(traits: &[Trait], data: &[DataCategory]) -> Self {
        Self { laws: Vec::new(), traits: traits.to_vec(), data: data.to_vec() }
    }

    /// Takes in a law with its obligations, if it has people told.
    pub(super) fn add(&mut self, id: &JurisdictionId, routes: &Routes, obligations: &[Obligation]) {
        let (mut contents, mut must_not_contain) = (Vec::new(), Vec::new());
        let mut tells = false;
        for notice in obligations.iter().filter(|o| o.duty == Duty::NotifyIndividuals && o.force != Force::Review) {
            tells = true;
            add(&mut contents, &notice.contents);
            add(&mut must_not_contain, &notice.details.must_not_contain);
        }
        if tells {
            self.laws.push(Law { id: id.clone(), routes: routes.clone(), contents, must_not_contain });
        }
    }

    /// What that means for one person. Where laws differ the strictest holds; without any, every way will do.
    #[must_use]
    pub fn person(&self, asked: &Asked<'_>) -> PersonRoutes {
        let data = if asked.data.is_empty() { &self.data } else { asked.data };
        let mailbox_leaked = data.contains(&DataCategory::EmailCredentials);
        let free = Routes::default();
        let ways: Vec<Permission> = Channel::ALL
            .into_iter()
            .map(|channel| {
                let of_law = |routes| permission(routes, &self.traits, mailbox_leaked, asked, channel);
                let named = self.laws.iter().map(|law| {
                    let found = of_law(&law.routes);
                    Permission { because: format!("{}: {}", law.id, found.because), ..found }
                });
                // The first of the strictest, so that the reason is the one of the law that is named first.
                named.reduce(|a, b| if b.may > a.may { b } else { a }).unwrap_or_else(|| of_law(&free))
            })
            .collect();
        let (mut recipients, mut contents, mut must_not_contain) = (Vec::new(), Vec::new(), Vec::new());
        for law in &self.laws {
            add(&mut recipients, &recipients_by(&law.routes, asked));
            add(&mut contents, &law.contents);
            add(&mut must_not_contain, &law.must_not_contain);
        }
        if recipients.is_empty() {
            recipients.push(Recipient::Person);
        }
        let conflicts = contents.iter().filter(|name| must_not_contain.contains(name)).cloned().collect();
        let unreachable = !ways.iter().any(|way| way.may == May::Meets && asked.reach.count(way.channel) > 0);
        PersonRoutes { ways, recipients, contents, must_not_contain, conflicts, unreachable }
    }
}

fn add<T: Clone + PartialEq>(into: &mut Vec<T>, from: &[T]) {
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

fn recipients_by(routes: &Routes, asked: &Asked<'_>) -> Vec<Recipient> {
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
