//! What progress does when it hears of something: courses that change, people who come into groups and leave them. And what it counts
//! on by itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lyceum_kernel::{CourseId, SchoolId, UserId};
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun};
use serde::{Deserialize, Serialize};

use crate::service::EnrollmentsService;

/// The job that a change of what there is to be completed in a course becomes.
pub const PLAN_CHANGED: &str = "enrollments.recount_course";
/// The job that coming into a group or leaving it becomes.
pub const GROUP_CHANGED: &str = "enrollments.regroup_learner";
/// The job that counts on the roll-ups.
pub const ROLL_UP: &str = "enrollments.roll_up";

/// How often they are counted on. They are exact at any moment: this bounds what a reader of them adds up.
const EVERY: Duration = Duration::from_secs(15);

/// The jobs of progress.
pub fn jobs(service: &Arc<EnrollmentsService>) -> JobRegistry {
    JobRegistry::new()
        .handler(RenewPlan(Arc::clone(service)))
        .handler(Regroup(Arc::clone(service)))
        .handler(RollUp(Arc::clone(service)))
        .periodic(ROLL_UP, EVERY)
}

struct RenewPlan(Arc<EnrollmentsService>);
struct Regroup(Arc<EnrollmentsService>);
struct RollUp(Arc<EnrollmentsService>);

/// A course of a school: all that is wanted of several events.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CourseOfSchool {
    pub(crate) school_id: SchoolId,
    pub(crate) course_id: CourseId,
}

/// Somebody of a school: all that is wanted of several events.
#[derive(Debug, Deserialize)]
struct PersonOfSchool {
    school_id: SchoolId,
    user_id: UserId,
}

#[async_trait]
impl JobHandler for RenewPlan {
    fn kind(&self) -> &'static str {
        PLAN_CHANGED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let CourseOfSchool { school_id, course_id } = job.payload()?;
        Ok(self.0.renew_plan(job.unit_of_work(), (school_id, course_id)).await?)
    }
}

#[async_trait]
impl JobHandler for Regroup {
    fn kind(&self) -> &'static str {
        GROUP_CHANGED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let PersonOfSchool { school_id, user_id } = job.payload()?;
        Ok(self.0.regroup(job.unit_of_work(), (school_id, user_id)).await?)
    }
}

#[async_trait]
impl JobHandler for RollUp {
    fn kind(&self) -> &'static str {
        ROLL_UP
    }

    async fn run(&self, _: JobRun) -> Result<(), JobError> {
        self.0.roll_up().await?;
        Ok(())
    }
}
