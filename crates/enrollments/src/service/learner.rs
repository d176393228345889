//! What a learner has done, at hand for those who ask at every turn.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lyceum_kernel::{BlockId, CourseId, EnrollmentId, SchoolId, Scope, UserId};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::Tx;
use sea_orm::DbBackend;

use super::EnrollmentsService;
use crate::error::EnrollmentError;
use crate::model::enrollment::{Model, Status};
use crate::repo::completions::{self, Done};
use crate::repo::enrollments;

/// The cache tag kind that by what somebody takes part in courses hangs on, with the account's id.
const LEARNER_TAG: &str = "learner";
/// The cache tag kind that what was completed by an enrolment hangs on, with its id.
const RECORD_TAG: &str = "learner_record";

/// The tag of a learner.
pub(crate) const fn tag(user: UserId) -> CacheTag {
    CacheTag::new(LEARNER_TAG, user.uuid())
}

/// By what somebody takes part in a course.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    enrollment: EnrollmentId,
    completed: bool,
}

impl EnrollmentsService {
    /// By what somebody takes part in a course: one query, or none if it is at hand.
    async fn part(&self, school: SchoolId, user: UserId, course: CourseId) -> Result<Option<Part>, EnrollmentError> {
        let load = async {
            let db = self.platform.db.read(Scope::School(school));
            let row = enrollments::of_person(&db, (school, course), user).await?.filter(Model::takes_part);
            let part = row.map(|row| Part { enrollment: row.id, completed: row.status == Status::Completed });
            Ok::<_, EnrollmentError>(part)
        };
        self.parts.get_or_load((school, user, course), tag(user), load).await
    }

    /// Whether what was completed is kept at hand. Where other nodes would have to be told of every completion it is not: on PostgreSQL
    /// commits that notify wait for each other, and one query on an index is cheaper than that.
    fn keeps_records(&self) -> bool {
        self.platform.db.backend() == DbBackend::Sqlite
    }

    /// What was completed by an enrolment is something else from this commit on.
    pub(crate) fn record_changed(&self, tx: &mut Tx, enrollment: EnrollmentId) {
        if self.keeps_records() {
            tx.invalidate(CacheTag::new(RECORD_TAG, enrollment.uuid()));
        }
    }

    async fn record(&self, school: SchoolId, id: EnrollmentId) -> Result<Arc<Done>, EnrollmentError> {
        let load = async {
            let db = self.platform.db.read(Scope::School(school));
            let mut blocks = completions::blocks_of(&db, school, &[id]).await?;
            Ok(Arc::new(blocks.remove(&id).unwrap_or_default()))
        };
        if !self.keeps_records() {
            return load.await;
        }
        self.records.get_or_load((school, id), CacheTag::new(RECORD_TAG, id.uuid()), load).await
    }

    /// The blocks of a course that somebody who takes part in it has completed: at most two queries.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn blocks_completed(
        &self,
        school: SchoolId,
        user: UserId,
        course: CourseId,
    ) -> Result<HashSet<BlockId>, EnrollmentError> {
        let Some(part) = self.part(school, user, course).await? else { return Ok(HashSet::new()) };
        Ok(self.record(school, part.enrollment).await?.as_ref().clone())
    }

    /// Whether somebody who takes part in a course has completed it: one query, or none if that is at hand.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn course_completed(
        &self,
        school: SchoolId,
        user: UserId,
        course: CourseId,
    ) -> Result<bool, EnrollmentError> {
        Ok(self.part(school, user, course).await?.is_some_and(|part| part.completed))
    }

    /// The grades, in per cent, that somebody has in some blocks: one query.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn grades(
        &self,
        school: SchoolId,
        user: UserId,
        blocks: &[BlockId],
    ) -> Result<HashMap<BlockId, f64>, EnrollmentError> {
        let db = self.platform.db.read(Scope::School(school));
        let grades = completions::grades(&db, (school, user), blocks).await?;
        Ok(grades.into_iter().map(|(block, grade)| (block, f64::from(grade))).collect())
    }
}
