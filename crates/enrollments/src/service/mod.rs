//! The use cases of enrolments.
//!
//! [`EnrollmentsService`] holds what all of them need; each file adds the methods of one matter.

pub(crate) mod access;
pub(crate) mod changing;
pub(crate) mod desk;
pub(crate) mod enrollments;
pub(crate) mod line;
pub(crate) mod oneself;
pub(crate) mod people;
pub(crate) mod settings;

use std::sync::Arc;

use lyceum_platform::platform::Platform;

use crate::ports::{CourseCatalog, People};

/// The others, as enrolments ask them.
#[derive(Clone)]
pub struct Neighbours {
    /// Which courses there are.
    pub courses: Arc<dyn CourseCatalog>,
    /// The school's people.
    pub people: Arc<dyn People>,
}

impl std::fmt::Debug for Neighbours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Neighbours").finish_non_exhaustive()
    }
}

/// Everything enrolments do. One per process, shared by routes, jobs and the adapters of other contexts.
#[derive(Debug)]
pub struct EnrollmentsService {
    /// Database, clock, caches.
    pub(crate) platform: Platform,
    /// The others.
    pub(crate) neighbours: Neighbours,
}

impl EnrollmentsService {
    /// Puts the service together.
    pub fn new(platform: Platform, neighbours: Neighbours) -> Arc<Self> {
        Arc::new(Self { platform, neighbours })
    }
}
