//! What assessments needs of others, in its own words. The gateway holds the adapters.

use std::collections::HashSet;

use async_trait::async_trait;
use lyceum_kernel::{CourseId, GroupId, Principal, SchoolId, ServiceError, UserId};

/// What another context answers when it cannot do what it was asked.
pub type PortError = Box<dyn ServiceError>;

/// What somebody is to a course that they see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CourseStanding {
    /// They own it, teach it, or run the school: its tests are theirs to make.
    pub teaches: bool,
    /// They may take its tests.
    pub takes_part: bool,
}

/// The courses of the active school that somebody has to do with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Involvement {
    /// Those that they own or teach.
    pub taught: Vec<CourseId>,
    /// Those that they take part in.
    pub taken: Vec<CourseId>,
}

/// Courses, who teaches them and who takes part.
#[async_trait]
pub trait Courses: Send + Sync + 'static {
    /// What somebody is to a course; none if they do not see it.
    async fn standing(&self, who: &Principal, course: CourseId) -> Result<Option<CourseStanding>, PortError>;

    /// The courses of the active school that somebody has to do with.
    async fn involvement(&self, who: &Principal) -> Result<Involvement, PortError>;
}

/// The school and its people.
#[async_trait]
pub trait School: Send + Sync + 'static {
    /// The groups of the school that somebody is in.
    async fn groups_of(&self, school: SchoolId, user: UserId) -> Result<HashSet<GroupId>, PortError>;

    /// Whether there is such a group in the school.
    async fn has_group(&self, school: SchoolId, group: GroupId) -> Result<bool, PortError>;

    /// Everybody who is in a group; nothing if the school has no such group.
    async fn members_of(&self, school: SchoolId, group: GroupId) -> Result<Option<Vec<UserId>>, PortError>;

    /// Whether somebody belongs to the school.
    async fn has_member(&self, school: SchoolId, user: UserId) -> Result<bool, PortError>;
}
