//! Deadlines in business days, on every day of decades, as the independent `holidays` package for Python counts them.

use std::collections::BTreeMap;

use candour::domain::clock::Millis;
use candour::domain::facts::IncidentFacts;
use candour::law::Rules;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::support::process::run;
use crate::support::python::python;

/// For each day of the years the last day in which to act: `KIND FIRST_YEAR LAST_YEAR`.
const JUDGE: &str = "
import sys
from datetime import date, timedelta
import holidays
kind, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
years = range(first, last + 2)
if kind == 'br':
    country, limit = holidays.BR(years=years), lambda day: country.get_nth_working_day(day, 3)
elif kind == 'us':
    country = holidays.US(years=years, categories=('public', 'government'))
    limit = lambda day: country.get_nth_working_day(day, 4)
else:
    country = holidays.JP(years=years)
    closed = lambda day: (day.month, day.day) in [(12, 29), (12, 30), (12, 31), (1, 2), (1, 3)]
    def limit(day):
        day += timedelta(days=29)
        while closed(day) or not country.is_working_day(day):
            day += timedelta(days=1)
        return day
day = date(first, 1, 1)
while day.year <= last:
    print(day, limit(day))
    day += timedelta(days=1)
";

/// Where our answer for an incident at noon of some day is not the judge's, with both.
fn disputed(kind: &str, years: (i16, i16), zone: &str, duty: &str, facts: impl Fn(&str) -> Value) -> Vec<String> {
    let rules = Rules::embedded().unwrap();
    let zone = TimeZone::get(zone).unwrap();
    let told = run(python().args(["-c", JUDGE, kind, &years.0.to_string(), &years.1.to_string()]));
    let theirs: BTreeMap<Date, Date> = told
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(day, limit)| (day.parse().unwrap(), limit.parse().unwrap()))
        .collect();
    assert!(theirs.len() > 5000 && theirs.contains_key(&date(years.1, 12, 31)), "the judge left days out");
    let mut disputed = Vec::new();
    for (day, limit) in theirs {
        let noon = day.at(12, 0, 0, 0).to_zoned(zone.clone()).unwrap();
        let facts: IncidentFacts = serde_json::from_value(facts(&noon.timestamp().to_string())).unwrap();
        let now = Millis(noon.timestamp().as_millisecond());
        let all = rules.obligations(&facts, &BTreeMap::new(), now);
        let found = all.iter().find(|o| o.id == duty).unwrap_or_else(|| panic!("{duty} is not asked for on {day}"));
        let ours = found.deadline.at.as_deref().map(|at| at[..10].parse::<Date>().unwrap());
        if ours != Some(limit) {
            disputed.push(format!("{day}: {ours:?}, they say {limit}"));
        }
    }
    disputed
}

fn nothing() -> Vec<String> {
    Vec::new()
}

#[test]
fn brazil_counts_three_of_its_business_days() {
    let facts = |at: &str| {
        json!({ "title": "t", "timeline": { "aware": at, "determined_breach": at },
            "scope": { "data": ["health"], "affected": [{ "jurisdiction": "br", "individuals": 9 }] },
            "impact": { "findings": ["rights_significantly_affected"] } })
    };
    assert_eq!(disputed("br", (2024, 2050), "America/Sao_Paulo", "br/notify-authority", facts), nothing());
}

#[test]
fn the_form_8_k_counts_four_federal_business_days() {
    let facts = |at: &str| {
        json!({ "title": "t", "organisation": { "traits": ["listed_company"] },
            "timeline": { "aware": at, "determined_material": at } })
    };
    assert_eq!(disputed("us", (2024, 2050), "America/New_York", "us-sec-8k/disclose", facts), nothing());
}

#[test]
fn japan_rolls_the_thirtieth_day_to_one_on_which_its_organs_are_open() {
    let facts = |at: &str| {
        json!({ "title": "t", "timeline": { "aware": at },
            "scope": { "cause": "internal_accidental", "data": ["health"],
                "affected": [{ "jurisdiction": "jp", "individuals": 9 }] } })
    };
    assert_eq!(disputed("jp", (2022, 2050), "Asia/Tokyo", "jp/final-report", facts), nothing());
}
