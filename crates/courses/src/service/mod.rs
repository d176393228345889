//! The use cases of courses.
//!
//! [`CoursesService`] holds what all of them need; each file adds the methods of one matter.

pub(crate) mod access;
pub(crate) mod arrangement;
pub(crate) mod blocks;
pub(crate) mod courses;
pub(crate) mod duplication;
pub(crate) mod facts;
pub(crate) mod finding;
pub(crate) mod indexing;
pub(crate) mod learning;
pub(crate) mod materials;
pub(crate) mod outline;
pub(crate) mod people;
pub(crate) mod planting;
pub(crate) mod publication;
pub(crate) mod ratings;
pub(crate) mod removal;
pub(crate) mod rules;
pub(crate) mod sections;
pub(crate) mod teaching;

use std::sync::Arc;
use std::time::Duration;

use lyceum_kernel::{BlockId, CourseId, Scope};
use lyceum_platform::cache::{CacheTag, Coherent};
use lyceum_platform::platform::Platform;

use self::access::Entry;
use self::outline::Plan;
use crate::ports::{Completions, Enrolments, Files, School, Scores, Tests};

/// Courses kept at hand on one node.
const COURSES: u64 = 10_000;
/// Blocks whose course is kept at hand on one node.
const BLOCKS: u64 = 50_000;
/// Outlines kept at hand on one node.
const PLANS: u64 = 2_000;
/// How long they are kept; they are invalidated by what changes them, so this only bounds memory.
const KEPT: Duration = Duration::from_mins(10);

/// The cache tag kind that everything about a course hangs on, with the course's id.
const COURSE_TAG: &str = "course";

/// The others, as courses asks them.
#[derive(Clone)]
pub struct Neighbours {
    /// Who takes part in what.
    pub enrolments: Arc<dyn Enrolments>,
    /// Who has completed what.
    pub completions: Arc<dyn Completions>,
    /// Who scored what.
    pub scores: Arc<dyn Scores>,
    /// The school and its people.
    pub school: Arc<dyn School>,
    /// The school's files.
    pub files: Arc<dyn Files>,
    /// The school's tests.
    pub tests: Arc<dyn Tests>,
}

impl std::fmt::Debug for Neighbours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Neighbours").finish_non_exhaustive()
    }
}

/// Everything courses do. One per process, shared by routes, jobs and the adapters of other contexts.
#[derive(Debug)]
pub struct CoursesService {
    /// Database, clock, caches.
    pub(crate) platform: Platform,
    /// The others.
    pub(crate) neighbours: Neighbours,
    /// Courses at hand, by the scope they were read in.
    pub(crate) entries: Coherent<(Scope, CourseId), Arc<Entry>>,
    /// Which course blocks are in: they never leave it.
    pub(crate) homes: Coherent<(Scope, BlockId), CourseId>,
    /// Outlines at hand, without anybody's state.
    pub(crate) plans: Coherent<(Scope, CourseId), Arc<Plan>>,
}

impl CoursesService {
    /// Puts the service together.
    pub fn new(platform: Platform, neighbours: Neighbours) -> Arc<Self> {
        let entries = Coherent::new(&platform.caches, "courses", COURSES, KEPT);
        let plans = Coherent::new(&platform.caches, "course_outlines", PLANS, KEPT);
        let homes = Coherent::new(&platform.caches, "courses_of_blocks", BLOCKS, KEPT);
        Arc::new(Self { platform, neighbours, entries, homes, plans })
    }
}

/// The tag of a course.
pub(crate) const fn tag(course: CourseId) -> CacheTag {
    CacheTag::new(COURSE_TAG, course.uuid())
}
