//! What enrolments need of others, in their own words. The gateway holds the adapters.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use lyceum_kernel::{BlockId, CourseId, GroupId, Principal, SchoolId, ServiceError, TestId, UserId};

/// What another context answers when it cannot do what it was asked.
pub type PortError = Box<dyn ServiceError>;

/// What enrolments know of a course that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseFacts {
    /// The course.
    pub id: CourseId,
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub owner_id: UserId,
    /// Who teaches it beside the owner.
    pub teacher_ids: Vec<UserId>,
    /// Whether it is open to those whom it is for.
    pub published: bool,
    /// Whether it is over.
    pub archived: bool,
}

impl CourseFacts {
    /// Whether somebody owns or teaches it.
    pub fn is_taught_by(&self, user: UserId) -> bool {
        self.owner_id == user || self.teacher_ids.contains(&user)
    }
}

/// By what a course is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CourseKey {
    /// Its id.
    Id(CourseId),
    /// The code in the school's own records, whatever its case.
    Code(String),
}

/// Which courses there are. Deleted ones are not.
#[async_trait]
pub trait CourseCatalog: Send + Sync + 'static {
    /// A course of a school.
    async fn course(&self, school: SchoolId, id: CourseId) -> Result<Option<CourseFacts>, PortError>;

    /// A course, if somebody sees it.
    async fn seen(&self, who: &Principal, id: CourseId) -> Result<Option<CourseFacts>, PortError>;

    /// The courses of a school that somebody owns or teaches. They are few.
    async fn taught_by(&self, school: SchoolId, user: UserId) -> Result<Vec<CourseId>, PortError>;

    /// Those of a school's courses that these keys mean: one question, whatever their number.
    async fn named(&self, school: SchoolId, keys: &[CourseKey]) -> Result<HashMap<CourseKey, CourseFacts>, PortError>;
}

/// What enrolments know of a member of a school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberFacts {
    /// Whether they belong to the staff: only they teach.
    pub staff: bool,
}

/// Where and how somebody is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// The address.
    pub email: String,
    /// What people call them.
    pub name: Option<String>,
    /// The school's language.
    pub locale: String,
    /// What the school is called.
    pub school: String,
}

/// By what somebody is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PersonKey {
    /// Their id in the school.
    Id(UserId),
    /// The id in the school's own records.
    ExternalId(String),
    /// Their address, whatever its case.
    Email(String),
    /// Their username, whatever its case.
    Username(String),
}

/// The school's people.
#[async_trait]
pub trait People: Send + Sync + 'static {
    /// Those of some people who belong to the school and are not kept out; who has been asked and has not come yet counts.
    async fn members(&self, school: SchoolId, people: &[UserId]) -> Result<HashMap<UserId, MemberFacts>, PortError>;

    /// Those of them whom these keys mean: a constant number of questions, whatever their number.
    async fn named(
        &self,
        school: SchoolId,
        keys: &[PersonKey],
    ) -> Result<HashMap<PersonKey, (UserId, MemberFacts)>, PortError>;

    /// Where somebody of the school is written to; nothing if they have no address, or do not belong to it any more.
    async fn addressee(&self, school: SchoolId, user: UserId) -> Result<Option<Addressee>, PortError>;

    /// Everybody who is in these groups at this moment, by when they came in; nothing if there is one that the school does not have.
    async fn in_groups(&self, school: SchoolId, groups: &[GroupId]) -> Result<Option<Vec<UserId>>, PortError>;
}

/// What completes a block for a learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionRule {
    /// The learner says so.
    Manual,
    /// The learner has opened it, or says so.
    Viewed,
    /// The learner has passed its test.
    Passed,
    /// The learner has handed something in: their work, or its test.
    Submitted,
}

impl CompletionRule {
    /// Whether it is enough that the learner says so.
    pub const fn is_by_hand(self) -> bool {
        matches!(self, Self::Manual | Self::Viewed)
    }
}

/// What progress knows of a block, as it stands for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockFacts {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// Whether the course is published.
    pub published: bool,
    /// What completes it.
    pub rule: CompletionRule,
    /// Why it is locked for them; nothing if it is open.
    pub locked: Option<String>,
}

/// What there is to be completed in a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoursePlan {
    /// The course.
    pub course_id: CourseId,
    /// What it is called.
    pub title: String,
    /// Year, grade or level.
    pub level: Option<String>,
    /// Raised by every change beneath the course; never newer than the blocks.
    pub revision: i64,
    /// Its blocks, in order.
    pub blocks: Vec<BlockId>,
}

impl CoursePlan {
    /// Of a course that went away a moment ago.
    pub(crate) const fn nothing(course_id: CourseId) -> Self {
        Self { course_id, title: String::new(), level: None, revision: 0, blocks: Vec::new() }
    }

    /// How many blocks there are.
    pub(crate) fn count(&self) -> i64 {
        i64::try_from(self.blocks.len()).unwrap_or(i64::MAX)
    }
}

/// What learners work through.
#[async_trait]
pub trait Lessons: Send + Sync + 'static {
    /// A block, if somebody sees it, open or locked.
    async fn block(&self, who: &Principal, id: BlockId) -> Result<Option<BlockFacts>, PortError>;

    /// The blocks of a school that a test is in, unlocked as far as this knows; those of deleted courses are left out.
    async fn tested_by(&self, school: SchoolId, test: TestId) -> Result<Vec<(BlockId, BlockFacts)>, PortError>;

    /// What there is to be completed in some courses of a school; deleted ones are left out. A constant number of queries.
    async fn plans(&self, school: SchoolId, courses: &[CourseId]) -> Result<Vec<CoursePlan>, PortError>;
}

/// Where somebody stands with a test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TestOutcome {
    /// They have handed it in, or it was closed with what they had saved.
    pub handed_in: bool,
    /// An attempt of theirs is marked and passed; at a test without a pass mark, marked.
    pub passed: bool,
}

/// The school's tests.
#[async_trait]
pub trait Tests: Send + Sync + 'static {
    /// Where somebody stands with a test now.
    async fn outcome(&self, school: SchoolId, test: TestId, user: UserId) -> Result<TestOutcome, PortError>;
}

/// The school's groups.
#[async_trait]
pub trait Classes: Send + Sync + 'static {
    /// The groups of the school that somebody is in, deleted ones among them: they may come back.
    async fn groups_of(&self, school: SchoolId, user: UserId) -> Result<HashSet<GroupId>, PortError>;

    /// Whether there is such a group in the school.
    async fn is_group(&self, school: SchoolId, group: GroupId) -> Result<bool, PortError>;

    /// Everybody who is in a group of the school, deleted ones among them, once for each.
    async fn memberships(&self, school: SchoolId) -> Result<Vec<(GroupId, UserId)>, PortError>;
}
