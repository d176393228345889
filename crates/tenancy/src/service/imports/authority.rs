//! What an importer was allowed when they asked: nothing is done beyond it, whenever it is done.

use std::sync::Arc;

use lyceum_kernel::{PermissionSet, PlatformRole, Principal, Rank, SessionId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::import::Model;

/// As it is stored with the import.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Authority {
    session: SessionId,
    platform_role: PlatformRole,
    rank: u8,
    /// Every permission there is, if none are listed.
    permissions: Option<Vec<String>>,
}

impl Authority {
    /// Of somebody who asks.
    pub(super) fn of(who: &Principal) -> Value {
        let permissions = who.permissions.listed().map(|names| {
            let mut names: Vec<_> = names.map(str::to_owned).collect();
            names.sort();
            names
        });
        let authority =
            Self { session: who.session_id, platform_role: who.platform_role, rank: who.rank.get(), permissions };
        serde_json::to_value(authority).unwrap_or_default()
    }

    /// Who imports, with what they were allowed. Nothing if it cannot be read.
    pub(super) fn principal(import: &Model) -> Option<Principal> {
        let Self { session, platform_role, rank, permissions } =
            serde_json::from_value(import.authority.clone()).ok()?;
        Some(Principal {
            user_id: import.importer_id,
            session_id: session,
            school_id: Some(import.school_id),
            platform_role,
            permissions: permissions.map_or_else(PermissionSet::all, PermissionSet::of),
            rank: Rank::new(rank),
            roles: Arc::default(),
            school_writable: true,
        })
    }
}
