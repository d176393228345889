//! What the caches promise.

use std::convert::Infallible;
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, Statement};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{CacheHub, CacheTag, Coherent};
use crate::db::testing::postgres;
use crate::jobs::JobRegistry;

fn tag(id: u128) -> CacheTag {
    CacheTag::new("session", Uuid::from_u128(id))
}

fn cache(hub: &CacheHub) -> Coherent<u128, u32> {
    Coherent::new(hub, "session", 100, Duration::from_mins(1))
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

#[tokio::test]
async fn another_node_hears_of_a_commit_and_recovers_from_a_cut() {
    let Some(database) = postgres(JobRegistry::new()).await else { return };
    let hub = CacheHub::shared();
    let stop = CancellationToken::new();
    let listening =
        tokio::spawn(super::listen(hub.clone(), database.db.listener_pool().unwrap().clone(), stop.clone()));
    eventually(|| hub.is_listening()).await;
    let witness = hub.witness([tag(1)]).unwrap();
    let mut tx = database.work().begin().await.unwrap();
    tx.invalidate(tag(1));
    tx.commit_quietly().await.unwrap();
    eventually(|| !hub.confirms(&witness)).await;

    let witness = hub.witness([tag(2)]).unwrap();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name = 'lyceum listener'";
    let statement = Statement::from_string(database.db.backend(), cut);
    database.db.write().query_all_raw(statement).await.unwrap();
    eventually(|| !hub.confirms(&witness)).await;
    eventually(|| hub.is_listening()).await;
    assert!(!hub.confirms(&witness), "what was cached before the cut must not come back");
    stop.cancel();
    listening.await.unwrap();
    assert!(!hub.is_listening());
}

async fn eventually(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(2), waiting).await.unwrap();
}
