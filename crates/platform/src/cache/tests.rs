//! What the caches promise.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::{CacheHub, CacheTag, Coherent};

fn tag(id: u128) -> CacheTag {
    CacheTag::new("session", Uuid::from_u128(id))
}

fn cache(hub: &CacheHub) -> Coherent<u128, u32> {
    Coherent::new(hub, "session", 100, Duration::from_secs(60))
}

async fn load(cache: &Coherent<u128, u32>, key: u128, value: u32) -> u32 {
    cache.get_or_load(key, tag(key), async { Ok::<_, Infallible>(value) }).await.unwrap()
}

#[tokio::test]
async fn an_entry_is_served_until_its_tag_is_bumped() {
    let hub = CacheHub::alone();
    let cache = cache(&hub);
    assert_eq!(load(&cache, 1, 10).await, 10);
    assert_eq!(load(&cache, 1, 11).await, 10);
    hub.bump(tag(2));
    assert_eq!(cache.get(&1), Some(10));
    hub.bump(tag(1));
    assert_eq!(cache.get(&1), None);
    assert_eq!(load(&cache, 1, 12).await, 12);
}

#[tokio::test]
async fn a_load_that_an_invalidation_overtook_is_never_served() {
    let hub = CacheHub::alone();
    let cache = cache(&hub);
    let (began, has_begun) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let loading = tokio::spawn({
        let cache = cache.clone();
        async move {
            cache
                .get_or_load(1, tag(1), async {
                    began.send(()).unwrap();
                    may_go_on.await.unwrap();
                    Ok::<_, Infallible>(10)
                })
                .await
        }
    });
    has_begun.await.unwrap();
    hub.bump(tag(1));
    go_on.send(()).unwrap();
    loading.await.unwrap().unwrap();
    assert_eq!(cache.get(&1), None);
}

#[tokio::test]
async fn nothing_is_served_while_the_listener_is_down() {
    let hub = CacheHub::shared();
    let cache = cache(&hub);
    assert_eq!(load(&cache, 1, 10).await, 10);
    assert_eq!(cache.get(&1), None);
    hub.listener_up();
    assert_eq!(load(&cache, 1, 11).await, 11);
    assert_eq!(cache.get(&1), Some(11));
    hub.listener_down();
    assert_eq!(cache.get(&1), None);
    hub.listener_up();
    assert_eq!(cache.get(&1), None);
}

#[test]
fn a_notification_bumps_what_it_names() {
    let hub = CacheHub::alone();
    let before = hub.stamp(CacheHub::shard(tag(7)));
    hub.heed(&format!("{} {}", tag(6).notation(), tag(7).notation()));
    assert_ne!(hub.stamp(CacheHub::shard(tag(7))), before);
}
