//! The store as the services see it: every call bounded, and none made for a while once it has failed several times.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Key, Listed, ObjectStore, PartPlace, Pieces, Presentation, Promise, SignedRequest, StoreError};

/// Failures in a row that end the calls.
const FAILURES: u32 = 3;
/// For how long.
const PAUSE: Duration = Duration::from_secs(2);
/// Bytes a second that a store must manage for a long call.
const SLOWEST: u64 = 4 * 1024 * 1024;

/// A guarded store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    state: Arc<State>,
    timeout: Duration,
}

#[derive(Debug, Default)]
struct State {
    failures: AtomicU32,
    closed_until: Mutex<Option<Instant>>,
}

impl Store {
    /// Guards a store; `timeout` bounds each call.
    pub fn new(inner: Arc<dyn ObjectStore>, timeout: Duration) -> Self {
        Self { inner, state: Arc::default(), timeout }
    }

    async fn call<T>(
        &self,
        bound: Duration,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let closed = *self.state.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        if closed.is_some_and(|until| Instant::now() < until) {
            return Err(StoreError::Away("it failed several times just now".to_owned()));
        }
        let outcome = tokio::time::timeout(bound, work).await;
        let outcome = outcome.unwrap_or_else(|_| Err(StoreError::Away("it does not answer".to_owned())));
        match &outcome {
            Err(StoreError::Away(_)) => {
                metrics::counter!("files_store_failures_total").increment(1);
                if self.state.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES {
                    let until = Instant::now() + PAUSE;
                    *self.state.closed_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
                }
            }
            _ => self.state.failures.store(0, Ordering::Relaxed),
        }
        outcome
    }

    /// See [`ObjectStore::put`]. Large files may take longer.
    pub async fn put(&self, key: Key, file: &Path, promise: &Promise) -> Result<(), StoreError> {
        let bound = self.timeout + Duration::from_secs(promise.size / SLOWEST);
        self.call(bound, self.inner.put(key, file, promise)).await
    }

    /// See [`ObjectStore::open`]. The bound is that of the beginning; a stream bounds its pauses itself.
    pub async fn open(&self, key: Key, range: Range<u64>) -> Result<Pieces, StoreError> {
        self.call(self.timeout, self.inner.open(key, range)).await
    }

    /// See [`ObjectStore::size`].
    pub async fn size(&self, key: Key) -> Result<u64, StoreError> {
        self.call(self.timeout, self.inner.size(key)).await
    }

    /// See [`ObjectStore::delete`].
    pub async fn delete(&self, key: Key) -> Result<(), StoreError> {
        self.call(self.timeout, self.inner.delete(key)).await
    }

    /// See [`ObjectStore::sign_get`]: also while the store is away.
    pub async fn sign_get(&self, key: Key, shown: &Presentation, life: Duration) -> Result<SignedRequest, StoreError> {
        self.inner.sign_get(key, shown, life).await
    }

    /// See [`ObjectStore::sign_put`]: also while the store is away.
    pub async fn sign_put(&self, key: Key, promise: &Promise, life: Duration) -> Result<SignedRequest, StoreError> {
        self.inner.sign_put(key, promise, life).await
    }

    /// See [`ObjectStore::begin_parts`].
    pub async fn begin_parts(&self, key: Key, content_type: &str) -> Result<String, StoreError> {
        self.call(self.timeout, self.inner.begin_parts(key, content_type)).await
    }

    /// See [`ObjectStore::sign_part`]: also while the store is away.
    pub async fn sign_part(
        &self,
        key: Key,
        upload: &str,
        place: PartPlace,
        promise: &Promise,
        life: Duration,
    ) -> Result<SignedRequest, StoreError> {
        self.inner.sign_part(key, upload, place, promise, life).await
    }

    /// See [`ObjectStore::complete_parts`]. It may take longer: stores put large objects together then.
    pub async fn complete_parts(&self, key: Key, upload: &str, count: u32) -> Result<(), StoreError> {
        self.call(self.timeout * 6, self.inner.complete_parts(key, upload, count)).await
    }

    /// See [`ObjectStore::abort_parts`].
    pub async fn abort_parts(&self, key: Key, upload: Option<&str>) -> Result<(), StoreError> {
        self.call(self.timeout, self.inner.abort_parts(key, upload)).await
    }

    /// See [`ObjectStore::list`].
    pub async fn list(&self, place: Option<String>) -> Result<(Vec<Listed>, Option<String>), StoreError> {
        self.call(self.timeout, self.inner.list(place)).await
    }
}
