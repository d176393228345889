//! What a learner has done, at hand for those who ask at every turn.

use std::collections::{HashMap, HashSet};

use lyceum_kernel::{BlockId, CourseId, SchoolId, Scope, UserId};
use lyceum_platform::cache::CacheTag;
use std::sync::Arc;

use super::EnrollmentsService;
use crate::error::EnrollmentError;
use crate::model::enrollment::{Model, Status};
use crate::repo::{completions, enrollments};

/// The cache tag kind that everything about what somebody has done hangs on, with the account's id.
const LEARNER_TAG: &str = "learner";

/// The tag of a learner.
pub(crate) const fn tag(user: UserId) -> CacheTag {
    CacheTag::new(LEARNER_TAG, user.uuid())
}

/// What somebody who takes part in a course has done there.
#[derive(Debug, Default)]
pub(crate) struct Record {
    blocks: HashSet<BlockId>,
    completed: bool,
}

impl EnrollmentsService {
    async fn record(&self, school: SchoolId, user: UserId, course: CourseId) -> Result<Arc<Record>, EnrollmentError> {
        let load = async {
            let db = self.platform.db.read(Scope::School(school));
            let row = enrollments::of_person(&db, (school, course), user).await?;
            let Some(row) = row.filter(Model::takes_part) else { return Ok(Arc::new(Record::default())) };
            let mut blocks = completions::blocks_of(&db, school, &[row.id]).await?;
            let blocks = blocks.remove(&row.id).unwrap_or_default();
            Ok::<_, EnrollmentError>(Arc::new(Record { blocks, completed: row.status == Status::Completed }))
        };
        self.records.get_or_load((school, user, course), tag(user), load).await
    }

    /// The blocks of a course that somebody who takes part in it has completed: two queries, or none if that is at hand.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn blocks_completed(
        &self,
        school: SchoolId,
        user: UserId,
        course: CourseId,
    ) -> Result<HashSet<BlockId>, EnrollmentError> {
        Ok(self.record(school, user, course).await?.blocks.clone())
    }

    /// Whether somebody who takes part in a course has completed it: two queries, or none if that is at hand.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn course_completed(
        &self,
        school: SchoolId,
        user: UserId,
        course: CourseId,
    ) -> Result<bool, EnrollmentError> {
        Ok(self.record(school, user, course).await?.completed)
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
