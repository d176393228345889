//! What courses needs of others, in its own words. The gateway holds the adapters.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use lyceum_kernel::{BlockId, CourseId, FileId, GroupId, Principal, SchoolId, ServiceError, UserId};
use uuid::Uuid;

/// What another context answers when it cannot do what it was asked.
pub type PortError = Box<dyn ServiceError>;

/// Who takes part in which courses.
#[async_trait]
pub trait Enrolments: Send + Sync + 'static {
    /// The courses of a school that somebody takes part in. They are few.
    async fn courses_of(&self, school: SchoolId, user: UserId) -> Result<Vec<CourseId>, PortError>;

    /// Whether somebody is enrolled in a course as one who teaches it.
    async fn teaches(&self, school: SchoolId, user: UserId, course: CourseId) -> Result<bool, PortError>;
}

/// What learners have completed.
#[async_trait]
pub trait Completions: Send + Sync + 'static {
    /// The blocks of a course that somebody has completed.
    async fn blocks_completed(
        &self,
        school: SchoolId,
        user: UserId,
        course: CourseId,
    ) -> Result<HashSet<BlockId>, PortError>;

    /// Whether somebody has completed a course.
    async fn course_completed(&self, school: SchoolId, user: UserId, course: CourseId) -> Result<bool, PortError>;
}

/// What learners scored.
#[async_trait]
pub trait Scores: Send + Sync + 'static {
    /// The best score of somebody in each of some blocks, in per cent; blocks without one are left out.
    async fn best_scores(
        &self,
        school: SchoolId,
        user: UserId,
        blocks: &[BlockId],
    ) -> Result<HashMap<BlockId, f64>, PortError>;
}

/// The school and its people.
#[async_trait]
pub trait School: Send + Sync + 'static {
    /// The groups of the school that somebody is in.
    async fn groups_of(&self, school: SchoolId, user: UserId) -> Result<HashSet<GroupId>, PortError>;

    /// Which of some groups there are in the school.
    async fn known_groups(&self, school: SchoolId, groups: &[GroupId]) -> Result<HashSet<GroupId>, PortError>;

    /// Which of some people belong to the school's staff: only they teach.
    async fn staff_among(&self, school: SchoolId, people: &[UserId]) -> Result<HashSet<UserId>, PortError>;

    /// The language of the school (BCP 47).
    async fn locale(&self, school: SchoolId) -> Result<String, PortError>;
}

/// The tests of the school.
#[async_trait]
pub trait Tests: Send + Sync + 'static {
    /// Whether somebody may hang a test on a course: it is there, and theirs to use.
    async fn may_attach(&self, who: &Principal, test: Uuid) -> Result<bool, PortError>;
}

/// What a course shows of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// The file.
    pub id: FileId,
    /// What it is called.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// In bytes.
    pub size: u64,
}

/// The files of the school.
#[async_trait]
pub trait Files: Send + Sync + 'static {
    /// Those of some files that are there, whole.
    async fn describe(&self, school: SchoolId, files: &[FileId]) -> Result<Vec<FileFacts>, PortError>;

    /// Whether somebody may hang a file on a course: it is there, and theirs to use.
    async fn may_attach(&self, who: &Principal, file: FileId) -> Result<bool, PortError>;

    /// The words in a file, once they were extracted.
    async fn text(&self, school: SchoolId, file: FileId) -> Result<Option<String>, PortError>;
}
