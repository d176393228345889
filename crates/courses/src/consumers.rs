//! What courses does by itself: index the text of files, forget people, hide what a deleted school offered, and throw away what was
//! deleted long ago.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lyceum_kernel::SchoolId;
use lyceum_kernel::events::courses::CoursePurged;
use lyceum_kernel::events::enrollments::TeachingChanged;
use lyceum_kernel::events::identity::AccountErased;
use lyceum_kernel::events::tenancy::{SchoolChanged, SchoolDeleted, SchoolRestored};
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun};

use crate::error::CourseError;
use crate::repo::{courses, lifecycle, search};
use crate::service::indexing::FileToIndex;
use crate::service::{CoursesService, tag};

/// The job that indexes the text of a file; also what the event that a file's text is there becomes.
pub const INDEX_FILE: &str = "courses.index_file";
/// The job that an erasure becomes.
pub const ERASED: &str = "courses.forget_person";
/// The job that the deletion of a school becomes.
pub const SCHOOL_DELETED: &str = "courses.withdraw_school";
/// The job that the restoration of a school becomes.
pub const SCHOOL_RESTORED: &str = "courses.offer_school";
/// The job that a change of a school becomes: its language may be another.
pub const SCHOOL_CHANGED: &str = "courses.relearn_language";
/// The job that a teacher who is enrolled in a course, or withdrawn from it, becomes.
pub const TEACHER_MOVED: &str = "courses.follow_teacher";
/// The job that throws away what was deleted long ago.
pub const PURGE: &str = "courses.purge";

/// How long what was deleted can be restored.
const RETENTION: chrono::TimeDelta = chrono::TimeDelta::days(90);

/// How often it is looked for.
const EVERY: Duration = Duration::from_hours(1);

/// Rows in one transaction.
const BATCH: u64 = 200;

/// The jobs of courses, to be merged with those of the other contexts and given to the runner.
pub fn jobs(service: &Arc<CoursesService>) -> JobRegistry {
    JobRegistry::new()
        .handler(IndexFile(Arc::clone(service)))
        .handler(ForgetPerson(Arc::clone(service)))
        .handler(Offer { offered: false })
        .handler(Offer { offered: true })
        .handler(Relearn(Arc::clone(service)))
        .handler(FollowTeacher(Arc::clone(service)))
        .handler(Purge)
        .periodic(PURGE, EVERY)
}

struct IndexFile(Arc<CoursesService>);
struct ForgetPerson(Arc<CoursesService>);
struct Relearn(Arc<CoursesService>);
struct FollowTeacher(Arc<CoursesService>);
struct Purge;

/// Whether strangers may see what is public of a school.
struct Offer {
    offered: bool,
}

#[async_trait]
impl JobHandler for IndexFile {
    fn kind(&self) -> &'static str {
        INDEX_FILE
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let file: FileToIndex = job.payload()?;
        // Nothing if it is not there yet, which an event will tell, or not any more.
        let text = self.0.neighbours.files.text(file.school_id, file.file_id).await.map_err(CourseError::from)?;
        let tx = job.unit_of_work().begin().await?;
        self.0.index_file(&tx, &file, text.as_deref()).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for ForgetPerson {
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

#[async_trait]
impl JobHandler for Offer {
    fn kind(&self) -> &'static str {
        if self.offered { SCHOOL_RESTORED } else { SCHOOL_DELETED }
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let school: SchoolId = if self.offered {
            job.payload::<SchoolRestored>()?.school_id
        } else {
            job.payload::<SchoolDeleted>()?.school_id
        };
        let mut tx = job.unit_of_work().begin().await?;
        for course in courses::offer(tx.conn(), school, self.offered).await? {
            tx.invalidate(tag(course));
        }
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for Relearn {
    fn kind(&self) -> &'static str {
        SCHOOL_CHANGED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let school = job.payload::<SchoolChanged>()?.school_id;
        let Some(language) = self.0.language_of_living(school).await? else { return Ok(()) };
        loop {
            let tx = job.platform().unit_of_work(job.cause()).begin().await?;
            let changed = search::relearn(tx.conn(), school, language, BATCH).await?;
            tx.commit_quietly().await?;
            if changed < BATCH || job.cancelled.is_cancelled() {
                return Ok(());
            }
        }
    }
}

#[async_trait]
impl JobHandler for FollowTeacher {
    fn kind(&self) -> &'static str {
        TEACHER_MOVED
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let event: TeachingChanged = job.payload()?;
        let mut tx = job.unit_of_work().begin().await?;
        self.0.follow_teacher(&mut tx, (event.school_id, event.course_id), event.user_id).await?;
        Ok(tx.commit_quietly().await?)
    }
}

#[async_trait]
impl JobHandler for Purge {
    fn kind(&self) -> &'static str {
        PURGE
    }

    /// In small transactions: nobody waits long for one, and what is left over is for the next hour.
    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let platform = job.platform();
        let before = platform.clock.now() - RETENTION;
        let read = platform.db.read(lyceum_kernel::Scope::Platform);
        for course in lifecycle::courses_deleted_before(&read, before, BATCH).await? {
            if job.cancelled.is_cancelled() {
                return Ok(());
            }
            let mut tx = platform.unit_of_work(job.cause()).begin().await?;
            if lifecycle::purge_course(tx.conn(), (course.school_id, course.id), before).await? {
                tx.emit(&CoursePurged { school_id: course.school_id, course_id: course.id });
            }
            tx.commit_quietly().await?;
        }
        loop {
            let tx = platform.unit_of_work(job.cause()).begin().await?;
            let more = lifecycle::purge_parts(tx.conn(), before, BATCH).await?;
            tx.commit_quietly().await?;
            if !more || job.cancelled.is_cancelled() {
                return Ok(());
            }
        }
    }
}
