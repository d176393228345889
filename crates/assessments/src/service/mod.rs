//! The use cases of assessments.
//!
//! [`AssessmentsService`] holds what all of them need; each file adds the methods of one matter.

pub(crate) mod access;
pub(crate) mod answers;
pub(crate) mod attempts;
pub(crate) mod banks;
pub(crate) mod blueprints;
pub(crate) mod contents;
pub(crate) mod exchange;
pub(crate) mod finishing;
pub(crate) mod invigilation;
pub(crate) mod marking;
pub(crate) mod mine;
pub(crate) mod overrides;
pub(crate) mod people;
pub(crate) mod planting;
pub(crate) mod questions;
pub(crate) mod regrading;
pub(crate) mod reviews;
pub(crate) mod scores;
pub(crate) mod statistics;
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

use lyceum_kernel::id::uuid_v7;
use lyceum_kernel::{SchoolId, TestId};
use lyceum_platform::cache::Coherent;
use lyceum_platform::platform::Platform;
use lyceum_platform::uow::Tx;
use tokio::sync::Semaphore;
use uuid::Uuid;

use self::blueprints::{Blueprint, RevisionKey};
use self::invigilation::Rooms;
use self::scores::SaidBefore;
use self::statistics::AtHand;
use crate::model::revision;
use crate::ports::{Courses, School};

/// Tests kept at hand on one node.
const BLUEPRINTS: u64 = 2_000;
/// Revisions of questions kept at hand on one node.
const REVISIONS: u64 = 20_000;
/// How long they are kept; what changes them invalidates them, so this only bounds memory.
const KEPT: Duration = Duration::from_mins(10);

/// The others, as assessments asks them.
#[derive(Clone)]
pub struct Neighbours {
    /// Courses, who teaches them and who takes part.
    pub courses: Arc<dyn Courses>,
    /// The school and its people.
    pub school: Arc<dyn School>,
}

impl std::fmt::Debug for Neighbours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Neighbours").finish_non_exhaustive()
    }
}

/// Everything assessments do. One per process, shared by routes, jobs and the adapters of other contexts.
#[derive(Debug)]
pub struct AssessmentsService {
    /// Database, clock, caches.
    pub(crate) platform: Platform,
    /// The others.
    pub(crate) neighbours: Neighbours,
    /// Tests at hand.
    pub(crate) blueprints: Coherent<(SchoolId, TestId), Arc<Blueprint>>,
    /// Revisions at hand.
    pub(crate) revisions: Coherent<RevisionKey, Arc<revision::Model>>,
    /// Sums of scores at hand.
    pub(crate) statistics: AtHand,
    /// Who is at which test, on this node.
    pub(crate) rooms: Arc<Rooms>,
    /// Turns at reading and writing files of questions, which takes memory.
    pub(crate) exchanges: Semaphore,
    /// What was said of courses.
    pub(crate) said_before: SaidBefore,
}

impl AssessmentsService {
    /// Puts the service together.
    pub fn new(platform: Platform, neighbours: Neighbours) -> Arc<Self> {
        let blueprints = Coherent::new(&platform.caches, "tests", BLUEPRINTS, KEPT);
        let revisions = Coherent::new(&platform.caches, "question_revisions", REVISIONS, KEPT);
        let rooms = Rooms::new(&platform.bus);
        Arc::new(Self {
            platform,
            neighbours,
            blueprints,
            revisions,
            statistics: AtHand::default(),
            rooms,
            exchanges: Semaphore::new(2),
            said_before: SaidBefore::default(),
        })
    }
}

/// A new mark of a deletion.
pub(crate) fn stroke(tx: &Tx) -> Uuid {
    uuid_v7(tx.now(), tx.entropy())
}
