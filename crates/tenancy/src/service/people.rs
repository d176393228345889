//! The directory: of the active school, or, for platform staff without one, of the deployment.

use lyceum_kernel::{Page, PageRequest, PlatformRole, Principal, SchoolId, Scope, UserId};
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::{IfMatch, MergeField, etag};
use secrecy::SecretString;

use crate::dto::person::{CreateUser, Mailed, MemberRow, PatchUser, PutRoles, PutUser, User, UserFilter, UserRoles};
use crate::error::TenancyError;
use crate::policy::{self, Refusal};
use crate::ports::{AccountEdit, PlatformAccount};
use crate::service::TenancyService;
use crate::service::joining::{Joining, NewPerson, Newcomer};
use crate::service::members::{Edited, Target};

/// The kind of view in entity tags of people.
pub(crate) const USER: &str = "user";

/// The kind of view in entity tags of roles of people.
pub(crate) const ROLES: &str = "roles";

/// Where the caller's directory is.
enum Directory {
    School(SchoolId),
    Platform,
}

fn directory(who: &Principal) -> Result<Directory, TenancyError> {
    match who.scope() {
        Scope::School(school) => Ok(Directory::School(school)),
        Scope::Platform => Ok(Directory::Platform),
        Scope::None => Err(TenancyError::SchoolNeeded),
    }
}

const fn target(school: SchoolId, user: UserId) -> Target {
    Target { school, user, kind: USER }
}

impl TenancyService {
    /// A page of the directory.
    pub(crate) async fn list_people(
        &self,
        who: &Principal,
        mut filter: UserFilter,
        request: &PageRequest,
    ) -> Result<Page<User>, TenancyError> {
        match directory(who)? {
            Directory::School(school) => Ok(self.list_members(who, school, filter, request).await?.map(User::from)),
            Directory::Platform => {
                let role = match filter.role.take() {
                    Some(name) => match platform_role(&String::from(name)) {
                        Some(role) => Some(role),
                        // Nobody has a role that there is not on the deployment.
                        None => return Ok(Page { items: Vec::new(), next: None, total: request.total.then_some(0) }),
                    },
                    None => None,
                };
                Ok(self.platform_directory.list(who, filter, role, request).await?)
            }
        }
    }

    /// One person.
    pub(crate) async fn show_person(&self, who: &Principal, id: UserId) -> Result<User, TenancyError> {
        match directory(who)? {
            Directory::School(school) => Ok(self.show_member(school, id).await?.into()),
            Directory::Platform => Ok(self.platform_directory.show(id).await?),
        }
    }

    /// Adds somebody: to the school, or to the deployment.
    pub(crate) async fn create_person(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: CreateUser,
    ) -> Result<Committed<User>, TenancyError> {
        let school = match (form.school_id, directory(who)?) {
            (Some(school), _) if who.platform_role == PlatformRole::SuperAdmin => school,
            (Some(school), Directory::School(active)) if school == active => school,
            (Some(_), _) => return Err(TenancyError::SchoolNotFound),
            (None, Directory::School(active)) => active,
            (None, Directory::Platform) => return self.create_account(who, uow, form).await,
        };
        let CreateUser { username, email, password, full_name, role, level, external_id, mut group_ids, .. } = form;
        let (username, email) = (username.map(String::from), email.map(String::from));
        let full_name = full_name.map(String::from);
        let password = match password {
            Some(password) => Some(self.hashed(&password.0, [&username, &email, &full_name]).await?),
            None => None,
        };
        let mut tx = uow.begin().await?;
        let found = self.writable_school(&tx, who, school).await?;
        let role = role.map_or_else(|| self.joining_role(&found), String::from);
        let roles = self.role_facts(&tx, school, &[role]).await?;
        policy::may_assign(who, &[], &roles)?;
        let person = Newcomer::Person(NewPerson { email, username, full_name, password, chosen: false });
        group_ids.sort_unstable();
        group_ids.dedup();
        let joining = Joining {
            groups: group_ids,
            level: level.map(String::from),
            external_id: external_id.map(String::from),
            ..Joining::new(school, person, roles, "added")
        };
        let joined = self.join(&mut tx, joining).await?;
        let view = User::from(MemberRow { row: joined.membership, roles: joined.roles });
        let (tag, location) = (etag(USER, view.version), format!("/v1/users/{}", view.id));
        Ok(tx.commit(Answer::created(view).location(location).etag(tag)).await?)
    }

    async fn hashed(
        &self,
        password: &SecretString,
        names: [&Option<String>; 3],
    ) -> Result<crate::ports::HashedPassword, TenancyError> {
        let names: Vec<&str> = names.into_iter().filter_map(Option::as_deref).collect();
        Ok(self.accounts.hash_password(&names, password).await?)
    }

    async fn create_account(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: CreateUser,
    ) -> Result<Committed<User>, TenancyError> {
        let CreateUser { username, email, password, full_name, role, level, external_id, group_ids, school_id: _ } =
            form;
        if level.is_some() || external_id.is_some() || !group_ids.is_empty() {
            return Err(TenancyError::SchoolNeeded);
        }
        let role = role.map_or(Ok(PlatformRole::Member), |role| known_platform_role(&String::from(role)))?;
        let account = PlatformAccount {
            username: username.map(String::from),
            email: email.map(String::from),
            password: password.map(|password| password.0),
            full_name: full_name.map(String::from),
            role,
        };
        Ok(self.platform_directory.create(who, uow, account).await?)
    }

    /// Replaces what staff can change about somebody.
    pub(crate) async fn replace_person(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (UserId, PutUser),
    ) -> Result<Committed<User>, TenancyError> {
        let set = |field: Option<String>| field.map_or(MergeField::Null, MergeField::Set);
        let PutUser { username, full_name, is_active, role, level, external_id } = form;
        let patch = Fields {
            username: set(username.map(String::from)),
            full_name: set(full_name.map(String::from)),
            level: set(level.map(String::from)),
            external_id: set(external_id.map(String::from)),
            is_active: Some(is_active),
            role: Some(role.into()),
        };
        self.change_person(who, uow, if_match, id, patch).await
    }

    /// Changes the fields of somebody that the patch names.
    pub(crate) async fn patch_person(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (UserId, PatchUser),
    ) -> Result<Committed<User>, TenancyError> {
        let PatchUser { username, full_name, is_active, role, level, external_id } = patch;
        let patch = Fields {
            username: username.map(String::from),
            full_name: full_name.map(String::from),
            level: level.map(String::from),
            external_id: external_id.map(String::from),
            is_active,
            role: role.map(String::from),
        };
        self.change_person(who, uow, if_match, id, patch).await
    }

    async fn change_person(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: UserId,
        fields: Fields,
    ) -> Result<Committed<User>, TenancyError> {
        let school = match directory(who)? {
            Directory::School(school) => school,
            Directory::Platform => {
                let Fields { username, full_name, is_active, role, level, external_id } = fields;
                if level.value().is_some() || external_id.value().is_some() {
                    return Err(TenancyError::SchoolNeeded);
                }
                let role = role.map(|role| known_platform_role(&role)).transpose()?;
                let edit = AccountEdit { username, full_name, is_active, role };
                return Ok(self.platform_directory.edit(who, uow, if_match, id, edit).await?);
            }
        };
        let edited = self.edit_member(who, uow, if_match, target(school, id), |mut edit| {
            edit.username = fields.username.apply_to(edit.username);
            edit.full_name = fields.full_name.apply_to(edit.full_name);
            edit.level = fields.level.apply_to(edit.level);
            edit.external_id = fields.external_id.apply_to(edit.external_id);
            edit.is_active = fields.is_active.unwrap_or(edit.is_active);
            match fields.role {
                Some(role) => edit.with_role(role),
                None => edit,
            }
        });
        answer(edited.await?).await
    }

    /// Removes somebody from the school, or deletes an account of the deployment; softly.
    pub(crate) async fn delete_person(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: UserId,
    ) -> Result<Committed<()>, TenancyError> {
        match directory(who)? {
            Directory::School(school) => {
                let tx = self.remove_member(who, uow, if_match, target(school, id)).await?;
                Ok(tx.commit(Answer::no_content()).await?)
            }
            Directory::Platform => Ok(self.platform_directory.delete(who, uow, if_match, id).await?),
        }
    }

    /// Brings somebody back.
    pub(crate) async fn restore_person(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: UserId,
    ) -> Result<Committed<User>, TenancyError> {
        match directory(who)? {
            Directory::School(school) => answer(self.restore_member(who, uow, school, id).await?).await,
            Directory::Platform => Ok(self.platform_directory.restore(who, uow, id).await?),
        }
    }

    /// Mails somebody a link to choose a password. In a school: somebody whose account it opened; who has not accepted yet gets
    /// the offer once more, and the answer is the same.
    pub(crate) async fn send_person_password_link(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: UserId,
    ) -> Result<Committed<Mailed>, TenancyError> {
        let school = match directory(who)? {
            Directory::School(school) => school,
            Directory::Platform => return Ok(self.platform_directory.send_password_link(who, uow, id).await?),
        };
        let mut tx = uow.begin().await?;
        let found = self.writable_school(&tx, who, school).await?;
        let row = crate::repo::memberships::find_locked(tx.conn(), school, id).await?;
        let row = row.filter(|row| row.deleted_at.is_none()).ok_or(TenancyError::MemberNotFound)?;
        policy::may_act_on(who, row.rank())?;
        if row.email.is_none() {
            return Err(TenancyError::AddressMissing);
        }
        if let Some(claimant) = row.claimant_id {
            self.offer_again(&mut tx, &found, row, claimant).await?;
        } else {
            let account = self.accounts.by_id(&tx, id).await?.ok_or(TenancyError::MemberNotFound)?;
            if account.opened_by != Some(school) {
                return Err(Refusal::NotManaged.into());
            }
            self.accounts.send_password_link(&mut tx, id).await?;
        }
        tx.audit(Audit::of("tenancy.password_link_sent", "member", id).school(Some(school)));
        let mailed = Mailed { detail: "A message is on its way.".to_owned() };
        Ok(tx.commit(Answer::accepted(mailed)).await?)
    }

    /// The roles of somebody.
    pub(crate) async fn show_roles(&self, who: &Principal, id: UserId) -> Result<UserRoles, TenancyError> {
        Ok(self.show_person(who, id).await?.into())
    }

    /// Gives somebody these roles and no others.
    pub(crate) async fn replace_roles(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (UserId, PutRoles),
    ) -> Result<Committed<UserRoles>, TenancyError> {
        let roles: Vec<String> = form.roles.into_iter().map(String::from).collect();
        let school = match directory(who)? {
            Directory::School(school) => school,
            Directory::Platform => {
                let [role] = roles.as_slice() else { return Err(TenancyError::UnknownRole) };
                let edit = AccountEdit { role: Some(known_platform_role(role)?), ..AccountEdit::default() };
                let done = self.platform_directory.edit(who, uow, if_match, id, edit).await?;
                return roles_of(&done);
            }
        };
        let target = Target { school, user: id, kind: ROLES };
        let Edited { tx, member } = self.edit_member(who, uow, if_match, target, |edit| edit.with_roles(roles)).await?;
        let view = UserRoles::from(User::from(member));
        let tag = etag(ROLES, view.version);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }
}

/// The roles out of an answer about an account, which is committed already.
fn roles_of(done: &Committed<User>) -> Result<Committed<UserRoles>, TenancyError> {
    #[derive(serde::Deserialize)]
    struct Account {
        id: UserId,
        role: String,
        roles: Vec<String>,
        version: i64,
    }
    let json = |error: serde_json::Error| TenancyError::Platform(error.into());
    let Account { id, role, roles, version } = serde_json::from_slice(&done.body).map_err(json)?;
    let view = UserRoles { user_id: id, role, roles, version };
    let mut answer = done.clone().cast::<UserRoles>();
    answer.body = serde_json::to_vec(&view).map_err(json)?.into();
    answer.headers = vec![("etag", etag(ROLES, version))];
    Ok(answer)
}

async fn answer(Edited { tx, member }: Edited) -> Result<Committed<User>, TenancyError> {
    let view = User::from(member);
    let tag = etag(USER, view.version);
    Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
}

/// The fields that change about somebody.
struct Fields {
    username: MergeField<String>,
    full_name: MergeField<String>,
    level: MergeField<String>,
    external_id: MergeField<String>,
    is_active: Option<bool>,
    role: Option<String>,
}

fn platform_role(name: &str) -> Option<PlatformRole> {
    [PlatformRole::Member, PlatformRole::Admin, PlatformRole::SuperAdmin].into_iter().find(|role| role.as_str() == name)
}

fn known_platform_role(name: &str) -> Result<PlatformRole, TenancyError> {
    platform_role(name).ok_or(TenancyError::UnknownRole)
}
