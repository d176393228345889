//! Who may do what to whom in a school: pure rules, given who acts and on what.
//!
//! That the caller holds the permission of the route is settled before; these rules are about ranks, about what one holds
//! oneself, and about oneself.

use lyceum_kernel::{PlatformRole, Principal, Rank, SchoolId, UserId};

use crate::ports::RoleFacts;

/// Why an act is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The other one stands higher.
    #[error("this person has a rank above yours")]
    RankAbove,
    /// The role to be given or taken stands higher, or allows more, than what the giver has.
    #[error("the role is above yours, or allows what you may not do yourself")]
    RoleAbove,
    /// Nobody takes their own access away by mistake.
    #[error("nobody disables, demotes or removes themselves here")]
    Oneself,
    /// Schools are founded, suspended, deleted and restored by platform staff.
    #[error("only platform staff may do this")]
    PlatformStaffOnly,
    /// Roles are given and taken by those who hold the permission for it.
    #[error("changing roles needs the permission user:manage_roles")]
    RolesNotYours,
    /// What was deleted is listed for those who may restore it.
    #[error("deleted ones are listed for those who may restore them")]
    DeletedForRestorers,
    /// The account's names are its owner's, or another school's, to change.
    #[error("this school did not open the account: its names are changed by its owner")]
    NotManaged,
}

impl Refusal {
    /// The stable code of the problem.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RankAbove => "rank-above-yours",
            Self::RoleAbove => "role-above-yours",
            Self::Oneself => "own-account",
            Self::PlatformStaffOnly => "platform-staff-only",
            Self::RolesNotYours => "permission-missing",
            Self::DeletedForRestorers => "not-allowed",
            Self::NotManaged => "account-not-managed",
        }
    }
}

/// The roles that change hands must be within what the giver has: each that is given, and each that is taken.
pub fn may_assign(who: &Principal, held: &[RoleFacts], wanted: &[RoleFacts]) -> Result<(), Refusal> {
    let differs = |role: &&RoleFacts, others: &[RoleFacts]| others.iter().all(|other| other.name != role.name);
    let given = wanted.iter().filter(|role| differs(role, held));
    let taken = held.iter().filter(|role| differs(role, wanted));
    if given.chain(taken).all(|role| role.within(who)) { Ok(()) } else { Err(Refusal::RoleAbove) }
}

/// Requests to join are decided by those who stand above the role, and hold all that it allows.
pub fn may_decide(who: &Principal, roles: &[RoleFacts]) -> Result<(), Refusal> {
    let below = |role: &RoleFacts| role.rank < who.rank && role.within(who);
    if roles.iter().all(below) { Ok(()) } else { Err(Refusal::RoleAbove) }
}

/// Nobody acts on a rank above their own.
pub fn may_act_on(who: &Principal, target: Rank) -> Result<(), Refusal> {
    if target > who.rank { Err(Refusal::RankAbove) } else { Ok(()) }
}

/// What takes access away is not done to oneself.
pub fn not_oneself(who: &Principal, target: UserId) -> Result<(), Refusal> {
    if who.user_id == target { Err(Refusal::Oneself) } else { Ok(()) }
}

/// Whether somebody is of the platform's staff.
pub const fn is_platform_staff(who: &Principal) -> bool {
    !matches!(who.platform_role, PlatformRole::Member)
}

/// Schools as such are the platform staff's business.
pub const fn platform_staff_only(who: &Principal) -> Result<(), Refusal> {
    if is_platform_staff(who) { Ok(()) } else { Err(Refusal::PlatformStaffOnly) }
}

/// Whether somebody may look at a school at all: its own people, and platform staff.
pub fn sees_school(who: &Principal, school: SchoolId) -> bool {
    is_platform_staff(who) || who.school_id == Some(school)
}

/// Whether somebody may act in a school: its own people while it is their active school, and super admins.
pub fn acts_in_school(who: &Principal, school: SchoolId) -> bool {
    matches!(who.platform_role, PlatformRole::SuperAdmin) || who.school_id == Some(school)
}

/// The rank from which on somebody runs a school.
pub const ADMINISTRATOR: Rank = Rank::SCHOOL_ADMIN;

/// The highest of some roles.
pub fn highest(roles: &[RoleFacts]) -> Option<&RoleFacts> {
    // Of two roles of one rank the first by name, so that the answer is always the same.
    roles.iter().max_by(|a, b| a.rank.cmp(&b.rank).then_with(|| b.name.cmp(&a.name)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lyceum_kernel::{PermissionSet, SessionId};
    use uuid::Uuid;

    use super::*;

    const RANKS: [Rank; 7] = [
        Rank::MEMBER,
        Rank::STUDENT,
        Rank::TEACHER,
        Rank::PRINCIPAL,
        Rank::SCHOOL_ADMIN,
        Rank::ADMIN,
        Rank::SUPER_ADMIN,
    ];

    fn somebody(rank: Rank, permissions: PermissionSet) -> Principal {
        Principal {
            user_id: UserId(Uuid::from_u128(1)),
            session_id: SessionId(Uuid::from_u128(2)),
            school_id: Some(SchoolId(Uuid::from_u128(3))),
            platform_role: PlatformRole::Member,
            permissions,
            rank,
            roles: Arc::default(),
            school_writable: true,
        }
    }

    fn role(name: &str, rank: Rank, permissions: &[&str]) -> RoleFacts {
        RoleFacts { name: name.to_owned(), rank, permissions: PermissionSet::of(permissions.iter().copied()) }
    }

    #[test]
    fn nobody_acts_on_or_gives_a_rank_above_their_own() {
        for mine in RANKS {
            let who = somebody(mine, PermissionSet::all());
            for theirs in RANKS {
                assert_eq!(may_act_on(&who, theirs).is_ok(), theirs <= mine);
                let roles = [role("x", theirs, &[])];
                assert_eq!(may_assign(&who, &[], &roles).is_ok(), theirs <= mine);
                assert_eq!(may_assign(&who, &roles, &[]).is_ok(), theirs <= mine, "taking is giving");
                assert!(may_assign(&who, &roles, &roles).is_ok(), "what stays is not given");
                assert_eq!(may_decide(&who, &roles).is_ok(), theirs < mine, "above, not beside");
            }
        }
    }

    #[test]
    fn nobody_gives_what_they_do_not_hold() {
        let who = somebody(Rank::SCHOOL_ADMIN, PermissionSet::of(["user:read"]));
        assert!(may_assign(&who, &[], &[role("reader", Rank::STUDENT, &["user:read"])]).is_ok());
        let writer = role("writer", Rank::STUDENT, &["user:read", "user:update"]);
        assert_eq!(may_assign(&who, &[], std::slice::from_ref(&writer)), Err(Refusal::RoleAbove));
        assert_eq!(may_assign(&who, std::slice::from_ref(&writer), &[]), Err(Refusal::RoleAbove));
    }

    #[test]
    fn the_highest_role_is_always_the_same_one() {
        let [a, b, c] = [role("a", Rank::TEACHER, &[]), role("b", Rank::TEACHER, &[]), role("c", Rank::STUDENT, &[])];
        assert_eq!(highest(&[c.clone(), b.clone(), a.clone()]).map(|r| r.name.as_str()), Some("a"));
        assert_eq!(highest(&[a, b, c]).map(|r| r.name.as_str()), Some("a"));
        assert_eq!(highest(&[]), None);
    }

    #[test]
    fn schools_are_seen_by_their_own_people_and_by_platform_staff() {
        let (mine, other) = (SchoolId(Uuid::from_u128(3)), SchoolId(Uuid::from_u128(4)));
        let who = somebody(Rank::SCHOOL_ADMIN, PermissionSet::all());
        assert!(sees_school(&who, mine) && !sees_school(&who, other));
        assert!(acts_in_school(&who, mine) && !acts_in_school(&who, other));
        let admin = Principal { platform_role: PlatformRole::Admin, ..who.clone() };
        assert!(sees_school(&admin, other) && !acts_in_school(&admin, other));
        let root = Principal { platform_role: PlatformRole::SuperAdmin, ..who };
        assert!(acts_in_school(&root, other));
    }
}
