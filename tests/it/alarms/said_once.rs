//! However many processes find it and look, each recipient is told once that an account fails, and once that it works again.

use std::sync::Arc;

use candour::domain::alarm::Cause;
use candour::store::AlarmStore;

use super::{actions, alarms, entry, fails, works};
use crate::deadlines::{Hand, SECRET, instant, relay};
use crate::support::recording_sink::RecordingSink;
use crate::support::stores::on_both;
use crate::support::webhook_receiver::{Call, WebhookReceiver};

on_both!(by_mail_and_by_call_from_beginning_to_end, |world| {
    let (sink, hook) = (RecordingSink::start().await, WebhookReceiver::start().await);
    let clock = Hand::at("2026-11-20T12:00:00Z");
    let all_look = async || {
        let look = || {
            let one = alarms(&world, &clock, vec![relay(&sink, "well")], Some(&hook.url));
            tokio::spawn(async move { one.pass().await.unwrap() })
        };
        for pass in [look(), look(), look(), look()] {
            pass.await.unwrap();
        }
    };
    all_look().await;
    assert_eq!((sink.count(), hook.calls().len()), (0, 0));

    assert!(fails(&world, &clock, "535 5.7.8").await);
    assert!(!fails(&world, &clock, "535 5.7.8").await, "another worker finds the same");
    for at in ["2026-11-20T12:00:01Z", "2026-11-20T12:00:31Z", "2026-11-20T12:30:00Z"] {
        clock.set(at);
        all_look().await;
        assert_eq!((sink.count(), hook.calls().len()), (1, 1), "at {at}");
    }
    // Whoever found that it works before that says nothing against it.
    let (early, ended) = (instant("2026-11-20T11:59:59Z"), entry(instant("2026-11-20T12:31:00Z"), "alarm.ended"));
    assert_eq!(world.store.end_alarm(Cause::AccountFailure, "failing", early, ended).await, Ok(false));
    clock.set("2026-11-20T12:40:00Z");
    assert!(works(&world, &clock).await && !works(&world, &clock).await);
    for at in ["2026-11-20T12:40:01Z", "2026-11-20T13:40:01Z", "2026-11-22T13:40:01Z"] {
        clock.set(at);
        all_look().await;
        assert_eq!((sink.count(), hook.calls().len()), (2, 2), "at {at}");
    }

    let calls = hook.calls();
    let bodies: Vec<_> = calls.iter().map(Call::json).collect();
    assert_eq!((&bodies[0]["type"], &bodies[1]["type"]), (&"alarm.raised".into(), &"alarm.ended".into()));
    let data = &bodies[0]["data"];
    assert_eq!((&data["cause"], &data["subject"]), (&"account_failure".into(), &"failing".into()));
    assert_eq!((&data["code"], &data["other_providers"]), (&"535 5.7.8".into(), &serde_json::json!(["well"])));
    assert_eq!(data["url"], "https://candour.example.org/console");
    assert_eq!(bodies[1]["data"]["ended_at"], "2026-11-20T12:40:00.000Z");
    assert_eq!(calls[0].fault(SECRET, instant("2026-11-20T12:00:30Z").0 / 1000), "");
    assert!(calls[0].id != calls[1].id && sink.taken()[0].message_id != sink.taken()[1].message_id);
    let told = actions(&world).await;
    assert_eq!(told.iter().filter(|action| *action == "alarm_call.sent").count(), 4, "{told:?}");
});

on_both!(what_nobody_took_is_tried_again_under_the_same_name, |world| {
    let hook = WebhookReceiver::start().await;
    let clock = Hand::at("2026-11-20T12:00:00Z");
    let one = Arc::new(alarms(&world, &clock, Vec::new(), Some(&hook.url)));
    fails(&world, &clock, "401").await;
    hook.answer(&[503, 500]);
    let tried = [
        ("2026-11-20T12:00:00Z", 1),
        ("2026-11-20T12:00:30Z", 1),
        ("2026-11-20T12:02:00Z", 2),
        ("2026-11-20T12:05:00Z", 3),
    ];
    for (at, tries) in tried {
        clock.set(at);
        one.pass().await.unwrap();
        assert_eq!(hook.calls().len(), tries, "at {at}");
    }
    let calls = hook.calls();
    assert!(calls[0].id == calls[1].id && calls[1].id == calls[2].id);
});
