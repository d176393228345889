//! What enrolments do when they hear of something: who is next comes in, people follow into and out of the school, courses are there or
//! not.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_kernel::events::enrollments::PlaceFreed;
use lyceum_kernel::events::identity::AccountErased;
use lyceum_kernel::events::tenancy::{InviteRedeemed, MemberJoined};
use lyceum_kernel::{CourseId, SchoolId, UserId};
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun};
use serde::Deserialize;

use crate::counting;
use crate::service::EnrollmentsService;

/// The job that a free place becomes.
pub const PLACE_FREED: &str = "enrollments.let_in";
/// The job that joining a school becomes.
pub const MEMBER_JOINED: &str = "enrollments.welcome_member";
/// The job that leaving a school becomes.
pub const MEMBER_LEFT: &str = "enrollments.part_with_member";
/// The job that a redeemed invite becomes.
pub const INVITE_REDEEMED: &str = "enrollments.follow_invite";
/// The job that a course that comes or goes becomes.
pub const COURSE_CHANGED: &str = "enrollments.follow_course";
/// The job that an erasure becomes.
pub const ERASED: &str = "enrollments.forget_person";

/// The jobs of enrolments, to be merged with those of the other contexts and given to the runner.
pub fn jobs(service: &Arc<EnrollmentsService>) -> JobRegistry {
    JobRegistry::new()
        .handler(LetIn(Arc::clone(service)))
        .handler(Welcome(Arc::clone(service)))
        .handler(PartWith(Arc::clone(service)))
        .handler(FollowInvite(Arc::clone(service)))
        .handler(FollowCourse(Arc::clone(service)))
        .handler(Forget(Arc::clone(service)))
        .merged(&counting::jobs(service))
}

struct LetIn(Arc<EnrollmentsService>);
struct Welcome(Arc<EnrollmentsService>);
struct PartWith(Arc<EnrollmentsService>);
struct FollowInvite(Arc<EnrollmentsService>);
struct FollowCourse(Arc<EnrollmentsService>);
struct Forget(Arc<EnrollmentsService>);

/// Somebody of a school: all that is wanted of several events.
#[derive(Debug, Deserialize)]
struct Person {
    school_id: SchoolId,
    user_id: UserId,
}

/// A course of a school: all that is wanted of several events.
#[derive(Debug, Deserialize)]
struct Course {
    school_id: SchoolId,
    course_id: CourseId,
}

#[async_trait]
impl JobHandler for LetIn {
    fn kind(&self) -> &'static str {
        PLACE_FREED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: PlaceFreed = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        self.0.let_in(&mut tx, event.school_id, event.course_id).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for Welcome {
    fn kind(&self) -> &'static str {
        MEMBER_JOINED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: MemberJoined = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        if let Some(former) = event.formerly {
            self.0.rename_member(&mut tx, event.school_id, (former, event.user_id)).await?;
        }
        self.0.follow_member(&mut tx, event.school_id, event.user_id).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for PartWith {
    fn kind(&self) -> &'static str {
        MEMBER_LEFT
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: Person = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        self.0.follow_member(&mut tx, event.school_id, event.user_id).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for FollowInvite {
    fn kind(&self) -> &'static str {
        INVITE_REDEEMED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: InviteRedeemed = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        self.0.follow_invite(&mut tx, &event).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for FollowCourse {
    fn kind(&self) -> &'static str {
        COURSE_CHANGED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: Course = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        self.0.follow_course(&mut tx, event.school_id, event.course_id).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for Forget {
    fn kind(&self) -> &'static str {
        ERASED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: AccountErased = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        self.0.forget_person(&mut tx, event.user_id).await?;
        Ok(tx.commit_quietly().await?)
    }
}
