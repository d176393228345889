//! Who may do what to whose account: pure rules, given who acts and on what.
//!
//! That the caller holds the permission of the route is settled before; these rules are about ranks and about oneself.

use lyceum_kernel::{PlatformRole, Principal, UserId};

/// Why an act on another account is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The other one stands higher.
    #[error("the account has a rank above yours")]
    RankAbove,
    /// The role to be given stands higher than the giver.
    #[error("the role has a rank above yours")]
    RoleAbove,
    /// Roles on the platform are given and taken by super admins.
    #[error("only a super admin changes the platform role of an account")]
    SuperAdminOnly,
    /// One's own account is closed under `/v1/me`, and nobody demotes or disables themselves by mistake.
    #[error("nobody disables, demotes or deletes their own account here")]
    OwnAccount,
}

impl Refusal {
    /// The stable code of the problem.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RankAbove => "rank-above-yours",
            Self::RoleAbove => "role-above-yours",
            Self::SuperAdminOnly => "super-admin-only",
            Self::OwnAccount => "own-account",
        }
    }
}

/// The account that is acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Whose it is.
    pub id: UserId,
    /// Its rank.
    pub role: PlatformRole,
}

/// What changes about an account when staff edit it. `None` means: as before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// The platform role that is to be, if it differs from what is.
    pub role: Option<PlatformRole>,
    /// Whether the account is to be disabled.
    pub disables: bool,
}

/// Nobody makes an account with a rank above their own.
pub fn may_create(actor: &Principal, role: PlatformRole) -> Result<(), Refusal> {
    if role > actor.platform_role { Err(Refusal::RoleAbove) } else { Ok(()) }
}

/// Nobody acts on a rank above their own; only super admins change ranks; nobody takes their own rank or access away.
pub fn may_change(actor: &Principal, target: Target, change: Change) -> Result<(), Refusal> {
    may_act_on(actor, target)?;
    if change.role.is_some() && actor.platform_role != PlatformRole::SuperAdmin {
        return Err(Refusal::SuperAdminOnly);
    }
    if target.id == actor.user_id && (change.role.is_some() || change.disables) {
        return Err(Refusal::OwnAccount);
    }
    Ok(())
}

/// Deleting and restoring: not above one's rank and not oneself.
pub fn may_delete(actor: &Principal, target: Target) -> Result<(), Refusal> {
    may_act_on(actor, target)?;
    if target.id == actor.user_id { Err(Refusal::OwnAccount) } else { Ok(()) }
}

/// Nobody acts on a rank above their own.
pub fn may_act_on(actor: &Principal, target: Target) -> Result<(), Refusal> {
    if target.role > actor.platform_role { Err(Refusal::RankAbove) } else { Ok(()) }
}

/// Whether a change could leave the platform without anybody who runs it, so that the last one must be looked for.
pub const fn loses_super_admin(was: PlatformRole, becomes: Option<PlatformRole>, disabled_or_deleted: bool) -> bool {
    matches!(was, PlatformRole::SuperAdmin)
        && (disabled_or_deleted || matches!(becomes, Some(PlatformRole::Admin | PlatformRole::Member)))
}

#[cfg(test)]
mod tests {
    use lyceum_kernel::{PermissionSet, SessionId};
    use uuid::Uuid;

    use super::*;

    const RANKS: [PlatformRole; 3] = [PlatformRole::Member, PlatformRole::Admin, PlatformRole::SuperAdmin];

    fn actor(role: PlatformRole) -> Principal {
        Principal {
            user_id: UserId(Uuid::from_u128(1)),
            session_id: SessionId(Uuid::from_u128(2)),
            school_id: None,
            platform_role: role,
            permissions: PermissionSet::default(),
            rank: role.rank(),
            roles: [].into(),
            school_writable: true,
        }
    }

    fn other(role: PlatformRole) -> Target {
        Target { id: UserId(Uuid::from_u128(9)), role }
    }

    #[test]
    fn nobody_acts_on_a_rank_above() {
        for mine in RANKS {
            for theirs in RANKS {
                let refused = (theirs > mine).then_some(Refusal::RankAbove).map_or(Ok(()), Err);
                assert_eq!(may_act_on(&actor(mine), other(theirs)), refused);
                assert_eq!(may_delete(&actor(mine), other(theirs)), refused);
                assert_eq!(may_change(&actor(mine), other(theirs), Change::default()), refused);
                assert_eq!(may_create(&actor(mine), theirs).is_ok(), theirs <= mine);
            }
        }
    }

    #[test]
    fn only_super_admins_change_ranks() {
        for mine in RANKS {
            for becomes in RANKS {
                let change = Change { role: Some(becomes), disables: false };
                let allowed = may_change(&actor(mine), other(PlatformRole::Member), change).is_ok();
                assert_eq!(allowed, mine == PlatformRole::SuperAdmin);
            }
        }
    }

    #[test]
    fn nobody_takes_their_own_access_away() {
        let me = actor(PlatformRole::SuperAdmin);
        let myself = Target { id: me.user_id, role: me.platform_role };
        assert_eq!(may_delete(&me, myself), Err(Refusal::OwnAccount));
        let disable = Change { role: None, disables: true };
        assert_eq!(may_change(&me, myself, disable), Err(Refusal::OwnAccount));
        let demote = Change { role: Some(PlatformRole::Member), disables: false };
        assert_eq!(may_change(&me, myself, demote), Err(Refusal::OwnAccount));
        assert_eq!(may_change(&me, myself, Change::default()), Ok(()));
    }

    #[test]
    fn when_the_last_super_admin_must_be_looked_for() {
        assert!(loses_super_admin(PlatformRole::SuperAdmin, None, true));
        assert!(loses_super_admin(PlatformRole::SuperAdmin, Some(PlatformRole::Admin), false));
        assert!(!loses_super_admin(PlatformRole::SuperAdmin, Some(PlatformRole::SuperAdmin), false));
        assert!(!loses_super_admin(PlatformRole::SuperAdmin, None, false));
        assert!(!loses_super_admin(PlatformRole::Admin, None, true));
    }
}
