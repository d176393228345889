//! Queries. None of them knows of policy or HTTP.

pub mod roles;
pub mod templates;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::RoleId;

/// What several roles allow.
pub type Grants = BTreeMap<RoleId, BTreeSet<String>>;

fn gather(rows: impl IntoIterator<Item = (RoleId, String)>) -> Grants {
    let mut grants = Grants::new();
    for (role, permission) in rows {
        grants.entry(role).or_default().insert(permission);
    }
    grants
}
