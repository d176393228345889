//! Groups and who is in them.

use lyceum_kernel::events::tenancy::{GroupDeleted, GroupMemberAdded, GroupMemberRemoved};
use lyceum_kernel::{GroupId, Page, PageRequest, PermissionMarker as _, Principal, SchoolId, UserId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use crate::dto::group::{Group, GroupFilter, PatchGroup, PutGroup};
use crate::dto::person::{User, UserFilter};
use crate::error::TenancyError;
use crate::model::fold;
use crate::model::group::{Column, Kind, Model};
use crate::perm::GroupDelete;
use crate::policy::Refusal;
use crate::repo::groups::{self, Change};
use crate::repo::memberships;
use crate::service::TenancyService;

/// The kind of view in entity tags of groups.
pub(crate) const GROUP: &str = "group";

/// A class to be made by the program itself.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Its school.
    pub school: SchoolId,
    /// What it is called.
    pub name: String,
}

impl TenancyService {
    /// A page of the groups of the active school; of all schools for platform staff without one.
    pub(crate) async fn list_groups(
        &self,
        who: &Principal,
        filter: GroupFilter,
        request: &PageRequest,
    ) -> Result<Page<Group>, TenancyError> {
        let (filter, sorting) = filter.into_query();
        if filter.deleted && !who.may(GroupDelete::PERMISSION) {
            return Err(Refusal::DeletedForRestorers.into());
        }
        let scope = who.scope();
        let (rows, total) = groups::page(&self.platform.db.read(scope), scope, &filter, sorting, request).await?;
        let page = Page::cut(rows, request, |row| sorting.cursor(row.id.uuid(), &row.name_key));
        Ok(Page { total, ..page.map(Group::from) })
    }

    /// One group.
    pub(crate) async fn show_group(&self, who: &Principal, id: GroupId) -> Result<Group, TenancyError> {
        let scope = who.scope();
        let row = groups::find(&self.platform.db.read(scope), scope, id).await?;
        row.map(Group::from).ok_or(TenancyError::GroupNotFound)
    }

    /// Who is in a group: a page of people.
    pub(crate) async fn list_group_members(
        &self,
        who: &Principal,
        id: GroupId,
        request: &PageRequest,
    ) -> Result<Page<User>, TenancyError> {
        let group = self.show_group(who, id).await?;
        let filter = UserFilter { group_id: Some(id), ..UserFilter::default() };
        Ok(self.list_members(who, group.school_id, filter, request).await?.map(User::from))
    }

    /// A new group.
    pub(crate) async fn create_group(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: PutGroup,
    ) -> Result<Committed<Group>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::SchoolNeeded)?;
        let mut tx = uow.begin().await?;
        let PutGroup { name, kind, description, external_id } = form;
        let row = blank(&tx, NewGroup { school, name: name.into() });
        let row = Model { kind, description, external_id: external_id.map(String::from), ..row };
        insert(&mut tx, &row).await?;
        let (tag, location) = (etag(GROUP, row.version), format!("/v1/groups/{}", row.id));
        Ok(tx.commit(Answer::created(Group::from(row)).location(location).etag(tag)).await?)
    }

    /// Makes a class within a unit of work: for the demo.
    ///
    /// # Errors
    /// [`TenancyError::GroupNameTaken`].
    pub async fn form_group(&self, tx: &mut Tx, new: NewGroup) -> Result<GroupId, TenancyError> {
        let row = blank(tx, new);
        insert(tx, &row).await?;
        Ok(row.id)
    }

    /// Replaces what can be changed about a group.
    pub(crate) async fn replace_group(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (GroupId, PutGroup),
    ) -> Result<Committed<Group>, TenancyError> {
        self.change_group(who, uow, if_match, id, |before| Model {
            name: form.name.into(),
            kind: form.kind,
            description: form.description,
            external_id: form.external_id.map(String::from),
            ..before
        })
        .await
    }

    /// Changes the fields of a group that the patch names.
    pub(crate) async fn patch_group(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (GroupId, PatchGroup),
    ) -> Result<Committed<Group>, TenancyError> {
        self.change_group(who, uow, if_match, id, |before| Model {
            name: patch.name.map_or(before.name, String::from),
            kind: patch.kind.unwrap_or(before.kind),
            description: patch.description.apply_to(before.description),
            external_id: patch.external_id.map(String::from).apply_to(before.external_id),
            ..before
        })
        .await
    }

    async fn change_group(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: GroupId,
        edit: impl FnOnce(Model) -> Model + Send,
    ) -> Result<Committed<Group>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::GroupNotFound)?;
        let mut tx = uow.begin().await?;
        let row = living(&tx, school, id).await?;
        if_match.require(&etag(GROUP, row.version)).map_err(|_| TenancyError::Stale)?;
        let mut after = edit(row.clone());
        after.name_key = fold(&after.name);
        if after != row {
            Change::of(&row, tx.now())
                .set(Column::Name, after.name.clone())
                .set(Column::NameKey, after.name_key.clone())
                .set(Column::Kind, after.kind)
                .set(Column::Description, after.description.clone())
                .set(Column::ExternalId, after.external_id.clone())
                .apply(tx.conn())
                .await?;
            (after.version, after.updated_at) = (row.version + 1, tx.now());
            let audit = Audit::of("tenancy.group_changed", "group", id.uuid()).school(Some(school));
            tx.audit(audit.before(facts(&row)).after(facts(&after)));
        }
        let tag = etag(GROUP, after.version);
        Ok(tx.commit(Answer::ok(Group::from(after)).etag(tag)).await?)
    }

    /// Deletes a group, softly. Who was in it stays known, for the restoration.
    pub(crate) async fn delete_group(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: GroupId,
    ) -> Result<Committed<()>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::GroupNotFound)?;
        let mut tx = uow.begin().await?;
        let row = living(&tx, school, id).await?;
        if_match.require(&etag(GROUP, row.version)).map_err(|_| TenancyError::Stale)?;
        Change::of(&row, tx.now()).set(Column::DeletedAt, tx.now()).apply(tx.conn()).await?;
        tx.emit(&GroupDeleted { school_id: school, group_id: id });
        tx.audit(Audit::of("tenancy.group_deleted", "group", id.uuid()).school(Some(school)).before(facts(&row)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted group back.
    pub(crate) async fn restore_group(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: GroupId,
    ) -> Result<Committed<Group>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::GroupNotFound)?;
        let mut tx = uow.begin().await?;
        let row = groups::find_locked(tx.conn(), school, id).await?.ok_or(TenancyError::GroupNotFound)?;
        if row.deleted_at.is_none() {
            return Err(TenancyError::NotDeleted);
        }
        let none: Option<chrono::DateTime<chrono::Utc>> = None;
        Change::of(&row, tx.now()).set(Column::DeletedAt, none).apply(tx.conn()).await?;
        let after = Model { deleted_at: None, version: row.version + 1, updated_at: tx.now(), ..row };
        tx.audit(Audit::of("tenancy.group_restored", "group", id.uuid()).school(Some(school)).after(facts(&after)));
        let tag = etag(GROUP, after.version);
        Ok(tx.commit(Answer::ok(Group::from(after)).etag(tag)).await?)
    }

    /// Puts somebody into a group.
    pub(crate) async fn add_to_group(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, user): (GroupId, UserId),
    ) -> Result<Committed<()>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::GroupNotFound)?;
        let mut tx = uow.begin().await?;
        living(&tx, school, id).await?;
        let member = memberships::find_locked(tx.conn(), school, user).await?;
        member.filter(|row| row.deleted_at.is_none()).ok_or(TenancyError::MemberNotFound)?;
        if !groups::add_member(tx.conn(), school, &[id], user, tx.now()).await?.is_empty() {
            tx.emit(&GroupMemberAdded { school_id: school, group_id: id, user_id: user });
            let audit = Audit::of("tenancy.group_member_added", "group", id.uuid()).school(Some(school));
            tx.audit(audit.after(json!({ "user_id": user })));
        }
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Takes somebody out of a group.
    pub(crate) async fn remove_from_group(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, user): (GroupId, UserId),
    ) -> Result<Committed<()>, TenancyError> {
        let school = who.school_id.ok_or(TenancyError::GroupNotFound)?;
        let mut tx = uow.begin().await?;
        living(&tx, school, id).await?;
        if !groups::remove_member(tx.conn(), school, id, user).await? {
            return Err(TenancyError::MemberNotFound);
        }
        tx.emit(&GroupMemberRemoved { school_id: school, group_id: id, user_id: user });
        let audit = Audit::of("tenancy.group_member_removed", "group", id.uuid()).school(Some(school));
        tx.audit(audit.before(json!({ "user_id": user })));
        Ok(tx.commit(Answer::no_content()).await?)
    }
}

pub(crate) fn blank(tx: &Tx, new: NewGroup) -> Model {
    Model {
        school_id: new.school,
        id: GroupId::new(tx.now(), tx.entropy()),
        kind: Kind::Class,
        name_key: fold(&new.name),
        name: new.name,
        description: None,
        external_id: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        deleted_at: None,
    }
}

pub(crate) async fn insert(tx: &mut Tx, row: &Model) -> Result<(), TenancyError> {
    groups::insert(tx.conn(), row.clone()).await?;
    let audit = Audit::of("tenancy.group_created", "group", row.id.uuid()).school(Some(row.school_id));
    tx.audit(audit.after(facts(row)));
    Ok(())
}

async fn living(tx: &Tx, school: SchoolId, id: GroupId) -> Result<Model, TenancyError> {
    let row = groups::find_locked(tx.conn(), school, id).await?;
    row.filter(|group| group.deleted_at.is_none()).ok_or(TenancyError::GroupNotFound)
}

/// What the audit log keeps of a group.
fn facts(row: &Model) -> Value {
    json!({ "name": row.name, "kind": row.kind, "description": row.description, "external_id": row.external_id })
}
