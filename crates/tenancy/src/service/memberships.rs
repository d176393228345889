//! The members of a school named in the path.

use lyceum_kernel::{Page, PageRequest, PlatformRole, Principal, SchoolId, Scope, UserId};
use lyceum_platform::uow::{Answer, Committed, UnitOfWork};
use lyceum_web::{IfMatch, MergeField, etag};

use crate::dto::person::{Member, MemberRow, PatchMember, PutMember, UserFilter};
use crate::error::TenancyError;
use crate::model::membership::Status;
use crate::policy;
use crate::repo::schools;
use crate::service::TenancyService;
use crate::service::joining::{Joining, Newcomer};
use crate::service::members::{Edited, Target};

/// The kind of view in entity tags of members.
pub(crate) const MEMBER: &str = "member";

const fn target((school, user): (SchoolId, UserId)) -> Target {
    Target { school, user, kind: MEMBER }
}

impl TenancyService {
    /// Whether the caller may look at a school that is there.
    async fn visible(&self, who: &Principal, school: SchoolId) -> Result<(), TenancyError> {
        let found = if policy::sees_school(who, school) {
            schools::find(&self.platform.db.read(Scope::School(school)), school).await?
        } else {
            None
        };
        found.map(|_| ()).ok_or(TenancyError::SchoolNotFound)
    }

    /// A page of the members of a school.
    pub(crate) async fn list_members_of(
        &self,
        who: &Principal,
        school: SchoolId,
        filter: UserFilter,
        request: &PageRequest,
    ) -> Result<Page<Member>, TenancyError> {
        self.visible(who, school).await?;
        Ok(self.list_members(who, school, filter, request).await?.map(Member::from))
    }

    /// One member of a school.
    pub(crate) async fn show_member_of(
        &self,
        who: &Principal,
        (school, user): (SchoolId, UserId),
    ) -> Result<Member, TenancyError> {
        self.visible(who, school).await?;
        Ok(self.show_member(school, user).await?.into())
    }

    /// Replaces what can be changed about a membership; a super admin makes one where there is none.
    pub(crate) async fn replace_member(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (ids, form): ((SchoolId, UserId), PutMember),
    ) -> Result<Committed<Member>, TenancyError> {
        if who.platform_role == PlatformRole::SuperAdmin && !self.is_member(ids).await? {
            return self.make_member(who, uow, ids, form).await;
        }
        let set = |field: Option<String>| field.map_or(MergeField::Null, MergeField::Set);
        let PutMember { roles, status, level, external_id } = form;
        let fields = Fields {
            roles: Some(roles.into_iter().map(String::from).collect()),
            status: Some(status),
            level: set(level.map(String::from)),
            external_id: set(external_id.map(String::from)),
        };
        self.change_member(who, uow, if_match, ids, fields).await
    }

    async fn is_member(&self, (school, user): (SchoolId, UserId)) -> Result<bool, TenancyError> {
        let db = self.platform.db.read(Scope::School(school));
        let row = crate::repo::memberships::find(&db, school, user).await?;
        Ok(row.is_some_and(|row| row.deleted_at.is_none()))
    }

    async fn make_member(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (school, user): (SchoolId, UserId),
        form: PutMember,
    ) -> Result<Committed<Member>, TenancyError> {
        let PutMember { roles, status: _, level, external_id } = form;
        let names: Vec<String> = roles.into_iter().map(String::from).collect();
        let mut tx = uow.begin().await?;
        self.writable_school(&tx, who, school).await?;
        let roles = self.role_facts(&tx, school, &names).await?;
        policy::may_assign(who, &[], &roles)?;
        let joining = Joining {
            level: level.map(String::from),
            external_id: external_id.map(String::from),
            ..Joining::new(school, Newcomer::Owner(user), roles, "added")
        };
        let joined = self.join(&mut tx, joining).await?;
        let view = Member::from(MemberRow { row: joined.membership, roles: joined.roles });
        let tag = etag(MEMBER, view.version);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }

    /// Changes the fields of a membership that the patch names.
    pub(crate) async fn patch_member(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (ids, patch): ((SchoolId, UserId), PatchMember),
    ) -> Result<Committed<Member>, TenancyError> {
        let PatchMember { roles, status, level, external_id } = patch;
        let fields = Fields {
            roles: roles.map(|roles| roles.into_iter().map(String::from).collect()),
            status,
            level: level.map(String::from),
            external_id: external_id.map(String::from),
        };
        self.change_member(who, uow, if_match, ids, fields).await
    }

    async fn change_member(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        ids: (SchoolId, UserId),
        fields: Fields,
    ) -> Result<Committed<Member>, TenancyError> {
        let Edited { tx, member } = self
            .edit_member(who, uow, if_match, target(ids), |mut edit| {
                edit.level = fields.level.apply_to(edit.level);
                edit.external_id = fields.external_id.apply_to(edit.external_id);
                edit.is_active = match fields.status {
                    Some(Status::Active) => true,
                    Some(Status::Inactive) => false,
                    Some(Status::Pending) | None => edit.is_active,
                };
                match fields.roles {
                    Some(roles) => edit.with_roles(roles),
                    None => edit,
                }
            })
            .await?;
        let view = Member::from(member);
        let tag = etag(MEMBER, view.version);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }

    /// Removes a member, softly.
    pub(crate) async fn remove_member_of(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        ids: (SchoolId, UserId),
    ) -> Result<Committed<()>, TenancyError> {
        let tx = self.remove_member(who, uow, if_match, target(ids)).await?;
        Ok(tx.commit(Answer::no_content()).await?)
    }
}

/// The fields that change about a membership.
struct Fields {
    roles: Option<Vec<String>>,
    status: Option<Status>,
    level: MergeField<String>,
    external_id: MergeField<String>,
}
