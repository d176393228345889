//! The use cases of enrolments.
//!
//! [`EnrollmentsService`] holds what all of them need; each file adds the methods of one matter.

pub(crate) mod access;
pub(crate) mod changing;
pub(crate) mod completing;
pub(crate) mod desk;
pub(crate) mod enrollments;
pub(crate) mod following;
pub(crate) mod grading;
pub(crate) mod imports;
pub(crate) mod learner;
pub(crate) mod line;
pub(crate) mod oneself;
pub(crate) mod people;
pub(crate) mod plan;
pub(crate) mod planting;
pub(crate) mod progress;
pub(crate) mod recording;
pub(crate) mod roll_up;
pub(crate) mod settings;

use std::sync::Arc;
use std::time::Duration;

use lyceum_kernel::{CourseId, EnrollmentId, SchoolId, UserId};
use lyceum_platform::cache::Coherent;
use lyceum_platform::platform::Platform;

use self::learner::Part;
use crate::ports::{Classes, CourseCatalog, Lessons, People, Tests};
use crate::repo::completions::Done;

/// Records of learners kept at hand on one node.
const RECORDS: u64 = 20_000;
/// How long they are kept; they are invalidated by what changes them, so this only bounds memory.
const KEPT: Duration = Duration::from_mins(10);

/// The others, as enrolments ask them.
#[derive(Clone)]
pub struct Neighbours {
    /// Which courses there are.
    pub courses: Arc<dyn CourseCatalog>,
    /// The school's people.
    pub people: Arc<dyn People>,
    /// What learners work through.
    pub lessons: Arc<dyn Lessons>,
    /// The school's groups.
    pub classes: Arc<dyn Classes>,
    /// The school's tests.
    pub tests: Arc<dyn Tests>,
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
    /// By what people take part in courses, at hand.
    pub(crate) parts: Coherent<(SchoolId, UserId, CourseId), Option<Part>>,
    /// What learners have done, at hand.
    pub(crate) records: Coherent<(SchoolId, EnrollmentId), Arc<Done>>,
}

impl EnrollmentsService {
    /// Puts the service together.
    pub fn new(platform: Platform, neighbours: Neighbours) -> Arc<Self> {
        let parts = Coherent::new(&platform.caches, "learners", RECORDS, KEPT);
        let records = Coherent::new(&platform.caches, "learner_records", RECORDS, KEPT);
        Arc::new(Self { platform, neighbours, parts, records })
    }
}
