//! From the names of roles to what they allow: what every request hangs on.

use std::collections::BTreeSet;
use std::sync::Arc;

use lyceum_kernel::{PermissionSet, PlatformRole, Rank, SchoolId, Scope, Standing};
use lyceum_platform::cache::{CacheTag, Witness};
use lyceum_platform::uow::Tx;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{ROLES_TAG, RbacService};
use crate::error::RbacError;
use crate::model::definition::Definition;
use crate::repo::{roles, templates};

/// Roles that somebody has at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Combination {
    school: Option<SchoolId>,
    platform_role: PlatformRole,
    /// Sorted.
    names: Box<[Box<str>]>,
}

/// What a combination of roles comes to, as long as nobody edits one of them.
pub(super) struct Known {
    standing: Standing,
    witness: Witness<2>,
}

/// A role of a school as those see it who give it away.
#[derive(Debug, Clone)]
pub struct AssignableRole {
    /// What it is referred to by.
    pub name: String,
    /// What people read.
    pub title: String,
    /// How high it stands: nobody gives away a rank above their own.
    pub rank: Rank,
    /// What it grants: nobody gives away what they do not hold, [`PermissionSet::covers`].
    pub permissions: PermissionSet,
}

/// The stamp of a school's roles, or of what is built in.
pub(super) fn roles_tag(school: Option<SchoolId>) -> CacheTag {
    CacheTag::new(ROLES_TAG, school.map_or(Uuid::nil(), SchoolId::uuid))
}

impl RbacService {
    /// Where somebody stands who has `platform_role` on the deployment and the roles of these names in `school`.
    ///
    /// A name that no role has counts for nothing. A warm answer costs no query.
    ///
    /// # Errors
    /// When the roles cannot be read now.
    pub async fn standing_of<S: AsRef<str> + Sync>(
        &self,
        platform_role: PlatformRole,
        school: Option<SchoolId>,
        roles: &[S],
        school_writable: bool,
    ) -> Result<Standing, RbacError> {
        let mut names: Vec<Box<str>> = roles.iter().map(|name| name.as_ref().into()).collect();
        names.sort_unstable();
        names.dedup();
        let key = Combination { school, platform_role, names: names.into() };
        if let Some(known) = self.combinations.get(&key)
            && self.platform.caches.confirms(&known.witness)
        {
            return Ok(Standing { school_writable, ..known.standing.clone() });
        }
        let witness = self.platform.caches.witness([roles_tag(school), roles_tag(None)]);
        let standing = self.load_standing(&key).await?;
        if let Some(witness) = witness {
            self.combinations.insert(key, Arc::new(Known { standing: standing.clone(), witness }));
        }
        Ok(Standing { school_writable, ..standing })
    }

    /// The rank of a school's role; none if the school has no role of that name. Roles of the platform are not among them.
    ///
    /// # Errors
    /// When it cannot be read now.
    pub async fn rank_of(&self, school: SchoolId, role: &str) -> Result<Option<Rank>, RbacError> {
        let standing = self.standing_of(PlatformRole::Member, Some(school), &[role], true).await?;
        let known = standing.roles.iter().any(|name| **name == *role);
        Ok((known && role != PlatformRole::Member.as_str()).then_some(standing.rank))
    }

    /// What these roles of a school allow together.
    ///
    /// # Errors
    /// When it cannot be read now.
    pub async fn permissions_of<S: AsRef<str> + Sync>(
        &self,
        school: SchoolId,
        roles: &[S],
    ) -> Result<PermissionSet, RbacError> {
        let db = self.platform.db.read(Scope::School(school));
        let found = self.resolve(&db, &db, school, &borrowed(roles), false).await?;
        Ok(PermissionSet::of(found.iter().flat_map(|role| &role.permissions).map(String::as_str)))
    }

    /// The school's roles of these names, so locked that nobody deletes or changes them until the transaction ends: for whoever
    /// gives them away. A name that no role of the school has is not among them.
    ///
    /// # Errors
    /// When they cannot be read now.
    pub async fn assignable<S: AsRef<str> + Sync>(
        &self,
        tx: &Tx,
        school: SchoolId,
        names: &[S],
    ) -> Result<Vec<AssignableRole>, RbacError> {
        let found = self.resolve(tx.conn(), tx.conn(), school, &borrowed(names), true).await?;
        let assignable = |role: Definition| AssignableRole {
            permissions: PermissionSet::of(role.permissions),
            name: role.name,
            title: role.title,
            rank: role.rank,
        };
        Ok(found.into_iter().map(assignable).collect())
    }

    async fn load_standing(&self, key: &Combination) -> Result<Standing, RbacError> {
        let (mut rank, mut permissions) = (key.platform_role.rank(), BTreeSet::new());
        let mut names: Vec<Box<str>> = Vec::new();
        let platform = self.platform.db.read(Scope::Platform);
        if let Some(school) = key.school {
            let db = self.platform.db.read(Scope::School(school));
            let mut found = self.resolve(&db, &platform, school, &borrowed(&key.names), false).await?;
            found.sort_by(|one, other| other.rank.cmp(&one.rank).then_with(|| one.name.cmp(&other.name)));
            for role in found {
                rank = rank.max(role.rank);
                permissions.extend(role.permissions);
                names.push(role.name.into());
            }
        }
        names.push(key.platform_role.as_str().into());
        let permissions = if key.platform_role == PlatformRole::SuperAdmin {
            PermissionSet::all()
        } else {
            let template = templates::named(&platform, &[key.platform_role.as_str()]).await?;
            let ids: Vec<_> = template.iter().map(|template| template.id).collect();
            permissions.extend(templates::permissions(&platform, &ids).await?.into_values().flatten());
            PermissionSet::of(permissions)
        };
        Ok(Standing { permissions, rank, roles: names.into(), school_writable: true })
    }

    /// The school's roles of these names: its own row of a name if there is one, else what is built in.
    async fn resolve(
        &self,
        db: &impl ConnectionTrait,
        platform: &impl ConnectionTrait,
        school: SchoolId,
        names: &[&str],
        held: bool,
    ) -> Result<Vec<Definition>, RbacError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let rows =
            if held { roles::named_held(db, school, names).await? } else { roles::named(db, school, names).await? };
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let mut grants = roles::permissions(db, school, &ids).await?;
        let missing: Vec<_> = names.iter().copied().filter(|name| rows.iter().all(|row| row.name != *name)).collect();
        let of_row = |row: crate::model::role::Model| {
            let granted = grants.remove(&row.id).unwrap_or_default();
            Definition::of_row(row, granted)
        };
        let mut found: Vec<_> = rows.into_iter().map(of_row).collect();
        if !missing.is_empty() {
            let mut built_in = templates::named(platform, &missing).await?;
            built_in.retain(|template| !template.on_platform);
            let ids: Vec<_> = built_in.iter().map(|template| template.id).collect();
            let mut grants = templates::permissions(platform, &ids).await?;
            found.extend(built_in.into_iter().map(|template| {
                let granted = grants.remove(&template.id).unwrap_or_default();
                Definition::of_template(template, granted)
            }));
        }
        Ok(found)
    }
}

fn borrowed<S: AsRef<str>>(names: &[S]) -> Vec<&str> {
    names.iter().map(AsRef::as_ref).collect()
}
