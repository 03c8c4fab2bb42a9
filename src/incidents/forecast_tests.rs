//! What is in time, what is late by one person, and what would fix it.

use super::forecast::*;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::destination::Destinations;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::{Deadline, DeadlineKind, Details, Duty, Force, Obligation, ObligationState};
use crate::law::Rules;

fn obligation(id: &str, duty: Duty, at: Option<&str>) -> Obligation {
    let jurisdiction = id.split('/').next().unwrap();
    Obligation {
        id: id.to_owned(),
        jurisdiction: JurisdictionId::parse(jurisdiction).unwrap(),
        duty,
        to: String::new(),
        force: Force::Mandatory,
        because: String::new(),
        deadline: Deadline {
            at: at.map(str::to_owned),
            kind: DeadlineKind::Statutory,
            text: String::new(),
            starts: None,
            began: None,
        },
        not_before: Vec::new(),
        contents: Vec::new(),
        citation: Vec::new(),
        rules_version: String::new(),
        state: ObligationState::Open,
        details: Details::default(),
    }
}

fn crowd(jurisdiction: &str, channel: Option<Channel>, people: i64) -> Crowd {
    Crowd { jurisdiction: JurisdictionId::parse(jurisdiction).ok(), channel, people }
}

fn carrier(channel: Channel, rate: Option<f64>) -> Carrier {
    Carrier {
        name: channel.as_str().to_owned(),
        channel,
        rate,
        concurrency: 10,
        price: None,
        destinations: Destinations::default(),
    }
}

/// An hour after the epoch.
const SOON: &str = "1970-01-01T01:00:00Z";

fn made(crowds: &[Crowd], carriers: &[Carrier], duties: &[Obligation], seen: Option<Seen>) -> Forecast {
    let rules = &Rules::embedded().unwrap();
    forecast(&Outlook { now: Millis(0), crowds, carriers, rules, obligations: duties, seen })
}

#[test]
fn one_person_more_than_the_time_has_room_for_is_too_many() {
    let duties = [obligation("hk/notify", Duty::NotifyIndividuals, Some(SOON))];
    let with = |people| {
        made(&[crowd("hk", Some(Channel::Email), people)], &[carrier(Channel::Email, Some(10.0))], &duties, None)
    };
    let fits = &with(36_000).duties[0];
    assert_eq!((fits.verdict, fits.met_at, fits.start_by), (Verdict::InTime, Some(Millis(3_600_000)), Some(Millis(0))));
    assert!(fits.fixes.is_empty());
    let late = &with(36_001).duties[0];
    assert_eq!(late.verdict, Verdict::Late);
    assert_eq!(
        late.fixes,
        [
            Fix::MoreRate { channel: Channel::Email, needed_per_second: 10.01, now_per_second: 10.0 },
            Fix::AnotherProvider { channel: Channel::Email, per_second: 0.01 },
            Fix::SubstituteNotice { people: 0, obligations: Vec::new() },
        ]
    );
}

#[test]
fn the_slowest_channel_of_a_residence_decides_and_others_people_are_in_the_queue() {
    let duties = [
        obligation("hk/notify", Duty::NotifyIndividuals, Some(SOON)),
        obligation("uk/notify", Duty::NotifyIndividuals, Some(SOON)),
    ];
    let crowds = [
        crowd("hk", Some(Channel::Email), 1_000),
        crowd("hk", Some(Channel::Sms), 10),
        crowd("uk", Some(Channel::Sms), 7_190),
    ];
    let carriers = [carrier(Channel::Email, Some(100.0)), carrier(Channel::Sms, Some(1.0))];
    let found = made(&crowds, &carriers, &duties, None);
    assert_eq!(found.duties.iter().map(|duty| duty.verdict).collect::<Vec<_>>(), [Verdict::Late, Verdict::Late]);
    assert_eq!(found.duties[0].met_at, Some(Millis(7_200_000)), "ten text messages may come last");
    assert!(matches!(found.duties[0].fixes[0], Fix::MoreRate { channel: Channel::Sms, .. }));
}

#[test]
fn without_a_configured_rate_one_is_assumed_and_said_to_be() {
    let duties = [obligation("hk/notify", Duty::NotifyIndividuals, None)];
    let found = made(&[crowd("hk", Some(Channel::Email), 100)], &[carrier(Channel::Email, None)], &duties, None);
    assert!(found.channels[0].assumed);
    assert_eq!((found.channels[0].seconds, found.duties[0].verdict), (Some(10), Verdict::NoDeadline));
}

#[test]
fn whom_no_channel_reaches_needs_the_announcement_that_the_law_speaks_of() {
    let duties = [
        obligation("us-ca/notify", Duty::NotifyIndividuals, Some(SOON)),
        obligation("us-ca/substitute-notice", Duty::Announce, None),
    ];
    let found = made(&[crowd("us-ca", None, 7)], &[], &duties, None);
    assert_eq!((found.duties[0].verdict, found.duties[0].unreachable, found.unreachable), (Verdict::Nobody, 7, 7));
    let substitute = Fix::SubstituteNotice { people: 7, obligations: vec![String::from("us-ca/substitute-notice")] };
    assert_eq!(found.duties[0].fixes, [substitute]);
}

#[test]
fn nothing_moves_without_a_rate_and_a_passed_deadline_has_no_rate_that_fixes_it() {
    let duties = [obligation("hk/notify", Duty::NotifyIndividuals, Some(SOON))];
    let crowds = [crowd("hk", Some(Channel::Email), 100)];
    let stopped = made(&crowds, &[carrier(Channel::Email, Some(0.0))], &duties, None);
    assert_eq!((stopped.duties[0].verdict, stopped.duties[0].met_at), (Verdict::Never, None));
    let past = [obligation("hk/notify", Duty::NotifyIndividuals, Some("1969-12-31T00:00:00Z"))];
    let found = made(&crowds, &[carrier(Channel::Email, Some(10.0))], &past, None);
    assert_eq!(found.duties[0].verdict, Verdict::Late);
    assert!(found.duties[0].fixes.iter().all(|fix| matches!(fix, Fix::SubstituteNotice { .. })));
}

#[test]
fn what_is_seen_of_a_campaign_counts_more_than_what_is_configured() {
    let duties = [obligation("hk/notify", Duty::NotifyIndividuals, Some(SOON))];
    let crowds = [crowd("hk", Some(Channel::Email), 7_200)];
    let seen = Seen { per_second: 1.0, seconds_left: 7_200, range: Some((6_000, 9_000)) };
    let found = made(&crowds, &[carrier(Channel::Email, Some(1000.0))], &duties, Some(seen));
    assert_eq!((found.basis, found.duties[0].verdict), (Basis::Observed, Verdict::Late));
    assert_eq!(found.duties[0].met_between, Some((Millis(6_000_000), Millis(9_000_000))));
    assert_eq!(
        found.duties[0].fixes[0],
        Fix::MoreRate { channel: Channel::Email, needed_per_second: 2.0, now_per_second: 1.0 }
    );
}

#[test]
fn those_whom_only_a_slow_provider_carries_are_late_and_nobody_else() {
    let notify = |id| obligation(id, Duty::NotifyIndividuals, Some(SOON));
    let of = |name: &str, rate, destinations| Carrier {
        name: name.to_owned(),
        destinations,
        ..carrier(Channel::Sms, Some(rate))
    };
    let elsewhere = Destinations { only: Vec::new(), not: vec![String::from("+852")] };
    let carriers = [of("slow", 1.0, Destinations::only("+852")), of("fast", 100.0, elsewhere)];
    let crowds = [crowd("hk", Some(Channel::Sms), 7200), crowd("sg", Some(Channel::Sms), 7200)];
    let forecast = made(&crowds, &carriers, &[notify("hk/notify"), notify("sg/notify")], None);
    assert_eq!((forecast.channels[0].per_second, forecast.channels[0].seconds), (101.0, Some(7200)));
    assert_eq!(forecast.duties.iter().map(|duty| duty.verdict).collect::<Vec<_>>(), [Verdict::Late, Verdict::InTime]);
    let needed = Fix::MoreRate { channel: Channel::Sms, needed_per_second: 2.0, now_per_second: 1.0 };
    assert_eq!(forecast.duties[0].fixes[0], needed);
}
