//! Dates in the words of a language.

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;

use super::words::{DateWords, Words};
use crate::domain::facts::{IncidentFacts, Moment};

impl Words {
    /// The date of a moment at the place where it was recorded: the offset it was given with decides the day.
    #[must_use]
    pub fn date(&self, moment: &Moment) -> String {
        let date = Pieces::parse(moment.as_str())
            .map_or_else(|_| jiff::tz::TimeZone::UTC.to_datetime(moment.timestamp()).date(), |pieces| pieces.date());
        self.dates.write(date)
    }

    /// When the incident occurred, as far as it is known: a day, a range, an end, or a beginning of what still goes on.
    #[must_use]
    pub fn occurred(&self, facts: &IncidentFacts) -> Option<String> {
        let date = |moment: &Option<Moment>| moment.as_ref().map(|moment| self.date(moment));
        let (dates, timeline) = (&self.dates, &facts.timeline);
        Some(match (date(&timeline.occurred_from), date(&timeline.occurred_until)) {
            (None, until) => dates.until.replace("{{until}}", &until?),
            (Some(from), Some(until)) if until != from => {
                dates.range.replace("{{from}}", &from).replace("{{until}}", &until)
            }
            (Some(from), None) if facts.scope.ongoing => dates.since.replace("{{from}}", &from),
            (Some(from), _) => from,
        })
    }

    /// When the incident was discovered, as far as it is known.
    #[must_use]
    pub fn discovered(&self, facts: &IncidentFacts) -> Option<String> {
        facts.timeline.discovered.as_ref().or(facts.timeline.aware.as_ref()).map(|moment| self.date(moment))
    }
}

impl DateWords {
    fn write(&self, date: Date) -> String {
        let day = match &self.first_day {
            Some(first) if date.day() == 1 => first.clone(),
            _ => date.day().to_string(),
        };
        let month = usize::try_from(date.month() - 1).ok().and_then(|m| self.months.get(m));
        self.pattern
            .replace("{{day}}", &day)
            .replace("{{month}}", month.map_or("", String::as_str))
            .replace("{{year}}", &date.year().to_string())
    }
}
