//! Who may do what to which role: pure rules, given who acts and on what.
//!
//! That the caller holds the permission of the route is settled before; these rules are about ranks, about what one holds
//! oneself, and about whose the built-in roles are.

use lyceum_kernel::{PlatformRole, Principal, Rank};

use crate::model::definition::{Definition, Origin};

/// Why an act on a role is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The role stands higher than who acts, or is to.
    #[error("the role has a rank above yours")]
    RankAbove,
    /// Nobody grants or takes what they do not hold themselves.
    #[error("you do not hold the permission {0} yourself")]
    PermissionNotHeld(String),
    /// Templates are edited by super admins, outside of schools.
    #[error("only a super admin changes what is built in")]
    SuperAdminOnly,
    /// Roles on the deployment are no affair of schools.
    #[error("this is a role on the platform, not in a school")]
    PlatformRole,
}

impl Refusal {
    /// The stable code of the problem.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RankAbove => "rank-above-yours",
            Self::PermissionNotHeld(_) => "permission-not-held",
            Self::SuperAdminOnly => "super-admin-only",
            Self::PlatformRole => "platform-role",
        }
    }
}

/// A role as it is to be: not above one's own rank, with nothing that one does not hold.
pub fn may_create<'a>(
    actor: &Principal,
    rank: Rank,
    permissions: impl IntoIterator<Item = &'a str>,
) -> Result<(), Refusal> {
    not_above(actor, rank)?;
    holds_all(actor, permissions)
}

/// Title, description and rank: not of a role above one's own rank, nor beyond it.
pub fn may_describe(actor: &Principal, role: &Definition, becomes: Rank) -> Result<(), Refusal> {
    may_touch(actor, role)?;
    not_above(actor, becomes)
}

/// What is granted or taken must be one's own to give.
pub fn may_regrant<'a>(
    actor: &Principal,
    role: &Definition,
    changed: impl IntoIterator<Item = &'a str>,
) -> Result<(), Refusal> {
    may_touch(actor, role)?;
    holds_all(actor, changed)
}

/// Whether a role may be changed at all by somebody.
fn may_touch(actor: &Principal, role: &Definition) -> Result<(), Refusal> {
    match (actor.school_id, role.origin) {
        (None, Origin::BuiltIn) if actor.platform_role != PlatformRole::SuperAdmin => Err(Refusal::SuperAdminOnly),
        (Some(_), Origin::BuiltIn) if role.on_platform => Err(Refusal::PlatformRole),
        _ => not_above(actor, role.rank),
    }
}

fn not_above(actor: &Principal, rank: Rank) -> Result<(), Refusal> {
    if rank > actor.rank { Err(Refusal::RankAbove) } else { Ok(()) }
}

fn holds_all<'a>(actor: &Principal, permissions: impl IntoIterator<Item = &'a str>) -> Result<(), Refusal> {
    let missing = permissions.into_iter().find(|name| !actor.permissions.holds_name(name));
    missing.map_or(Ok(()), |name| Err(Refusal::PermissionNotHeld(name.to_owned())))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use lyceum_kernel::{PermissionSet, SchoolId, SessionId, UserId};
    use uuid::Uuid;

    use super::*;
    use crate::model::RoleId;

    const RANKS: [u8; 7] = [0, 10, 20, 30, 40, 50, 60];

    fn actor(rank: u8, school: bool, permissions: &[&str]) -> Principal {
        Principal {
            user_id: UserId(Uuid::from_u128(1)),
            session_id: SessionId(Uuid::from_u128(2)),
            school_id: school.then_some(SchoolId(Uuid::from_u128(3))),
            platform_role: match rank {
                60 => PlatformRole::SuperAdmin,
                50 => PlatformRole::Admin,
                _ => PlatformRole::Member,
            },
            permissions: if rank == 60 { PermissionSet::all() } else { PermissionSet::of(permissions.iter().copied()) },
            rank: Rank::new(rank),
            roles: [].into(),
            school_writable: true,
        }
    }

    fn role(rank: u8, origin: Origin, on_platform: bool) -> Definition {
        Definition {
            id: RoleId(Uuid::from_u128(4)),
            name: "some".to_owned(),
            title: "Some".to_owned(),
            description: None,
            rank: Rank::new(rank),
            on_platform,
            origin,
            permissions: ["a:read".to_owned(), "b:read".to_owned()].into(),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            deleted_at: None,
        }
    }

    #[test]
    fn nobody_touches_or_makes_a_rank_above() {
        for mine in RANKS {
            let me = actor(mine, true, &["a:read", "b:read"]);
            for theirs in RANKS {
                let own = role(theirs, Origin::Custom, false);
                let allowed = theirs <= mine;
                assert_eq!(may_describe(&me, &own, Rank::MEMBER).is_ok(), allowed);
                assert_eq!(may_describe(&me, &role(0, Origin::Custom, false), Rank::new(theirs)).is_ok(), allowed);
                assert_eq!(may_regrant(&me, &own, []).is_ok(), allowed);
                assert_eq!(may_regrant(&me, &own, ["a:read"]).is_ok(), allowed);
                assert_eq!(may_create(&me, Rank::new(theirs), ["a:read"]).is_ok(), allowed);
            }
        }
    }

    #[test]
    fn nobody_grants_or_takes_what_they_do_not_hold() {
        let me = actor(40, true, &["a:read"]);
        let own = role(10, Origin::Custom, false);
        let missing = Err(Refusal::PermissionNotHeld("b:read".to_owned()));
        assert_eq!(may_create(&me, Rank::STUDENT, ["a:read", "b:read"]), missing);
        assert_eq!(may_regrant(&me, &own, ["b:read"]), missing);
        assert_eq!(may_regrant(&me, &own, ["a:read"]), Ok(()));
        assert_eq!(may_describe(&me, &own, Rank::STUDENT), Ok(()));
        assert_eq!(may_regrant(&actor(60, true, &[]), &own, ["b:read", "c:read"]), Ok(()));
    }

    #[test]
    fn what_is_built_in_belongs_to_super_admins_and_schools_have_versions_of_school_roles() {
        for rank in RANKS {
            let built_in = role(0, Origin::BuiltIn, false);
            let touches = |school| may_describe(&actor(rank, school, &[]), &built_in, Rank::MEMBER).is_ok();
            assert_eq!(touches(false), rank == 60);
            assert!(touches(true));
            let on_platform = role(0, Origin::BuiltIn, true);
            let me = actor(rank, true, &[]);
            assert_eq!(may_describe(&me, &on_platform, Rank::MEMBER), Err(Refusal::PlatformRole));
        }
    }
}
