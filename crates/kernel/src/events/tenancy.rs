//! What tenancy tells the others.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event;
use crate::{GroupId, InviteId, SchoolId, UserId};

/// A school was founded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolCreated {
    /// The school.
    pub school_id: SchoolId,
    /// What it is called.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
}
event!(SchoolCreated, "tenancy.school_created.v1");

/// A school's name, settings or status changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolChanged {
    /// The school.
    pub school_id: SchoolId,
    /// What it is called now.
    pub name: String,
    /// The IANA time zone that its days are counted in now.
    pub time_zone: String,
    /// Whether it is suspended now: it can be read, not written.
    pub suspended: bool,
}
event!(SchoolChanged, "tenancy.school_changed.v1");

/// A school was deleted, with everything in it. It may be restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolDeleted {
    /// The school.
    pub school_id: SchoolId,
}
event!(SchoolDeleted, "tenancy.school_deleted.v1");

/// A deleted school came back, as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolRestored {
    /// The school.
    pub school_id: SchoolId,
}
event!(SchoolRestored, "tenancy.school_restored.v1");

/// Somebody belongs to a school from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberJoined {
    /// The school.
    pub school_id: SchoolId,
    /// The account.
    pub user_id: UserId,
    /// The names of the roles.
    pub roles: Vec<String>,
}
event!(MemberJoined, "tenancy.member_joined.v1");

/// Somebody who belonged to a school before, and did not meanwhile, belongs to it again. Told beside [`MemberJoined`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberReturned {
    /// The school.
    pub school_id: SchoolId,
    /// The account.
    pub user_id: UserId,
}
event!(MemberReturned, "tenancy.member_returned.v1");

/// Somebody accepted what a school had offered them: the id that stood for them there gives way to that of their account. Told
/// beside [`MemberJoined`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberAccepted {
    /// The school.
    pub school_id: SchoolId,
    /// The account.
    pub user_id: UserId,
    /// The id that stood for them.
    pub formerly: UserId,
}
event!(MemberAccepted, "tenancy.member_accepted.v1");

/// Somebody does not belong to a school any more, or may not enter it for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLeft {
    /// The school.
    pub school_id: SchoolId,
    /// The account.
    pub user_id: UserId,
}
event!(MemberLeft, "tenancy.member_left.v1");

/// The roles of a member changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRolesChanged {
    /// The school.
    pub school_id: SchoolId,
    /// The account.
    pub user_id: UserId,
    /// The names of the roles now.
    pub roles: Vec<String>,
}
event!(MemberRolesChanged, "tenancy.member_roles_changed.v1");

/// Somebody is in a group from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMemberAdded {
    /// The school.
    pub school_id: SchoolId,
    /// The group.
    pub group_id: GroupId,
    /// The account.
    pub user_id: UserId,
}
event!(GroupMemberAdded, "tenancy.group_member_added.v1");

/// Somebody is not in a group any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMemberRemoved {
    /// The school.
    pub school_id: SchoolId,
    /// The group.
    pub group_id: GroupId,
    /// The account.
    pub user_id: UserId,
}
event!(GroupMemberRemoved, "tenancy.group_member_removed.v1");

/// A group was deleted. It may be restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupDeleted {
    /// The school.
    pub school_id: SchoolId,
    /// The group.
    pub group_id: GroupId,
}
event!(GroupDeleted, "tenancy.group_deleted.v1");

/// Somebody came in by an invite, or got what it grants beside what they had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRedeemed {
    /// The school.
    pub school_id: SchoolId,
    /// The account.
    pub user_id: UserId,
    /// The invite.
    pub invite_id: InviteId,
    /// The course that it is for: whoever keeps enrolments enrols them.
    pub course_id: Option<Uuid>,
    /// The name of the role that it grants.
    pub role: String,
}
event!(InviteRedeemed, "tenancy.invite_redeemed.v1");
