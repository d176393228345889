//! Routes of the directory and of people's roles.

use lyceum_kernel::UserId;
use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged, UnitOfWork, Valid,
    delete, etag, get, patch, post, put,
};

use crate::dto::person::{CreateUser, Mailed, PatchUser, PutRoles, PutUser, User, UserFilter, UserRoles};
use crate::error::TenancyError;
use crate::perm::{UserCreate, UserDelete, UserManageRoles, UserRead, UserUpdate};
use crate::service::TenancyService;
use crate::service::people::{ROLES, USER};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        list_route(),
        create_route(),
        show_route(),
        replace_route(),
        patch_route(),
        delete_route(),
        restore_route(),
        reset_route(),
        show_roles_route(),
        replace_roles_route(),
    ]
}

/// What is said of every route of the directory.
macro_rules! scope {
    ($text:literal) => {
        concat!(
            $text,
            " People are those of the active school; for platform staff without one, the accounts of the deployment."
        )
    };
}

fn needs_school(route: Route) -> Route {
    route.problem("school-needed", 403, "The caller acts in no school, and this is about one.")
}

fn list_route() -> Route {
    needs_school(get("/v1/users", list_people))
        .summary("List people")
        .describe(scope!(
            "`q` finds part of a name, username or address, whatever its case; `role` is the highest one. People who were removed \
             are only listed with `deleted=only`, which takes the permission to bring them back, `user:delete`."
        ))
        .problem("not-allowed", 403, "Deleted ones are listed for those who may restore them.")
}

async fn list_people(
    caller: Caller<UserRead>,
    service: State<TenancyService>,
    filter: Query<UserFilter>,
    paging: Paging,
) -> Result<Listing<User>, TenancyError> {
    service.list_people(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn create_route() -> Route {
    needs_school(post("/v1/users", create_person))
        .summary("Add somebody")
        .describe(scope!(
            "With a password the account can be used at once, but its owner must choose another password before anything else. \
             Without one an invitation to choose a password is mailed. An address that the deployment knows is answered like an \
             unknown one: its owner is asked by mail. Nobody gives a role above their own, or that allows what they may not do."
        ))
        .status(201)
        .versioned()
        .problem("role-above-yours", 403, "The role has a rank above the caller's, or allows more.")
        .problem("school-read-only", 403, "The school is suspended or lapsed.")
        .problem("not-found", 404, "There is no such school or group.")
        .problem("unknown-role", 409, "There is no such role.")
        .problem("username-taken", 409, "Somebody else has the username.")
        .problem("email-taken", 409, "Somebody else has the address.")
        .problem("already-a-member", 409, "Somebody in the school has the address.")
        .problem("external-id-taken", 409, "Somebody in the school has the external id.")
        .problem("no-seat-left", 409, "The school has as many members as it may have.")
        .problem("hasher-busy", 503, "Too many passwords are being hashed right now.")
}

async fn create_person(
    caller: Caller<UserCreate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    form: Valid<CreateUser>,
) -> Result<Committed<User>, TenancyError> {
    service.create_person(&caller, work, form.into_inner()).await
}

fn show_route() -> Route {
    needs_school(get("/v1/users/{id}", show_person))
        .summary("Read somebody")
        .describe(scope!("One person as staff see them."))
}

async fn show_person(
    caller: Caller<UserRead>,
    service: State<TenancyService>,
    id: PathId<UserId>,
) -> Result<Tagged<User>, TenancyError> {
    let user = service.show_person(&caller, id.0).await?;
    let tag = etag(USER, user.version);
    Ok(Json::new(user).etag(tag))
}

/// What every change of somebody can run into.
fn changes(route: Route) -> Route {
    needs_school(route)
        .problem("permission-missing", 403, "Changing roles needs the permission user:manage_roles.")
        .problem("rank-above-yours", 403, "The person has a rank above the caller's.")
        .problem("role-above-yours", 403, "The role has a rank above the caller's, or allows more.")
        .problem("super-admin-only", 403, "Only a super admin changes the role on the deployment.")
        .problem("account-not-managed", 403, "The school did not open the account: its owner changes the names.")
        .problem("own-account", 403, "Nobody disables or demotes themselves.")
        .problem("unknown-role", 409, "There is no such role.")
        .problem("username-taken", 409, "Somebody else has the username.")
        .problem("external-id-taken", 409, "Somebody in the school has the external id.")
        .problem("login-name-missing", 409, "An account without an address needs its username.")
        .problem("no-seat-left", 409, "The school has as many members as it may have.")
        .problem("last-administrator", 409, "Somebody must be left who runs the school.")
        .problem("last-super-admin", 409, "Somebody must be left who runs the deployment.")
}

fn replace_route() -> Route {
    changes(put("/v1/users/{id}", replace_person)).summary("Replace what staff can change about somebody").describe(
        "All that staff can change. The password is not among it: send a link to choose one. Another `role` than the present one \
         replaces all roles. `\"is_active\": false` ends the access.",
    )
}

async fn replace_person(
    caller: Caller<UserUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<UserId>,
    if_match: IfMatch,
    form: Valid<PutUser>,
) -> Result<Committed<User>, TenancyError> {
    service.replace_person(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    changes(patch("/v1/users/{id}", patch_person)).summary("Change somebody").describe(
        "A merge patch (RFC 7396). Another `role` than the present one replaces all roles. `\"is_active\": false` ends the access.",
    )
}

async fn patch_person(
    caller: Caller<UserUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<UserId>,
    if_match: IfMatch,
    form: Patch<PatchUser>,
) -> Result<Committed<User>, TenancyError> {
    service.patch_person(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    needs_school(delete("/v1/users/{id}", delete_person))
        .summary("Remove somebody")
        .describe(
            "Removes them from the active school, with no access from now on; their account stays theirs. Without an active school, \
             platform staff delete an account. Both can be undone.",
        )
        .problem("rank-above-yours", 403, "The person has a rank above the caller's.")
        .problem("own-account", 403, "One's own school is left under `/v1/me/schools`, one's own account erased under `/v1/me`.")
        .problem("last-administrator", 409, "Somebody must be left who runs the school.")
        .problem("last-super-admin", 409, "Somebody must be left who runs the deployment.")
}

async fn delete_person(
    caller: Caller<UserDelete>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<UserId>,
    if_match: IfMatch,
) -> Result<Committed<()>, TenancyError> {
    service.delete_person(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    needs_school(post("/v1/users/{id}/restore", restore_person))
        .summary("Bring somebody back")
        .describe("As they were, with their roles and groups.")
        .versioned()
        .problem("rank-above-yours", 403, "The person has a rank above the caller's.")
        .problem("own-account", 403, "Nobody restores their own account.")
        .problem("not-deleted", 409, "They are not removed.")
        .problem("username-taken", 409, "Somebody else has taken the username meanwhile.")
        .problem("already-a-member", 409, "The address was added again meanwhile.")
        .problem("external-id-taken", 409, "Somebody else has taken the external id meanwhile.")
        .problem("no-seat-left", 409, "The school has as many members as it may have.")
}

async fn restore_person(
    caller: Caller<UserDelete>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<UserId>,
) -> Result<Committed<User>, TenancyError> {
    service.restore_person(&caller, work, id.0).await
}

fn reset_route() -> Route {
    needs_school(post("/v1/users/{id}/password-reset", send_password_reset))
        .summary("Mail somebody a link to choose a password")
        .describe(
            "Staff never choose a password for others. Whoever has none yet gets the invitation once more. A school does it for the \
             accounts that it opened.",
        )
        .status(202)
        .problem("rank-above-yours", 403, "The person has a rank above the caller's.")
        .problem("account-not-managed", 403, "The school did not open the account: its owner asks for a link.")
        .problem("address-missing", 409, "The person has no e-mail address.")
}

async fn send_password_reset(
    caller: Caller<UserUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<UserId>,
) -> Result<Committed<Mailed>, TenancyError> {
    service.send_person_password_link(&caller, work, id.0).await
}

fn show_roles_route() -> Route {
    needs_school(get("/v1/users/{id}/roles", show_roles))
        .summary("Read somebody's roles")
        .describe(scope!("All roles of one person, and the highest of them."))
}

async fn show_roles(
    caller: Caller<UserRead>,
    service: State<TenancyService>,
    id: PathId<UserId>,
) -> Result<Tagged<UserRoles>, TenancyError> {
    let roles = service.show_roles(&caller, id.0).await?;
    let tag = etag(ROLES, roles.version);
    Ok(Json::new(roles).etag(tag))
}

fn replace_roles_route() -> Route {
    changes(put("/v1/users/{id}/roles", replace_roles)).summary("Give somebody roles").describe(
        "These roles and no others. Nobody gives or takes a role above their own, or one that allows what they may not do \
         themselves, nor changes their own roles.",
    )
}

async fn replace_roles(
    caller: Caller<UserManageRoles>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<UserId>,
    if_match: IfMatch,
    form: Valid<PutRoles>,
) -> Result<Committed<UserRoles>, TenancyError> {
    service.replace_roles(&caller, work, &if_match, (id.0, form.into_inner())).await
}
