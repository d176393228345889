//! Completions recorded by the program itself: for the demo.

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, CourseId, SchoolId, UserId};
use lyceum_platform::uow::Tx;

use super::EnrollmentsService;
use super::completing::{audit, facts};
use crate::error::EnrollmentError;
use crate::model::completion::{CompletionId, Model, Way};
use crate::model::course_plan::{self, Blocks};
use crate::repo::{completions, plans};

/// A block that a learner has completed.
#[derive(Debug, Clone)]
pub struct NewCompletion {
    /// The school.
    pub school: SchoolId,
    /// The course.
    pub course: CourseId,
    /// The block.
    pub block: BlockId,
    /// Who.
    pub user: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// What they say about it.
    pub feedback: Option<String>,
    /// What a teacher says about it: who, how many per cent, and in words.
    pub grade: Option<(UserId, i16, String)>,
}

impl EnrollmentsService {
    /// Records that a learner has completed a block, within a unit of work.
    ///
    /// # Errors
    /// [`EnrollmentError::NotEnrolled`]; if a neighbour is away.
    pub async fn record_completion(&self, tx: &mut Tx, new: NewCompletion) -> Result<(), EnrollmentError> {
        let NewCompletion { school, course, block, user, at, feedback, grade } = new;
        let blocks = self.plan_within(tx, (school, course)).await?;
        let more = i32::from(blocks.0.contains(&block));
        let learner = plans::advance(tx.conn(), (school, course), user, (more, at)).await?;
        let learner = learner.ok_or(EnrollmentError::NotEnrolled)?;
        let (graded_by, grade, teacher_feedback) = match grade {
            Some((by, grade, words)) => (Some(by), Some(grade), Some(words)),
            None => (None, None, None),
        };
        let row = Model {
            school_id: school,
            id: CompletionId::new(tx.now(), tx.entropy()),
            enrollment_id: learner.id,
            course_id: course,
            block_id: block,
            user_id: user,
            means: Way::Manual,
            url: None,
            feedback,
            grade,
            teacher_feedback,
            graded_by,
            graded_at: graded_by.map(|_| tx.now()),
            completed_at: at,
            version: 1,
            created_at: at,
            updated_at: tx.now(),
            deleted_at: None,
        };
        if completions::insert(tx.conn(), &row).await? {
            tx.audit(audit("enrollments.block_completed", &row).after(facts(&row)));
            self.conclude(tx, learner, (more, blocks.count())).await?;
        }
        Ok(())
    }

    /// The plan of a course that is as it will be, made if there is none.
    async fn plan_within(
        &self,
        tx: &Tx,
        (school_id, course_id): (SchoolId, CourseId),
    ) -> Result<Blocks, EnrollmentError> {
        if let Some(plan) = plans::share(tx.conn(), school_id, course_id).await? {
            return Ok(plan.blocks);
        }
        let there = self.neighbours.lessons.plans(school_id, &[course_id]).await?.into_iter().next();
        let there = there.ok_or(EnrollmentError::NotFound)?;
        let (revision, blocks) = (there.revision, Blocks(there.blocks));
        let plan = course_plan::Model { school_id, course_id, revision, blocks: blocks.clone(), updated_at: tx.now() };
        plans::insert(tx.conn(), plan).await?;
        Ok(blocks)
    }
}
