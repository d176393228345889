//! Reading roles and the catalogue.

use lyceum_kernel::{Cursor, Page, PageRequest, Permission, PermissionMarker as _, Principal, SchoolId, Scope};
use uuid::Uuid;

use super::RbacService;
use crate::dto::{PermissionEntry, Role};
use crate::error::RbacError;
use crate::model::RoleId;
use crate::model::definition::Definition;
use crate::model::{role, role_template};
use crate::perm::RoleDelete;
use crate::repo::roles::Side;
use crate::repo::{roles, templates};

/// A row of either table, in the one order of both: that of ids, which puts what is built in first.
enum Row {
    Template(role_template::Model),
    Role(role::Model),
}

impl Row {
    const fn id(&self) -> RoleId {
        match self {
            Self::Template(template) => template.id,
            Self::Role(role) => role.id,
        }
    }
}

impl RbacService {
    /// A page of the catalogue, by name.
    pub(crate) fn list_permissions(&self, request: &PageRequest) -> Page<PermissionEntry> {
        let begun = |permission: &&Permission| match &request.cursor {
            Some(cursor) => permission.name.as_bytes() > cursor.key.as_slice(),
            None => true,
        };
        let rows = self.catalogue.iter().filter(begun).take(request.limit as usize + 1).copied().collect();
        let cursor = |last: &Permission| Cursor { id: Uuid::nil(), key: last.name.as_bytes().to_vec() };
        let page = Page::cut(rows, request, cursor);
        let total = request.total.then_some(self.catalogue.len() as u64);
        Page { total, ..page.map(PermissionEntry::from) }
    }

    /// A page of the roles that the caller's school has: what is built in, in its versions, and its own. Outside of schools,
    /// what is built in.
    pub(crate) async fn list_roles(
        &self,
        who: &Principal,
        deleted: bool,
        request: &PageRequest,
    ) -> Result<Page<Role>, RbacError> {
        if deleted && !who.may(RoleDelete::PERMISSION) {
            return Err(RbacError::PermissionMissing(RoleDelete::PERMISSION.name));
        }
        let side = if deleted { Side::Deleted } else { Side::Living };
        let after = request.cursor.as_ref().map(|cursor| RoleId(cursor.id));
        let (mut rows, mut total) = (Vec::new(), 0);
        if let Some(school) = who.school_id {
            let db = self.platform.db.read(Scope::School(school));
            rows.extend(roles::page(&db, school, side, after, request.fetch()).await?.into_iter().map(Row::Role));
            if request.total {
                total += roles::count(&db, school, side).await?;
            }
        }
        if side == Side::Living {
            let built_in = templates::all(&self.platform.db.read(Scope::Platform)).await?;
            total += built_in.len() as u64;
            // The school's version of one stands where the original would, so both would be on this page.
            let begun = |template: &role_template::Model| after.is_none_or(|after| template.id > after);
            let as_it_is = |template: &role_template::Model| rows.iter().all(|row| row.id() != template.id);
            let more: Vec<_> = built_in.into_iter().filter(|t| begun(t) && as_it_is(t)).map(Row::Template).collect();
            rows.extend(more);
            rows.sort_by_key(Row::id);
        }
        let page = Page::cut(rows, request, |row| Cursor { id: row.id().uuid(), key: Vec::new() });
        let items = self.complete(who.school_id, page.items).await?;
        let items = items.into_iter().map(|role| Role::of(role, &self.names)).collect();
        Ok(Page { items, next: page.next, total: request.total.then_some(total) })
    }

    /// Adds to rows what they allow.
    async fn complete(&self, school: Option<SchoolId>, rows: Vec<Row>) -> Result<Vec<Definition>, RbacError> {
        let (mut of_templates, mut of_roles) = (Vec::new(), Vec::new());
        for row in &rows {
            match row {
                Row::Template(template) => of_templates.push(template.id),
                Row::Role(role) => of_roles.push(role.id),
            }
        }
        let mut built_in = templates::permissions(&self.platform.db.read(Scope::Platform), &of_templates).await?;
        let mut own = match school {
            Some(school) => {
                roles::permissions(&self.platform.db.read(Scope::School(school)), school, &of_roles).await?
            }
            None => std::collections::BTreeMap::default(),
        };
        let whole = |row| match row {
            Row::Template(template) => {
                let granted = built_in.remove(&template.id).unwrap_or_default();
                Definition::of_template(template, granted)
            }
            Row::Role(role) => {
                let granted = own.remove(&role.id).unwrap_or_default();
                Definition::of_row(role, granted)
            }
        };
        Ok(rows.into_iter().map(whole).collect())
    }

    /// One role: the school's version of it, if it has one.
    pub(crate) async fn show_role(&self, who: &Principal, id: RoleId) -> Result<(Role, String), RbacError> {
        let mut row = None;
        if let Some(school) = who.school_id {
            let own = roles::find(&self.platform.db.read(Scope::School(school)), school, id).await?;
            row = own.filter(|role| role.deleted_at.is_none()).map(Row::Role);
        }
        if row.is_none() {
            row = templates::find(&self.platform.db.read(Scope::Platform), id).await?.map(Row::Template);
        }
        let row = row.ok_or(RbacError::RoleNotFound)?;
        let role = self.complete(who.school_id, vec![row]).await?.pop().ok_or(RbacError::RoleNotFound)?;
        let tag = role.etag();
        Ok((Role::of(role, &self.names), tag))
    }
}
