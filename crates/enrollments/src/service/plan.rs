//! What counts in courses: shared by those who complete, brought up to date when courses change. And courses that are completed by it.

use std::collections::BTreeMap;

use lyceum_kernel::{BlockId, CourseId, SchoolId};
use lyceum_platform::jobs::NewJob;
use lyceum_platform::uow::{Tx, UnitOfWork};

use super::EnrollmentsService;
use super::desk;
use crate::counting::{CourseOfSchool, PLAN_CHANGED};
use crate::error::EnrollmentError;
use crate::model::completion;
use crate::model::course_plan::{self, Blocks};
use crate::model::enrollment::{Model, Role, Status};
use crate::progress::difference;
use crate::repo::{completions, enrollments, plans};

impl EnrollmentsService {
    /// Begins a unit of work that shares the plan of a course: nobody changes it meanwhile.
    pub(crate) async fn begin_counted(
        &self,
        uow: UnitOfWork,
        (school, course): (SchoolId, CourseId),
    ) -> Result<(Tx, Blocks), EnrollmentError> {
        let tx = uow.clone().begin().await?;
        if let Some(plan) = plans::share(tx.conn(), school, course).await? {
            return Ok((tx, plan.blocks));
        }
        tx.rollback().await;
        self.make_plan(&uow, (school, course)).await?;
        let tx = uow.begin().await?;
        let plan = plans::share(tx.conn(), school, course).await?.ok_or(EnrollmentError::NotFound)?;
        Ok((tx, plan.blocks))
    }

    /// Begins a unit of work that holds the plan of a course: nobody else completes anything there meanwhile.
    pub(crate) async fn begin_alone(
        &self,
        uow: UnitOfWork,
        (school, course): (SchoolId, CourseId),
    ) -> Result<(Tx, Blocks), EnrollmentError> {
        let tx = uow.clone().begin().await?;
        if let Some(plan) = plans::hold(tx.conn(), school, course).await? {
            return Ok((tx, plan.blocks));
        }
        tx.rollback().await;
        self.make_plan(&uow, (school, course)).await?;
        let tx = uow.begin().await?;
        let plan = plans::hold(tx.conn(), school, course).await?.ok_or(EnrollmentError::NotFound)?;
        Ok((tx, plan.blocks))
    }

    /// Makes the plan of a course in which nobody has completed anything yet.
    async fn make_plan(&self, uow: &UnitOfWork, place: (SchoolId, CourseId)) -> Result<(), EnrollmentError> {
        let (school_id, course_id) = place;
        let there = self.neighbours.lessons.plans(school_id, &[course_id]).await?.into_iter().next();
        let there = there.ok_or(EnrollmentError::NotFound)?;
        let mut tx = self.platform.unit_of_work(uow.cause().clone()).begin().await?;
        let (revision, blocks) = (there.revision, Blocks(there.blocks));
        let plan = course_plan::Model { school_id, course_id, revision, blocks, updated_at: tx.now() };
        if plans::insert(tx.conn(), plan).await? {
            // What changed between the question and now was heard of by nobody.
            tx.enqueue(NewJob::new(PLAN_CHANGED, &CourseOfSchool { school_id, course_id }).school(Some(school_id)));
        }
        Ok(tx.commit_quietly().await?)
    }

    /// A learner has completed a block more or less: their enrolment says so, and the course is completed with its last block.
    pub(crate) async fn moved(
        &self,
        tx: &mut Tx,
        row: &completion::Model,
        more: i32,
        blocks: &Blocks,
    ) -> Result<(), EnrollmentError> {
        let more = if blocks.0.contains(&row.block_id) { more } else { 0 };
        let learner = plans::add_done(tx.conn(), (row.school_id, row.enrollment_id), more, tx.now()).await?;
        let learner = learner.ok_or(EnrollmentError::NotEnrolled)?;
        self.conclude(tx, learner, (more, blocks.count())).await
    }

    /// An enrolment has so many blocks more or less: with the last of all the course is completed, without it open again.
    pub(crate) async fn conclude(
        &self,
        tx: &mut Tx,
        learner: Model,
        (more, all): (i32, i32),
    ) -> Result<(), EnrollmentError> {
        self.record_changed(tx, learner.id);
        let done = learner.blocks_done;
        if more > 0 && done >= all {
            complete(tx, learner).await
        } else if more < 0 && done + 1 >= all {
            reopen(tx, learner).await
        } else {
            Ok(())
        }
    }

    /// Brings the plan of a course up to date, and everything that was counted by it. Nothing if nobody has completed anything there, or
    /// if the course is deleted: its completions are as they were when it comes back.
    pub(crate) async fn renew_plan(
        &self,
        uow: UnitOfWork,
        (school, course): (SchoolId, CourseId),
    ) -> Result<(), EnrollmentError> {
        let there = self.neighbours.lessons.plans(school, &[course]).await?.into_iter().next();
        let mut tx = uow.begin().await?;
        let plan = plans::hold(tx.conn(), school, course).await?;
        if let (Some(plan), Some(there)) = (plan, there)
            && plan.revision < there.revision
        {
            let (lost, gained) = difference(&plan.blocks.0, &there.blocks);
            let blocks = Blocks(there.blocks);
            let all = blocks.count();
            plans::renew(tx.conn(), (school, course), (there.revision, blocks), tx.now()).await?;
            shift(&tx, (school, course), &lost, -1).await?;
            shift(&tx, (school, course), &gained, 1).await?;
            if !lost.is_empty() {
                complete_all(&mut tx, (school, course), all).await?;
            }
        }
        Ok(tx.commit_quietly().await?)
    }
}

/// Counts the completions of some blocks in, or out, wherever there are any.
async fn shift(
    tx: &Tx,
    (school, course): (SchoolId, CourseId),
    blocks: &[BlockId],
    sign: i64,
) -> Result<(), EnrollmentError> {
    if blocks.is_empty() {
        return Ok(());
    }
    // Those who have completed as many of them at a stroke.
    let mut alike: BTreeMap<i64, Vec<_>> = BTreeMap::new();
    for (enrollment, done) in completions::counts(tx.conn(), (school, course), blocks).await? {
        alike.entry(done).or_default().push(enrollment);
    }
    for (done, ids) in alike {
        plans::shift_done(tx.conn(), school, &ids, sign * done).await?;
    }
    Ok(())
}

/// Whoever has completed all that is left has completed the course.
async fn complete_all(tx: &mut Tx, place: (SchoolId, CourseId), all: i32) -> Result<(), EnrollmentError> {
    for learner in enrollments::with_all_done(tx.conn(), place, all).await? {
        complete(tx, learner).await?;
    }
    Ok(())
}

/// Somebody has completed a course, unless they had before.
async fn complete(tx: &mut Tx, row: Model) -> Result<(), EnrollmentError> {
    if row.status != Status::Active || row.role != Role::Student {
        return Ok(());
    }
    let completed_at = Some(tx.now());
    let first_completed_at = row.first_completed_at.or(completed_at);
    let after = Model { status: Status::Completed, completed_at, first_completed_at, ..row.clone() };
    become_so(tx, "enrollments.course_completed", (row, after)).await
}

/// Somebody who had completed everything has taken something back.
async fn reopen(tx: &mut Tx, row: Model) -> Result<(), EnrollmentError> {
    if row.status != Status::Completed || row.role != Role::Student {
        return Ok(());
    }
    let after = Model { status: Status::Active, completed_at: None, ..row.clone() };
    become_so(tx, "enrollments.course_reopened", (row, after)).await
}

async fn become_so(tx: &mut Tx, action: &'static str, (before, after): (Model, Model)) -> Result<(), EnrollmentError> {
    enrollments::write(tx.conn(), &after, tx.now()).await?;
    let after = Model { version: before.version + 1, updated_at: tx.now(), ..after };
    desk::tell(tx, Some(&before), &after);
    tx.audit(desk::audit(action, &after).before(desk::facts(&before)).after(desk::facts(&after)));
    Ok(())
}
