use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::Clock;

use super::*;
use crate::config::Config;

#[derive(Debug)]
struct Moved(Mutex<DateTime<Utc>>);

impl Moved {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap())))
    }

    fn forward(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

impl Clock for Moved {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

fn limiter(clock: &Arc<Moved>, redis: Option<Redis>) -> Limiter {
    let mut limits = Config::for_tests("/nowhere".as_ref()).limits;
    limits.enabled = true;
    Limiter::new(&limits, Arc::clone(clock) as SharedClock, redis)
}

const FAILURES: Policy = Policy::per_minute("login-failures", 5).exact();

#[tokio::test]
async fn the_sixth_failure_is_too_many_until_the_window_ends() {
    let clock = Moved::new();
    let limiter = limiter(&clock, None);
    for count in 1..=5 {
        assert!(limiter.peek(&FAILURES, "a").await.allowed);
        let decision = limiter.check(&FAILURES, "a").await;
        assert_eq!((decision.allowed, decision.remaining), (true, 5 - count));
        clock.forward(1);
    }
    let refused = limiter.peek(&FAILURES, "a").await;
    assert_eq!(refused, Decision { allowed: false, limit: 5, remaining: 0, reset_after: Duration::from_secs(55) });
    assert!(limiter.peek(&FAILURES, "b").await.allowed);
    clock.forward(55);
    assert_eq!(limiter.peek(&FAILURES, "a").await.remaining, 5);
}

#[tokio::test]
async fn a_quota_is_kept_to_the_last_event() {
    let (clock, policy) = (Moved::new(), Policy::per_minute("requests", 100));
    let limiter = limiter(&clock, None);
    for left in (0..100).rev() {
        assert_eq!(limiter.check(&policy, "a").await.remaining, left);
    }
    for _ in 0..10 {
        assert!(!limiter.check(&policy, "a").await.allowed);
    }
    limiter.forgive(&policy, "a").await;
    assert!(limiter.check(&policy, "a").await.allowed);
}

#[tokio::test]
async fn a_flood_of_keys_displaces_only_the_least_used() {
    let clock = Moved::new();
    let limiter = limiter(&clock, None);
    for _ in 0..5 {
        limiter.check(&FAILURES, "victim").await;
    }
    let policy = Policy::per_minute("anonymous", 100);
    for address in 0..300_000 {
        assert!(limiter.check(&policy, &address.to_string()).await.allowed);
    }
    assert!(!limiter.peek(&FAILURES, "victim").await.allowed);
}

#[tokio::test]
async fn switched_off_allows_everything() {
    let mut limits = Config::for_tests("/nowhere".as_ref()).limits;
    limits.enabled = false;
    let limiter = Limiter::new(&limits, Moved::new(), None);
    for _ in 0..50 {
        assert!(limiter.check(&FAILURES, "a").await.allowed);
    }
}

#[tokio::test]
async fn without_redis_each_node_decides_alone() {
    let mut config = Config::for_tests("/nowhere".as_ref()).redis;
    config.url = Some("redis://127.0.0.1:1/".to_owned().into());
    let redis = Redis::connect(&config).unwrap();
    let clock = Moved::new();
    let limiter = limiter(&clock, redis);
    for _ in 0..5 {
        assert!(limiter.peek(&FAILURES, "a").await.allowed);
        limiter.check(&FAILURES, "a").await;
    }
    assert!(!limiter.peek(&FAILURES, "a").await.allowed);
    let policy = Policy::per_minute("requests", 20);
    let mut allowed = 0;
    for _ in 0..40 {
        allowed += u32::from(limiter.check(&policy, "a").await.allowed);
    }
    assert_eq!(allowed, 20);
}

#[tokio::test]
async fn nodes_share_a_quota_through_redis() {
    let Some(redis) = crate::redis::for_tests() else { return };
    let clock = Moved::new();
    let nodes = [limiter(&clock, Some(redis.clone())), limiter(&clock, Some(redis))];
    let key = "somebody".to_owned();
    let policy = Policy::per_minute("requests", 100);
    let mut allowed = 0;
    for turn in 0..400 {
        allowed += u32::from(nodes[turn % 2].check(&policy, &key).await.allowed);
    }
    assert_eq!(allowed, 100);
    for turn in 0..5 {
        assert!(nodes[turn % 2].peek(&FAILURES, &key).await.allowed);
        nodes[turn % 2].check(&FAILURES, &key).await;
    }
    assert!(!nodes[0].peek(&FAILURES, &key).await.allowed);
    assert!(!nodes[1].peek(&FAILURES, &key).await.allowed);
    nodes[0].refund(&FAILURES, &key).await;
    assert_eq!(nodes[1].peek(&FAILURES, &key).await.remaining, 1);
    assert!(nodes[1].check(&FAILURES, &key).await.allowed);
    nodes[0].forgive(&FAILURES, &key).await;
    assert!(nodes[1].peek(&FAILURES, &key).await.allowed);
}

#[tokio::test]
async fn parallel_events_on_two_nodes_are_counted_in_one_step_and_windows_go_by_the_given_clock() {
    let Some(redis) = crate::redis::for_tests() else { return };
    let clock = Moved::new();
    let nodes = [limiter(&clock, Some(redis.clone())), limiter(&clock, Some(redis))];
    for _ in 0..2 {
        let tries = (0..40).map(|turn| nodes[turn % 2].check(&FAILURES, "crowd"));
        let allowed = futures_util::future::join_all(tries).await.iter().filter(|decision| decision.allowed).count();
        assert_eq!(allowed, 5);
        clock.forward(60);
    }
}

#[tokio::test]
async fn what_did_not_happen_after_all_is_given_back() {
    let limiter = limiter(&Moved::new(), None);
    for _ in 0..20 {
        assert!(limiter.check(&FAILURES, "a").await.allowed);
        limiter.refund(&FAILURES, "a").await;
    }
    assert_eq!(limiter.peek(&FAILURES, "a").await.remaining, 5);
}

#[test]
fn futures_may_move_between_threads() {
    fn sendable<T: Send>(_: &T) {}
    let limiter = limiter(&Moved::new(), None);
    sendable(&limiter.check(&FAILURES, "a"));
    sendable(&limiter.peek(&FAILURES, "a"));
    sendable(&limiter.check(&FAILURES, "a"));
}
