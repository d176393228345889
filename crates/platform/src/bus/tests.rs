use std::time::Duration;

use super::*;

fn message(text: &'static str) -> Delivery {
    Delivery::Message(Bytes::from_static(text.as_bytes()))
}

#[tokio::test]
async fn only_subscribers_of_the_topic_get_a_message() {
    let bus = Bus::in_process();
    let (mut first, mut second) = (bus.subscribe("school:1"), bus.subscribe("school:1"));
    let mut other = bus.subscribe("school:2");
    bus.publish("school:1", Bytes::from_static(b"one"));
    bus.publish("school:2", Bytes::from_static(b"two"));
    assert_eq!((first.recv().await, second.recv().await), (message("one"), message("one")));
    assert_eq!(other.recv().await, message("two"));
}

#[tokio::test]
async fn a_slow_subscriber_learns_of_the_gap_and_holds_nobody_up() {
    let bus = Bus::in_process();
    let mut slow = bus.subscribe("a");
    for _ in 0..10_000 {
        bus.publish("a", Bytes::from_static(b"x"));
    }
    assert_eq!(slow.recv().await, Delivery::Gap);
    assert_eq!(slow.recv().await, message("x"));
}

#[tokio::test]
async fn topics_without_subscribers_are_forgotten() {
    let bus = Bus::in_process();
    let all: Vec<_> = (0..1_000).map(|n| bus.subscribe(&format!("user:{n}"))).collect();
    let again = bus.subscribe("user:1");
    assert_eq!(bus.topics(), 1_000);
    drop(all);
    assert_eq!(bus.topics(), 1);
    drop(again);
    assert_eq!(bus.topics(), 0);
    bus.publish("user:1", Bytes::new());
    assert_eq!(bus.topics(), 0);
}

#[tokio::test]
async fn whoever_attends_is_called_at_once_and_misses_nothing() {
    let bus = Bus::in_process();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    bus.attend("a", move |delivery| lock_all(&ears).push(delivery));
    for _ in 0..1_000 {
        bus.publish("a", Bytes::from_static(b"x"));
        bus.publish("b", Bytes::from_static(b"y"));
    }
    assert_eq!(lock_all(&heard).len(), 1_000);
    bus.0.gap();
    assert_eq!(lock_all(&heard).last(), Some(&Delivery::Gap));
}

fn lock_all(heard: &Mutex<Vec<Delivery>>) -> MutexGuard<'_, Vec<Delivery>> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[tokio::test]
async fn nodes_hear_each_other_once() {
    let Some(redis) = crate::redis::for_tests() else { return };
    let (near, far) = (Bus::start(Some(redis.clone())), Bus::start(Some(redis)));
    let (mut here, mut there) = (near.subscribe("a"), far.subscribe("a"));
    let mut heard = tokio::time::timeout(Duration::from_millis(50), there.recv()).await;
    for _ in 0..100 {
        if heard.is_ok() {
            break;
        }
        near.publish("a", Bytes::from_static(b"hello?"));
        heard = tokio::time::timeout(Duration::from_millis(50), there.recv()).await;
    }
    assert_eq!(heard.unwrap(), message("hello?"));
    near.publish("a", Bytes::from_static(b"last"));
    while there.recv().await != message("last") {}
    while here.recv().await != message("last") {}
    let more = tokio::time::timeout(Duration::from_millis(200), here.recv()).await;
    assert!(more.is_err(), "its own message came back: {more:?}");
}
