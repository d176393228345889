//! What enrolments need of others, in their own words. The gateway holds the adapters.

use std::collections::HashMap;

use async_trait::async_trait;
use lyceum_kernel::{CourseId, Principal, SchoolId, ServiceError, UserId};

/// What another context answers when it cannot do what it was asked.
pub type PortError = Box<dyn ServiceError>;

/// What enrolments know of a course that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseFacts {
    /// The course.
    pub id: CourseId,
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

/// Which courses there are. Deleted ones are not.
#[async_trait]
pub trait CourseCatalog: Send + Sync + 'static {
    /// A course of a school.
    async fn course(&self, school: SchoolId, id: CourseId) -> Result<Option<CourseFacts>, PortError>;

    /// A course, if somebody sees it.
    async fn seen(&self, who: &Principal, id: CourseId) -> Result<Option<CourseFacts>, PortError>;

    /// The courses of a school that somebody owns or teaches. They are few.
    async fn taught_by(&self, school: SchoolId, user: UserId) -> Result<Vec<CourseId>, PortError>;
}

/// What enrolments know of a member of a school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberFacts {
    /// Whether they belong to the staff: only they teach.
    pub staff: bool,
}

/// The school's people.
#[async_trait]
pub trait People: Send + Sync + 'static {
    /// Those of some people who belong to the school and are not kept out; who has been asked and has not come yet counts.
    async fn members(&self, school: SchoolId, people: &[UserId]) -> Result<HashMap<UserId, MemberFacts>, PortError>;
}
