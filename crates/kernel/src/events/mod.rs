//! Payloads of events: what happened, told across contexts. Past tense, versioned, plain.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub mod assessments;
pub mod billing;
pub mod courses;
pub mod enrollments;
pub mod files;
pub mod identity;
pub mod tenancy;

/// Something that happened. Its rows are put into the outbox in the transaction that made it true.
pub trait Event: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// `context.what_happened.vN`.
    const NAME: &'static str;
}

macro_rules! event {
    ($type:ty, $name:literal) => {
        impl $crate::events::Event for $type {
            const NAME: &'static str = $name;
        }
    };
}
pub(crate) use event;
