//! What was over before anybody was told is not told; and no provider is asked to carry the news of its own failure.

use super::{alarms, fails, works};
use crate::deadlines::{Hand, relay};
use crate::support::recording_sink::RecordingSink;
use crate::support::stores::on_both;
use crate::support::webhook_receiver::WebhookReceiver;

on_both!(a_failure_that_was_over_at_once_disturbs_nobody, |world| {
    let hook = WebhookReceiver::start().await;
    let clock = Hand::at("2026-11-20T12:00:00Z");
    let one = alarms(&world, &clock, Vec::new(), Some(&hook.url));
    // Over before anybody looked, and over while the receiver was away.
    fails(&world, &clock, "401").await;
    assert!(works(&world, &clock).await);
    one.pass().await.unwrap();
    fails(&world, &clock, "401").await;
    hook.answer(&[503]);
    one.pass().await.unwrap();
    assert_eq!(hook.calls().len(), 1);
    clock.set("2026-11-20T12:00:30Z");
    assert!(works(&world, &clock).await);
    for at in ["2026-11-20T12:02:00Z", "2026-11-20T13:00:00Z"] {
        clock.set(at);
        one.pass().await.unwrap();
    }
    assert_eq!(hook.calls().len(), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM alarm_calls WHERE state = 'dropped'").await, 1);
});

on_both!(another_provider_carries_the_news_of_a_failure, |world| {
    let (failing, well) = (RecordingSink::start().await, RecordingSink::start().await);
    let clock = Hand::at("2026-11-20T12:00:00Z");
    let both = vec![relay(&failing, "failing"), relay(&well, "well")];
    fails(&world, &clock, "535").await;
    assert_eq!(alarms(&world, &clock, both, None).pass().await, Ok(1));
    assert_eq!((failing.count(), well.count()), (0, 1));
});

on_both!(the_only_provider_there_is_is_asked_all_the_same, |world| {
    let failing = RecordingSink::start().await;
    let clock = Hand::at("2026-11-20T12:00:00Z");
    fails(&world, &clock, "535").await;
    assert_eq!(alarms(&world, &clock, vec![relay(&failing, "failing")], None).pass().await, Ok(1));
    assert_eq!(failing.count(), 1);
});
