//! What each way of counting gives, at the places where naive ones go wrong.

use jiff::tz::TimeZone;

use super::calendar::Named;
use super::counting::{Counting, Period, Term, written};
use crate::domain::facts::Moment;
use crate::domain::obligation::DeadlineKind;

fn zone(name: &str) -> TimeZone {
    jiff::tz::TimeZoneDatabase::bundled().get(name).expect("the zone is in the database")
}

fn due(counting: Counting, amount: u32, start: &str, zone: &str) -> (String, String) {
    let term =
        Term { kind: DeadlineKind::Statutory, amount: Some(amount), unit: counting.unit(), counting, ..Term::none() };
    let due = term.due(&Moment::parse(start).expect("a moment"), &self::zone(zone)).expect("a number");
    (written(&due.at), written(&due.safe))
}

fn at(counting: Counting, amount: u32, start: &str, zone: &str) -> String {
    due(counting, amount, start, zone).0
}

#[test]
fn hours_elapsed_do_not_feel_a_change_of_clocks() {
    // Clocks in Los Angeles went from 02:00 to 03:00 on 8 March 2026 and back from 02:00 to 01:00 on 1 November.
    let zone = "America/Los_Angeles";
    let spring = at(Counting::HoursElapsed, 24, "2026-03-07T20:00:00-08:00", zone);
    assert_eq!(spring, "2026-03-08T21:00:00-07:00");
    let autumn = at(Counting::HoursElapsed, 24, "2026-10-31T20:00:00-07:00", zone);
    assert_eq!(autumn, "2026-11-01T19:00:00-08:00");
}

#[test]
fn eu_1182_hours_do_not_count_the_hour_of_the_event() {
    let zone = "Europe/Brussels";
    let begun = due(Counting::Eu1182Hours, 72, "2026-11-20T10:30:00+01:00", zone);
    assert_eq!(begun, (String::from("2026-11-23T11:00:00+01:00"), String::from("2026-11-23T10:30:00+01:00")));
    // On the full hour that hour is the one of the event.
    assert_eq!(at(Counting::Eu1182Hours, 72, "2026-11-20T10:00:00+01:00", zone), "2026-11-23T11:00:00+01:00");
    assert_eq!(at(Counting::Eu1182Hours, 72, "2026-11-20T10:59:59+01:00", zone), "2026-11-23T11:00:00+01:00");
    // Given in another offset, the instant is the same.
    assert_eq!(at(Counting::Eu1182Hours, 72, "2026-11-20T15:00:00+05:30", zone), "2026-11-23T11:00:00+01:00");
}

#[test]
fn eu_1182_hours_are_full_by_the_authoritys_clock() {
    // Half an hour off UTC: 10:20 there is 04:50 UTC, and the next full hour there is 11:00.
    let end = at(Counting::Eu1182Hours, 72, "2026-11-20T04:50:00Z", "Asia/Kolkata");
    assert_eq!(end, "2026-11-23T11:00:00+05:30");
}

#[test]
fn eu_1182_hours_over_a_change_of_clocks_are_hours_that_pass() {
    // Clocks in Brussels went from 03:00 back to 02:00 on 25 October 2026: 72 hours end an hour earlier by the clock.
    let end = at(Counting::Eu1182Hours, 72, "2026-10-23T10:30:00+02:00", "Europe/Brussels");
    assert_eq!(end, "2026-10-26T10:00:00+01:00");
}

#[test]
fn cal_days_excl_first_end_with_their_last_second_in_the_authoritys_zone() {
    let zone = "America/Los_Angeles";
    let days = Counting::CalDaysExclFirst;
    // 22:10 in Hong Kong is still 06:10 of the same day in Los Angeles; 09:00 of the 21st is 17:00 of the 20th.
    assert_eq!(at(days, 30, "2026-11-20T22:10:00+08:00", zone), "2026-12-20T23:59:59-08:00");
    assert_eq!(at(days, 30, "2026-11-21T09:00:00+08:00", zone), "2026-12-20T23:59:59-08:00");
    // Across the year's end, a leap day, and both changes of clocks.
    assert_eq!(at(days, 30, "2026-12-15T12:00:00-08:00", zone), "2027-01-14T23:59:59-08:00");
    assert_eq!(at(days, 15, "2028-02-20T12:00:00-08:00", zone), "2028-03-06T23:59:59-08:00");
    assert_eq!(at(days, 15, "2027-02-20T12:00:00-08:00", zone), "2027-03-07T23:59:59-08:00");
    assert_eq!(at(days, 30, "2026-03-01T12:00:00-08:00", zone), "2026-03-31T23:59:59-07:00");
    assert_eq!(at(days, 15, "2026-10-20T12:00:00-07:00", zone), "2026-11-04T23:59:59-08:00");
}

#[test]
fn a_day_that_begins_late_is_no_shorter_for_the_day_before() {
    // Clocks in Santiago go from 24:00 of 5 September 2026 to 01:00 of the 6th: the 5th still ends at 23:59:59.
    let end = at(Counting::CalDaysExclFirst, 4, "2026-09-01T12:00:00-04:00", "America/Santiago");
    assert_eq!(end, "2026-09-05T23:59:59-04:00");
}

#[test]
fn fractions_of_a_second_are_dropped() {
    assert_eq!(at(Counting::HoursElapsed, 4, "2026-11-20T10:00:00.750Z", "Asia/Shanghai"), "2026-11-20T22:00:00+08:00");
}

fn with(term: &Term, start: &str, zone_name: &str) -> String {
    written(&term.due(&Moment::parse(start).expect("a moment"), &zone(zone_name)).expect("a number").at)
}

fn business(counting: Counting, amount: u32, calendar: &str) -> Term {
    let calendar = Some(Named::try_from(calendar.to_owned()).expect("a calendar"));
    Term { amount: Some(amount), unit: counting.unit(), counting, calendar, ..Term::none() }
}

#[test]
fn business_days_pass_over_weekends_and_holidays() {
    // Wednesday 25 November 2026; Thursday is Thanksgiving.
    let four = || business(Counting::BusinessDays, 4, "us-federal");
    assert_eq!(with(&four(), "2026-11-25T10:00:00-05:00", "America/New_York"), "2026-12-02T23:59:59-05:00");
    // Friday 13 November 2026 in Brazil; the 15th is a Sunday, the 20th a holiday.
    let brazil = |n| business(Counting::BusinessDays, n, "br-national");
    let friday = "2026-11-13T10:00:00-03:00";
    assert_eq!(with(&brazil(3), friday, "America/Sao_Paulo"), "2026-11-18T23:59:59-03:00");
    assert_eq!(with(&brazil(5), friday, "America/Sao_Paulo"), "2026-11-23T23:59:59-03:00");
    // Over the year's end, and from a Saturday.
    assert_eq!(with(&four(), "2026-12-30T10:00:00-05:00", "America/New_York"), "2027-01-06T23:59:59-05:00");
    assert_eq!(with(&four(), "2026-11-21T10:00:00-05:00", "America/New_York"), "2026-11-27T23:59:59-05:00");
}

#[test]
fn sec_8k_begins_with_the_next_open_day_after_an_event_on_a_closed_one() {
    let four = || business(Counting::BusinessDays, 4, "us-federal");
    // On a Saturday the count begins with and includes Monday: Monday, Tuesday, Wednesday, Friday (Thanksgiving between).
    assert_eq!(with(&four(), "2026-11-21T10:00:00-05:00", "America/New_York"), "2026-11-27T23:59:59-05:00");
    // On an open day the day after is the first.
    assert_eq!(with(&four(), "2026-11-20T10:00:00-05:00", "America/New_York"), "2026-11-27T23:59:59-05:00");
    assert_eq!(with(&four(), "2026-11-16T10:00:00-05:00", "America/New_York"), "2026-11-20T23:59:59-05:00");
    assert_eq!(with(&four(), "2026-11-14T10:00:00-05:00", "America/New_York"), "2026-11-19T23:59:59-05:00");
}

#[test]
fn cal_days_incl_first_count_the_day_of_the_event() {
    let term = Term { amount: Some(30), counting: Counting::CalDaysInclFirst, ..Term::none() };
    // Day 1 is 30 November, day 30 is 29 December; nothing rolls without a calendar.
    assert_eq!(with(&term, "2026-11-30T09:00:00+09:00", "Asia/Tokyo"), "2026-12-29T23:59:59+09:00");
}

#[test]
fn roll_forward_moves_a_closed_last_day_to_the_next_open_one() {
    let roll_forward = Named::try_from(String::from("jp-administrative")).ok();
    let term = Term { amount: Some(30), counting: Counting::CalDaysInclFirst, roll_forward, ..Term::none() };
    // Day 1 is 1 October, day 30 is 30 October 2026, a Friday.
    assert_eq!(with(&term, "2026-10-01T09:00:00+09:00", "Asia/Tokyo"), "2026-10-30T23:59:59+09:00");
    // Day 30 is Saturday 31 October; Monday is open, Tuesday would be Culture Day.
    assert_eq!(with(&term, "2026-10-02T09:00:00+09:00", "Asia/Tokyo"), "2026-11-02T23:59:59+09:00");
    // Day 30 is 29 December, closed until and with 3 January, a Sunday.
    assert_eq!(with(&term, "2026-11-30T09:00:00+09:00", "Asia/Tokyo"), "2027-01-04T23:59:59+09:00");
}

#[test]
fn none_gives_no_time_at_all() {
    let start = Moment::parse("2026-11-20T10:00:00Z").expect("a moment");
    assert!(Term::none().due(&start, &zone("Asia/Hong_Kong")).is_none());
}

#[test]
fn months_are_those_of_the_calendar() {
    let three = || Term { amount: Some(3), counting: Counting::Months, ..Term::none() };
    let zone = "America/Sao_Paulo";
    assert_eq!(with(&three(), "2026-11-20T09:00:00-03:00", zone), "2027-02-20T23:59:59-03:00");
    assert_eq!(with(&three(), "2026-11-30T09:00:00-03:00", zone), "2027-02-28T23:59:59-03:00");
    assert_eq!(with(&three(), "2027-11-30T09:00:00-03:00", zone), "2028-02-29T23:59:59-03:00");
}

#[test]
fn sixty_days_after_the_year_end_on_the_last_of_february_in_leap_years() {
    let sixty = || Term {
        amount: Some(60),
        counting: Counting::CalDaysExclFirst,
        from_end_of: Some(Period::CalendarYear),
        ..Term::none()
    };
    let zone = "America/New_York";
    assert_eq!(with(&sixty(), "2026-05-02T09:00:00-04:00", zone), "2027-03-01T23:59:59-05:00");
    assert_eq!(with(&sixty(), "2027-12-31T23:30:00-05:00", zone), "2028-02-29T23:59:59-05:00");
    assert_eq!(with(&sixty(), "2028-01-01T00:30:00-05:00", zone), "2029-03-01T23:59:59-05:00");
}

#[test]
fn due_with_an_event_is_due_at_that_moment() {
    let term = Term { counting: Counting::WithEvent, ..Term::none() };
    assert_eq!(with(&term, "2026-11-20T10:00:00.5Z", "America/New_York"), "2026-11-20T05:00:00-05:00");
}

#[test]
fn outside_the_years_that_can_be_written_there_is_no_deadline() {
    let term = Term { amount: Some(72), counting: Counting::HoursElapsed, ..Term::none() };
    let at =
        |start| term.due(&Moment::parse(start).expect("a moment"), &zone("Asia/Tokyo")).map(|due| written(&due.at));
    assert_eq!(at("-009999-01-03T00:00:00Z"), None);
    assert_eq!(at("1969-12-31T12:00:00Z"), None);
    assert_eq!(at("1970-01-01T00:00:00Z").as_deref(), Some("1970-01-04T09:00:00+09:00"));
    assert_eq!(at("9999-12-30T20:00:00Z"), None, "past the calendar's end");
}
