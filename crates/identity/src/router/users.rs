//! Routes of other people's accounts.

use lyceum_kernel::UserId;
use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged, UnitOfWork, Valid,
    delete, etag, get, patch, post, put,
};
use serde_json::json;

use crate::dto::registration::Acknowledged;
use crate::dto::users::{CreateUser, PatchUser, PutUser, User, UserFilter};
use crate::error::IdentityError;
use crate::perm::{UserCreate, UserDelete, UserRead, UserUpdate};
use crate::service::IdentityService;
use crate::service::users::USER;

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
    ]
}

fn list_route() -> Route {
    get("/v1/users", list_users)
        .summary("List people")
        .describe("`q` finds part of a name, username or address, whatever its case. Deleted accounts are only listed with `deleted=only`, \
             which takes the permission to restore them, `user:delete`.")
        .problem("not-allowed", 403, "Deleted accounts are listed for those who may restore them.")
}

async fn list_users(
    caller: Caller<UserRead>,
    service: State<IdentityService>,
    filter: Query<UserFilter>,
    paging: Paging,
) -> Result<Listing<User>, IdentityError> {
    service.list_users(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn create_route() -> Route {
    post("/v1/users", create_user)
        .summary("Create an account for somebody")
        .describe(
            "With a password the account can be used at once, but its owner must choose another password before anything else. \
             Without one an invitation to choose a password is mailed. Nobody makes an account with a rank above their own.",
        )
        .status(201)
        .versioned()
        .example(json!({"email": "grace@example.org", "full_name": "Grace Hopper", "role": "member"}))
        .problem("role-above-yours", 403, "The role has a rank above the caller's.")
        .problem("username-taken", 409, "The username belongs to somebody else.")
        .problem("email-taken", 409, "The address belongs to somebody else.")
        .problem("hasher-busy", 503, "Too many passwords are being hashed right now.")
}

async fn create_user(
    caller: Caller<UserCreate>,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<CreateUser>,
) -> Result<Committed<User>, IdentityError> {
    service.create_user(&caller, work, form.into_inner()).await
}

fn show_route() -> Route {
    get("/v1/users/{id}", show_user).summary("Read an account").describe("One person's account as staff see it.")
}

async fn show_user(
    _: Caller<UserRead>,
    service: State<IdentityService>,
    id: PathId<UserId>,
) -> Result<Tagged<User>, IdentityError> {
    let user = service.show_user(id.0).await?;
    let tag = etag(USER, user.version);
    Ok(Json::new(user).etag(tag))
}

/// What every change of an account can run into.
fn changes(route: Route) -> Route {
    route
        .problem("rank-above-yours", 403, "The account has a rank above the caller's.")
        .problem("super-admin-only", 403, "Only a super admin changes the role on the deployment.")
        .problem("own-account", 403, "Nobody disables or demotes their own account.")
        .problem("username-taken", 409, "The username belongs to somebody else.")
        .problem("login-name-missing", 409, "An account without an address needs its username.")
        .problem("last-super-admin", 409, "Somebody must be left who runs the deployment.")
}

fn replace_route() -> Route {
    changes(put("/v1/users/{id}", replace_user))
        .summary("Replace an account")
        .describe("All that staff can change. The password is not among it: send a link to choose one. Disabling ends every session.")
}

async fn replace_user(
    caller: Caller<UserUpdate>,
    service: State<IdentityService>,
    work: UnitOfWork,
    id: PathId<UserId>,
    if_match: IfMatch,
    form: Valid<PutUser>,
) -> Result<Committed<User>, IdentityError> {
    service.replace_user(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    changes(patch("/v1/users/{id}", patch_user)).summary("Change an account").describe(
        "A merge patch (RFC 7396). Only a super admin changes `role`. `\"is_active\": false` ends every session.",
    )
}

async fn patch_user(
    caller: Caller<UserUpdate>,
    service: State<IdentityService>,
    work: UnitOfWork,
    id: PathId<UserId>,
    if_match: IfMatch,
    form: Patch<PatchUser>,
) -> Result<Committed<User>, IdentityError> {
    service.patch_user(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    delete("/v1/users/{id}", delete_user)
        .summary("Delete an account")
        .describe("Hides it and ends its sessions. It can be restored; its owner alone can have it erased.")
        .problem("rank-above-yours", 403, "The account has a rank above the caller's.")
        .problem("own-account", 403, "One's own account is erased under `/v1/me`.")
        .problem("last-super-admin", 409, "Somebody must be left who runs the deployment.")
}

async fn delete_user(
    caller: Caller<UserDelete>,
    service: State<IdentityService>,
    work: UnitOfWork,
    id: PathId<UserId>,
    if_match: IfMatch,
) -> Result<Committed<()>, IdentityError> {
    service.delete_user(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    post("/v1/users/{id}/restore", restore_user)
        .summary("Restore a deleted account")
        .describe("Brings it back as it was; its owner logs in anew.")
        .versioned()
        .problem("rank-above-yours", 403, "The account has a rank above the caller's.")
        .problem("own-account", 403, "Nobody restores their own account.")
        .problem("not-deleted", 409, "The account is not deleted.")
}

async fn restore_user(
    caller: Caller<UserDelete>,
    service: State<IdentityService>,
    work: UnitOfWork,
    id: PathId<UserId>,
) -> Result<Committed<User>, IdentityError> {
    service.restore_user(&caller, work, id.0).await
}

fn reset_route() -> Route {
    post("/v1/users/{id}/password-reset", send_password_reset)
        .summary("Mail somebody a link to choose a password")
        .describe("Staff never choose a password for others. Whoever has none yet gets the invitation once more.")
        .status(202)
        .problem("rank-above-yours", 403, "The account has a rank above the caller's.")
        .problem("address-missing", 409, "The account has no e-mail address.")
}

async fn send_password_reset(
    caller: Caller<UserUpdate>,
    service: State<IdentityService>,
    work: UnitOfWork,
    id: PathId<UserId>,
) -> Result<Committed<Acknowledged>, IdentityError> {
    service.send_user_reset(&caller, work, id.0).await
}
