//! A failure that goes on is one alarm; one that is found long after the last is another, and responders are told anew.

use candour::domain::alarm::Alarm;
use candour::store::AlarmCallStore;

use super::{actions, alarms, fails};
use crate::deadlines::{Hand, instant};
use crate::support::stores::on_both;
use crate::support::webhook_receiver::WebhookReceiver;

on_both!(what_goes_on_is_one_and_what_comes_back_is_another, |world| {
    let hook = WebhookReceiver::start().await;
    let clock = Hand::at("2026-11-20T12:00:00Z");
    let one = alarms(&world, &clock, Vec::new(), Some(&hook.url));
    assert!(fails(&world, &clock, "401").await);
    one.pass().await.unwrap();
    // Each within an hour of the one before.
    for at in ["2026-11-20T12:50:00Z", "2026-11-20T13:50:00Z"] {
        clock.set(at);
        assert!(!fails(&world, &clock, "402").await);
        one.pass().await.unwrap();
    }
    assert_eq!(hook.calls().len(), 1);
    let open: Vec<Alarm> = world.store.open_alarms().await.unwrap();
    assert_eq!((open.len(), open[0].code.as_deref()), (1, Some("402")));
    assert_eq!(open[0].raised_at, instant("2026-11-20T12:00:00Z"));
    assert_eq!(open[0].seen_at, instant("2026-11-20T13:50:00Z"));

    // Its campaign was cancelled; later there is another.
    clock.set("2026-11-20T15:00:00Z");
    assert!(fails(&world, &clock, "401").await);
    one.pass().await.unwrap();
    let calls = hook.calls();
    assert_eq!(calls.len(), 2, "nobody is told that the first was mended");
    assert_eq!(calls[1].json()["type"], "alarm.raised");
    let all = world.store.alarms(None, 10).await.unwrap().items;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].ended_at, Some(all[0].seen_at), "over since it was last seen");
    assert_eq!(actions(&world).await.iter().filter(|action| *action == "alarm.raised").count(), 2);

    let first = world.store.alarms(None, 1).await.unwrap();
    assert!(first.more && first.items == all[..1]);
    assert_eq!(world.store.alarms(Some(all[0].id), 10).await.unwrap().items, all[1..]);
});
