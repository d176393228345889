//! The deployment's accounts, for its staff: tenancy's routes ask, identity answers.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use lyceum_identity::directory::{
    CreateUser, Deleted, EmailAddress, FullName, NewPassword, PatchUser, User as AccountView,
    UserFilter as AccountFilter, UserSort, Username,
};
use lyceum_identity::{IdentityError, IdentityService};
use lyceum_kernel::{Page, PageRequest, PlatformRole, Principal, ServiceError, UserId};
use lyceum_platform::PlatformError;
use lyceum_platform::uow::{Committed, UnitOfWork};
use lyceum_tenancy::Sort;
use lyceum_tenancy::ports::{AccountEdit, Mailed, PlatformAccount, PlatformDirectory, PortError, User, UserFilter};
use lyceum_web::IfMatch;

/// Identity, as tenancy asks it. Identity is put together after tenancy: it is filled in then.
#[derive(Debug, Default)]
pub struct AccountDirectory(OnceLock<Arc<IdentityService>>);

impl AccountDirectory {
    /// From here on the accounts are there.
    pub fn fill(&self, identity: Arc<IdentityService>) {
        // A second one would mean that two places wire the contexts; the first one stands.
        let _ = self.0.set(identity);
    }

    fn identity(&self) -> Result<&IdentityService, PortError> {
        let missing = || Box::new(PlatformError::setup("the accounts are not wired")) as Box<dyn ServiceError>;
        self.0.get().map(Arc::as_ref).ok_or_else(missing)
    }
}

fn refused(error: IdentityError) -> PortError {
    Box::new(error)
}

fn view(account: AccountView) -> User {
    let AccountView {
        id,
        username,
        email,
        full_name,
        role,
        roles,
        is_active,
        activated_at,
        deleted_at,
        version,
        created_at,
        updated_at,
    } = account;
    User {
        id,
        username,
        email,
        full_name,
        role: role.as_str().to_owned(),
        roles: roles.into_iter().map(|role| role.as_str().to_owned()).collect(),
        is_active,
        level: None,
        external_id: None,
        joined_at: None,
        activated_at: Some(activated_at),
        deleted_at,
        version,
        created_at,
        updated_at,
    }
}

const fn order(sort: Sort) -> UserSort {
    match sort {
        Sort::CreatedAt => UserSort::CreatedAt,
        Sort::CreatedAtDescending => UserSort::CreatedAtDescending,
        Sort::Name => UserSort::Name,
        Sort::NameDescending => UserSort::NameDescending,
    }
}

#[async_trait]
impl PlatformDirectory for AccountDirectory {
    async fn list(
        &self,
        who: &Principal,
        filter: UserFilter,
        role: Option<PlatformRole>,
        request: &PageRequest,
    ) -> Result<Page<User>, PortError> {
        let UserFilter { q, role: _, is_active, group_id, deleted, updated_since, sort } = filter;
        if group_id.is_some() {
            // Groups are a school's: nobody is in one outside of it.
            return Ok(Page { items: Vec::new(), next: None, total: request.total.then_some(0) });
        }
        let deleted = deleted.map(|_| Deleted::Only);
        let filter = AccountFilter { q, is_active, role, deleted, updated_since, sort: sort.map(order) };
        Ok(self.identity()?.list_users(who, filter, request).await.map_err(refused)?.map(view))
    }

    async fn show(&self, id: UserId) -> Result<User, PortError> {
        self.identity()?.show_user(id).await.map(view).map_err(refused)
    }

    async fn create(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        account: PlatformAccount,
    ) -> Result<Committed<User>, PortError> {
        let PlatformAccount { username, email, password, full_name, role } = account;
        let form = CreateUser {
            username: username.map(Username),
            email: email.map(EmailAddress),
            password: password.map(NewPassword),
            full_name: full_name.map(FullName),
            role,
        };
        Ok(self.identity()?.create_user(who, uow, form).await.map_err(refused)?.cast())
    }

    async fn edit(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: UserId,
        edit: AccountEdit,
    ) -> Result<Committed<User>, PortError> {
        let AccountEdit { username, full_name, is_active, role } = edit;
        let patch = PatchUser { username: username.map(Username), full_name: full_name.map(FullName), is_active, role };
        Ok(self.identity()?.patch_user(who, uow, if_match, (id, patch)).await.map_err(refused)?.cast())
    }

    async fn delete(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: UserId,
    ) -> Result<Committed<()>, PortError> {
        self.identity()?.delete_user(who, uow, if_match, id).await.map_err(refused)
    }

    async fn restore(&self, who: &Principal, uow: UnitOfWork, id: UserId) -> Result<Committed<User>, PortError> {
        Ok(self.identity()?.restore_user(who, uow, id).await.map_err(refused)?.cast())
    }

    async fn send_password_link(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: UserId,
    ) -> Result<Committed<Mailed>, PortError> {
        Ok(self.identity()?.send_user_reset(who, uow, id).await.map_err(refused)?.cast())
    }
}
