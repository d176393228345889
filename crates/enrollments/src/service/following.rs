//! Blocks that are completed by what happens: a test that is passed, or handed in.

use lyceum_kernel::{BlockId, SchoolId, TestId, UserId};
use lyceum_platform::uow::{Tx, UnitOfWork};

use super::EnrollmentsService;
use super::completing::{Said, audit, emit_completed, facts, fresh, learns};
use crate::error::EnrollmentError;
use crate::model::completion::{Model, Way};
use crate::model::course_plan::Blocks;
use crate::ports::{BlockFacts, CompletionRule};
use crate::repo::{completions, enrollments};

/// Somebody and a test of their school.
pub(crate) type Taken = (SchoolId, TestId, UserId);

impl EnrollmentsService {
    /// Brings the blocks that a test is in to where somebody stands with it: completed once it is passed, or handed in, whichever the
    /// block asks for; and not any more if it was marked anew and is not passed. Whatever was said last and how often: what is asked
    /// now decides.
    pub(crate) async fn follow_test(&self, work: &UnitOfWork, taken: Taken) -> Result<(), EnrollmentError> {
        let (school, test, _) = taken;
        for (id, block) in self.neighbours.lessons.tested_by(school, test).await? {
            let means = match block.rule {
                CompletionRule::Passed => Way::Passed,
                CompletionRule::Submitted => Way::Submitted,
                CompletionRule::Manual | CompletionRule::Viewed => continue,
            };
            if block.published {
                self.follow_block(work, taken, (id, &block, means)).await?;
            }
        }
        Ok(())
    }

    async fn follow_block(
        &self,
        work: &UnitOfWork,
        (school, test, user): Taken,
        (id, block, means): (BlockId, &BlockFacts, Way),
    ) -> Result<(), EnrollmentError> {
        let place = (school, block.course_id);
        // One after the other in a course: whoever comes later asks later, and so knows what was decided before.
        let (mut tx, blocks) = self.begin_alone(work.clone(), place).await?;
        let learner = enrollments::of_person(tx.conn(), place, user).await?;
        let Some(learner) = learner.filter(|row| learns(row, tx.now())) else {
            tx.rollback().await;
            return Ok(());
        };
        let outcome = self.neighbours.tests.outcome(school, test, user).await?;
        let done = if means == Way::Passed { outcome.passed } else { outcome.handed_in };
        let there = completions::hold(tx.conn(), (school, learner.id), id).await?;
        match there {
            None if done => {
                let row = fresh(&tx, block, &learner, (id, means), Said::default());
                completions::insert(tx.conn(), &row).await?;
                tx.audit(audit("enrollments.block_completed", &row).after(facts(&row)));
                emit_completed(&mut tx, &row);
                self.moved(&mut tx, &row, 1, &blocks).await?;
            }
            Some(row) if done && row.deleted_at.is_some() => {
                let after = Model { means, completed_at: tx.now(), deleted_at: None, ..row.clone() };
                self.turned(&mut tx, (&row, after), &blocks).await?;
            }
            Some(row) if !done && row.deleted_at.is_none() && row.means == means => {
                let after = Model { deleted_at: Some(tx.now()), ..row.clone() };
                self.turned(&mut tx, (&row, after), &blocks).await?;
            }
            _ => {
                tx.rollback().await;
                return Ok(());
            }
        }
        Ok(tx.commit_quietly().await?)
    }

    /// A completion is there again, or is not any more.
    async fn turned(
        &self,
        tx: &mut Tx,
        (row, mut after): (&Model, Model),
        blocks: &Blocks,
    ) -> Result<(), EnrollmentError> {
        completions::write(tx.conn(), &after, tx.now()).await?;
        (after.version, after.updated_at) = (row.version + 1, tx.now());
        let again = after.deleted_at.is_none();
        let action = if again { "enrollments.block_completed" } else { "enrollments.completion_taken_back" };
        tx.audit(audit(action, &after).before(facts(row)).after(facts(&after)));
        if again {
            emit_completed(tx, &after);
        }
        self.moved(tx, &after, if again { 1 } else { -1 }, blocks).await
    }
}
