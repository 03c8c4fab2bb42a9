//! The order of channels tried for a person.

use serde::{Deserialize, Serialize};

use super::attempt::UnreachableReason;
use super::channel::Channel;
use super::jurisdiction::JurisdictionId;
use super::locale::Locale;
use super::reach::{Mark, Reach};

/// One step of a cascade: a channel and which of the person's contact points there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// The channel.
    pub channel: Channel,
    /// Place of the contact point in the person's order, from 0.
    pub point: u8,
}

/// The steps of one person's cascade, decided when the population is sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cascade(Vec<Step>);

impl Cascade {
    /// Every contact point the person has in the channels of the plan: channel by channel, point by point.
    #[must_use]
    pub fn plan(order: &[Channel], reach: Reach) -> Self {
        let steps =
            order.iter().flat_map(|&channel| (0..reach.count(channel)).map(move |point| Step { channel, point }));
        Self(steps.collect())
    }

    /// The steps at places of their own, one after the other.
    #[must_use]
    pub fn then(mut self, further: Self) -> Self {
        self.0.extend(further.0);
        self
    }

    /// The steps of this one that another does not have, in their order.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        Self(self.steps().filter(|step| !other.0.contains(step)).collect())
    }

    /// The step at a place, from 0.
    #[must_use]
    pub fn step(&self, place: u16) -> Option<Step> {
        self.0.get(usize::from(place)).copied()
    }

    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        self.0.iter().copied()
    }

    /// Whether nobody can be reached by it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Two characters a step, as the database keeps it: a letter for the channel and a digit for the point, `e0e1s0`.
    #[must_use]
    pub fn to_code(&self) -> String {
        let mut code = String::with_capacity(self.0.len() * 2);
        for step in &self.0 {
            code.push(match step.channel {
                Channel::Email => 'e',
                Channel::Sms => 's',
                Channel::Push => 'p',
                Channel::Letter => 'l',
                Channel::Voice => 'v',
            });
            code.push(char::from(b'0' + step.point.min(9)));
        }
        code
    }

    /// Reads [`Cascade::to_code`] back; `None` if it is not one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let bytes = code.as_bytes();
        if !bytes.len().is_multiple_of(2) {
            return None;
        }
        let steps = bytes.chunks_exact(2).map(|pair| {
            let channel = match pair[0] {
                b'e' => Channel::Email,
                b's' => Channel::Sms,
                b'p' => Channel::Push,
                b'l' => Channel::Letter,
                b'v' => Channel::Voice,
                _ => return None,
            };
            let point = pair[1].checked_sub(b'0').filter(|p| *p <= 9)?;
            Some(Step { channel, point })
        });
        steps.collect::<Option<Vec<_>>>().map(Self)
    }
}

/// How somebody of a population is told, decided when it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// By the steps of a cascade.
    By(Cascade),
    /// By none, for this reason.
    Unreachable(UnreachableReason),
    /// Not by a message of their own, because the law has somebody else told in their place, or does not ask for it.
    Spared,
}

/// Decides the route of those who live somewhere and can be reached like that. The same answer for the same question.
pub trait Routing: Send + Sync {
    /// The route.
    fn route(&self, residence: Option<&JurisdictionId>, reach: Reach) -> Route;

    /// Whether what those read who live somewhere and read a language has a remedy code in it.
    fn has_remedy_code(&self, _residence: Option<&JurisdictionId>, _locale: Option<&Locale>) -> bool {
        false
    }
}

/// Every contact point in these channels, whatever laws say; nobody is told as a guardian.
impl Routing for Vec<Channel> {
    fn route(&self, _: Option<&JurisdictionId>, reach: Reach) -> Route {
        let cascade = Cascade::plan(self, reach);
        match (reach.is(Mark::Guardian), cascade.is_empty()) {
            (true, _) => Route::Spared,
            (false, true) => Route::Unreachable(UnreachableReason::NoContact),
            (false, false) => Route::By(cascade),
        }
    }
}
