//! Learners complete blocks, and take it back.

use chrono::{DateTime, Utc};
use lyceum_kernel::events::enrollments::BlockCompleted;
use lyceum_kernel::{BlockId, Principal, Scope};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use super::EnrollmentsService;
use crate::dto::completion::{Completion, PutCompletion};
use crate::error::EnrollmentError;
use crate::model::completion::{CompletionId, Model, Way};
use crate::model::course_plan::Blocks;
use crate::model::enrollment::{self, Role};
use crate::ports::{BlockFacts, CompletionRule};
use crate::repo::{completions, enrollments, plans};

/// The kind of view in entity tags of completions.
pub(crate) const COMPLETION: &str = "completion";

/// What a completion is to say.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    url: Option<String>,
    feedback: Option<String>,
}

impl EnrollmentsService {
    /// Completes a block for the caller, or changes what they say about it.
    pub(crate) async fn complete_block(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (BlockId, PutCompletion),
    ) -> Result<Committed<Completion>, EnrollmentError> {
        let block = self.open_block(who, id).await?;
        let said = Said { url: form.url.map(String::from), feedback: form.feedback };
        let by_hand = block.rule.is_by_hand();
        if by_hand && if_match.require("").is_ok() {
            // Nearly always it is the first time.
            let first = self.first(uow.clone(), (who, &block), (id, Way::Manual), said.clone()).await?;
            if let Some((tx, row)) = first {
                return finish(tx, row).await;
            }
        }
        let learner = self.learner(who, &block).await?;
        let (mut tx, blocks) = self.begin_counted(uow, (block.school_id, block.course_id)).await?;
        let held = completions::hold(tx.conn(), (block.school_id, learner.id), id).await?;
        let there = held.as_ref().filter(|row| row.deleted_at.is_none());
        if_match.require(&there.map_or_else(String::new, |row| etag(COMPLETION, row.version)))?;
        let row = match held {
            Some(row) if by_hand || row.deleted_at.is_none() => row,
            _ => return Err(EnrollmentError::CompletesItself),
        };
        let after = self.say(&mut tx, row, said, &blocks).await?;
        finish(tx, after).await
    }

    /// Completes a block that is completed by being opened, for the caller, the first time they open it. Nothing for others.
    pub(crate) async fn view_block(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: BlockId,
    ) -> Result<Committed<()>, EnrollmentError> {
        let block = self.neighbours.lessons.block(who, id).await?.ok_or(EnrollmentError::NotFound)?;
        if let Some(reason) = block.locked {
            return Err(EnrollmentError::BlockLocked(reason));
        }
        let viewed = block.rule == CompletionRule::Viewed && block.published;
        let learner = match self.learner(who, &block).await {
            Ok(learner) => Some(learner).filter(|_| viewed),
            Err(EnrollmentError::NotEnrolled) => None,
            Err(other) => return Err(other),
        };
        if let Some(learner) = learner {
            let db = self.platform.db.read(Scope::School(block.school_id));
            let ever = completions::of_block(&db, (block.school_id, learner.id), id).await?;
            if ever.is_none()
                && let Some((tx, _)) =
                    self.first(uow.clone(), (who, &block), (id, Way::Viewed), Said::default()).await?
            {
                return Ok(tx.commit(Answer::no_content()).await?);
            }
        }
        Ok(uow.begin().await?.commit(Answer::no_content()).await?)
    }

    /// Somebody completes a block for the first time: nothing if they ever did before. Not committed yet.
    async fn first(
        &self,
        uow: UnitOfWork,
        (who, block): (&Principal, &BlockFacts),
        (id, means): (BlockId, Way),
        said: Said,
    ) -> Result<Option<(Tx, Model)>, EnrollmentError> {
        let place = (block.school_id, block.course_id);
        let school = who.school_id.filter(|school| *school == block.school_id);
        school.ok_or(EnrollmentError::NotEnrolled)?;
        let (mut tx, blocks) = self.begin_counted(uow, place).await?;
        let more = i32::from(blocks.0.contains(&id));
        let learner = plans::advance(tx.conn(), place, who.user_id, (more, tx.now())).await?;
        let learner = learner.ok_or(EnrollmentError::NotEnrolled)?;
        let row = fresh(&tx, block, &learner, (id, means), said);
        if !completions::insert(tx.conn(), &row).await? {
            tx.rollback().await;
            return Ok(None);
        }
        tx.audit(audit("enrollments.block_completed", &row).after(facts(&row)));
        emit_completed(&mut tx, &row);
        self.conclude(&mut tx, learner, (more, blocks.count())).await?;
        Ok(Some((tx, row)))
    }

    /// Takes back the caller's completion of a block. Nothing if there is none.
    pub(crate) async fn take_back(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: BlockId,
    ) -> Result<Committed<()>, EnrollmentError> {
        let block = self.neighbours.lessons.block(who, id).await?.ok_or(EnrollmentError::NotFound)?;
        let learner = self.learner(who, &block).await?;
        still_on(&block)?;
        let (mut tx, blocks) = self.begin_counted(uow, (block.school_id, block.course_id)).await?;
        let held = completions::hold(tx.conn(), (block.school_id, learner.id), id).await?;
        if let Some(row) = held.filter(|row| row.deleted_at.is_none()) {
            if_match.require(&etag(COMPLETION, row.version))?;
            by_hand(&row)?;
            let after = Model { deleted_at: Some(tx.now()), ..row.clone() };
            completions::write(tx.conn(), &after, tx.now()).await?;
            tx.audit(audit("enrollments.completion_taken_back", &row).before(facts(&row)));
            self.moved(&mut tx, &row, -1, &blocks).await?;
        }
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings back a completion of the caller's that was taken back.
    pub(crate) async fn restore_completion(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: CompletionId,
    ) -> Result<Committed<Completion>, EnrollmentError> {
        let scope = who.scope();
        let seen = completions::any(&self.platform.db.read(scope), scope, id).await?;
        let seen = seen.filter(|row| row.user_id == who.user_id).ok_or(EnrollmentError::NotFound)?;
        let block = self.open_block(who, seen.block_id).await?;
        let learner = self.learner(who, &block).await?;
        let (mut tx, blocks) = self.begin_counted(uow, (block.school_id, block.course_id)).await?;
        let row = completions::hold(tx.conn(), (block.school_id, learner.id), seen.block_id).await?;
        let row = row.filter(|row| row.id == id).ok_or(EnrollmentError::NotFound)?;
        if row.deleted_at.is_none() {
            return Err(EnrollmentError::NotDeleted);
        }
        by_hand(&row)?;
        let said = Said { url: row.url.clone(), feedback: row.feedback.clone() };
        let after = self.say(&mut tx, row, said, &blocks).await?;
        finish(tx, after).await
    }

    /// A block that may be completed now by whoever learns in its course.
    async fn open_block(&self, who: &Principal, id: BlockId) -> Result<BlockFacts, EnrollmentError> {
        let block = self.neighbours.lessons.block(who, id).await?.ok_or(EnrollmentError::NotFound)?;
        still_on(&block)?;
        match block.locked {
            Some(reason) => Err(EnrollmentError::BlockLocked(reason)),
            None => Ok(block),
        }
    }

    /// By what the caller learns in the course of a block at this moment.
    async fn learner(&self, who: &Principal, block: &BlockFacts) -> Result<enrollment::Model, EnrollmentError> {
        let place = (block.school_id, block.course_id);
        let db = self.platform.db.read(Scope::School(block.school_id));
        let row = if who.school_id == Some(block.school_id) {
            enrollments::of_person(&db, place, who.user_id).await?
        } else {
            None
        };
        row.filter(|row| learns(row, self.platform.clock.now())).ok_or(EnrollmentError::NotEnrolled)
    }

    /// A completion says something else, or is there again.
    async fn say(&self, tx: &mut Tx, row: Model, said: Said, blocks: &Blocks) -> Result<Model, EnrollmentError> {
        let Said { url, feedback } = said;
        let again = row.deleted_at.is_some();
        let mut after = Model { url, feedback, deleted_at: None, ..row.clone() };
        if after == row {
            return Ok(row);
        }
        if again {
            after.completed_at = tx.now();
        }
        completions::write(tx.conn(), &after, tx.now()).await?;
        (after.version, after.updated_at) = (row.version + 1, tx.now());
        let action = if again { "enrollments.block_completed" } else { "enrollments.completion_changed" };
        tx.audit(audit(action, &after).before(facts(&row)).after(facts(&after)));
        if again {
            emit_completed(tx, &after);
        }
        self.moved(tx, &after, i32::from(again), blocks).await?;
        Ok(after)
    }
}

async fn finish(tx: Tx, row: Model) -> Result<Committed<Completion>, EnrollmentError> {
    let tag = etag(COMPLETION, row.version);
    Ok(tx.commit(Answer::ok(Completion::from(row)).etag(tag)).await?)
}

pub(super) fn emit_completed(tx: &mut Tx, row: &Model) {
    let Model { school_id, enrollment_id, course_id, block_id, user_id, .. } = *row;
    tx.emit(&BlockCompleted { school_id, enrollment_id, course_id, block_id, user_id });
}

/// Whether somebody learns in a course at a moment.
pub(crate) fn learns(row: &enrollment::Model, now: DateTime<Utc>) -> bool {
    let begun = row.starts_at.is_none_or(|from| from <= now);
    let lasts = row.ends_at.is_none_or(|until| now < until);
    row.takes_part() && row.role == Role::Student && begun && lasts
}

/// What came about by a test is not the learner's to take back, nor to bring back.
fn by_hand(row: &Model) -> Result<(), EnrollmentError> {
    match row.means {
        Way::Manual | Way::Viewed => Ok(()),
        Way::Passed | Way::Submitted => Err(EnrollmentError::CompletesItself),
    }
}

fn still_on(block: &BlockFacts) -> Result<(), EnrollmentError> {
    if block.published { Ok(()) } else { Err(EnrollmentError::CourseClosed) }
}

pub(super) fn fresh(
    tx: &Tx,
    block: &BlockFacts,
    learner: &enrollment::Model,
    (id, means): (BlockId, Way),
    said: Said,
) -> Model {
    Model {
        school_id: block.school_id,
        id: CompletionId::new(tx.now(), tx.entropy()),
        enrollment_id: learner.id,
        course_id: block.course_id,
        block_id: id,
        user_id: learner.user_id,
        means,
        url: said.url,
        feedback: said.feedback,
        grade: None,
        teacher_feedback: None,
        graded_by: None,
        graded_at: None,
        completed_at: tx.now(),
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        deleted_at: None,
    }
}

/// An entry about a completion.
pub(crate) fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "completion", row.id.uuid()).school(Some(row.school_id)).about(row.user_id)
}

/// What the audit log keeps of a completion: of its words only how many characters.
pub(crate) fn facts(row: &Model) -> Value {
    json!({
        "course_id": row.course_id, "block_id": row.block_id, "means": row.means,
        "url_length": row.url.as_ref().map(String::len), "feedback_length": row.feedback.as_ref().map(String::len),
        "grade": row.grade, "teacher_feedback_length": row.teacher_feedback.as_ref().map(String::len),
    })
}
