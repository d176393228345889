//! What enrolments do when they hear of something: who is next comes in, people follow into and out of the school, courses are there or
//! not.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_kernel::events::enrollments::PlaceFreed;
use lyceum_kernel::events::identity::AccountErased;
use lyceum_kernel::events::tenancy::{InviteRedeemed, MemberAccepted};
use lyceum_kernel::{CourseId, EnrollmentId, SchoolId, TestId, UserId};
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun};
use serde::{Deserialize, Serialize};

use crate::counting;
use crate::service::EnrollmentsService;

/// The job that a free place becomes.
pub const PLACE_FREED: &str = "enrollments.let_in";
/// The job that a place given to somebody who waited becomes.
pub(crate) const PLACE_GIVEN: &str = "enrollments.tell_place";
/// The job that leaving a school, and coming back to it, becomes.
pub const MEMBER_MOVED: &str = "enrollments.follow_member";
/// The job that taking up a school's offer becomes.
pub const MEMBER_ACCEPTED: &str = "enrollments.rename_member";
/// The job that a redeemed invite becomes.
pub const INVITE_REDEEMED: &str = "enrollments.follow_invite";
/// The job that a course that comes or goes becomes.
pub const COURSE_CHANGED: &str = "enrollments.follow_course";
/// The job that the end of an attempt at a test, and marks for it, become.
pub const TEST_TAKEN: &str = "enrollments.follow_test";
/// The job that an erasure becomes.
pub const ERASED: &str = "enrollments.forget_person";

/// The jobs of enrolments, to be merged with those of the other contexts and given to the runner.
pub fn jobs(service: &Arc<EnrollmentsService>) -> JobRegistry {
    let registry = JobRegistry::new()
        .handler(LetIn(Arc::clone(service)))
        .handler(TellPlace(Arc::clone(service)))
        .handler(FollowMember(Arc::clone(service)))
        .handler(RenameMember(Arc::clone(service)))
        .handler(FollowInvite(Arc::clone(service)))
        .handler(FollowCourse(Arc::clone(service)))
        .handler(FollowTest(Arc::clone(service)))
        .handler(Forget(Arc::clone(service)))
        .merged(&counting::jobs(service));
    crate::service::imports::jobs::register(registry, service)
}

struct LetIn(Arc<EnrollmentsService>);
struct TellPlace(Arc<EnrollmentsService>);
struct FollowMember(Arc<EnrollmentsService>);
struct RenameMember(Arc<EnrollmentsService>);
struct FollowInvite(Arc<EnrollmentsService>);
struct FollowCourse(Arc<EnrollmentsService>);
struct FollowTest(Arc<EnrollmentsService>);
struct Forget(Arc<EnrollmentsService>);

/// Somebody of a school: all that is wanted of several events.
#[derive(Debug, Deserialize)]
struct Person {
    school_id: SchoolId,
    user_id: UserId,
}

/// Somebody who waited has a place.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Given {
    pub(crate) school_id: SchoolId,
    pub(crate) enrollment_id: EnrollmentId,
}

/// A course of a school: all that is wanted of several events.
#[derive(Debug, Deserialize)]
struct Course {
    school_id: SchoolId,
    course_id: CourseId,
}

/// Somebody's attempt at a test of a school: all that is wanted of several events.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are called as in the events")]
struct Attempt {
    school_id: SchoolId,
    test_id: TestId,
    user_id: UserId,
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
impl JobHandler for TellPlace {
    fn kind(&self) -> &'static str {
        PLACE_GIVEN
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let given: Given = job.payload()?;
        Ok(self.0.tell_place(job.unit_of_work(), &given).await?)
    }
}

#[async_trait]
impl JobHandler for FollowMember {
    fn kind(&self) -> &'static str {
        MEMBER_MOVED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: Person = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        self.0.follow_member(&mut tx, event.school_id, event.user_id).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for RenameMember {
    fn kind(&self) -> &'static str {
        MEMBER_ACCEPTED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: MemberAccepted = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        self.0.rename_member(&mut tx, event.school_id, (event.formerly, event.user_id)).await?;
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
impl JobHandler for FollowTest {
    fn kind(&self) -> &'static str {
        TEST_TAKEN
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let Attempt { school_id, test_id, user_id } = job.payload()?;
        let work = job.platform().unit_of_work(job.cause());
        Ok(self.0.follow_test(&work, (school_id, test_id, user_id)).await?)
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
