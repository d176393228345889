//! Routes of the members of a school.

use lyceum_kernel::{SchoolId, UserId};
use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, PathParams, Query, Route, State, Tagged,
    UnitOfWork, Valid, delete, etag, get, patch, put,
};

use crate::dto::person::{Member, PatchMember, PutMember, UserFilter};
use crate::error::TenancyError;
use crate::perm::{UserDelete, UserRead, UserUpdate};
use crate::service::TenancyService;
use crate::service::memberships::MEMBER;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![list_route(), show_route(), replace_route(), patch_route(), delete_route()]
}

fn list_route() -> Route {
    get("/v1/schools/{id}/members", list_members)
        .summary("List the members of a school")
        .describe("With their roles, level and status. `role` is the highest one.")
        .problem("not-allowed", 403, "Removed ones are listed for those who may bring them back.")
}

async fn list_members(
    caller: Caller<UserRead>,
    service: State<TenancyService>,
    id: PathId<SchoolId>,
    filter: Query<UserFilter>,
    paging: Paging,
) -> Result<Listing<Member>, TenancyError> {
    service.list_members_of(&caller, id.0, filter.into_inner(), &paging).await.map(Listing)
}

fn show_route() -> Route {
    get("/v1/schools/{id}/members/{user_id}", show_member)
        .summary("Read a member")
        .describe("One member's roles, level and status.")
}

async fn show_member(
    caller: Caller<UserRead>,
    service: State<TenancyService>,
    ids: PathParams<(SchoolId, UserId)>,
) -> Result<Tagged<Member>, TenancyError> {
    let member = service.show_member_of(&caller, ids.0).await?;
    let tag = etag(MEMBER, member.version);
    Ok(Json::new(member).etag(tag))
}

/// What every change of a member can run into.
fn changes(route: Route) -> Route {
    route
        .problem("permission-missing", 403, "Changing roles needs the permission user:manage_roles.")
        .problem("rank-above-yours", 403, "The member has a rank above the caller's.")
        .problem("role-above-yours", 403, "A role has a rank above the caller's, or allows more.")
        .problem("own-account", 403, "Nobody disables or demotes themselves.")
        .problem("school-read-only", 403, "The school is suspended or lapsed.")
        .problem("unknown-role", 409, "The school has no such role.")
        .problem("external-id-taken", 409, "Somebody in the school has the external id.")
        .problem("no-seat-left", 409, "The school has as many members as it may have.")
        .problem("last-administrator", 409, "Somebody must be left who runs the school.")
}

fn replace_route() -> Route {
    changes(put("/v1/schools/{id}/members/{user_id}", replace_member))
        .summary("Replace a membership")
        .describe("Roles, level and status. For a super admin it also makes an account a member that was none.")
}

async fn replace_member(
    caller: Caller<UserUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    ids: PathParams<(SchoolId, UserId)>,
    if_match: IfMatch,
    form: Valid<PutMember>,
) -> Result<Committed<Member>, TenancyError> {
    service.replace_member(&caller, work, &if_match, (ids.0, form.into_inner())).await
}

fn patch_route() -> Route {
    changes(patch("/v1/schools/{id}/members/{user_id}", patch_member))
        .summary("Change a membership")
        .describe("A merge patch (RFC 7396). `\"status\": \"inactive\"` ends the access.")
}

async fn patch_member(
    caller: Caller<UserUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    ids: PathParams<(SchoolId, UserId)>,
    if_match: IfMatch,
    form: Patch<PatchMember>,
) -> Result<Committed<Member>, TenancyError> {
    service.patch_member(&caller, work, &if_match, (ids.0, form.into_inner())).await
}

fn delete_route() -> Route {
    delete("/v1/schools/{id}/members/{user_id}", remove_member)
        .summary("Remove a member")
        .describe("Ends the access at once; `POST /v1/users/{id}/restore` brings them back.")
        .problem("rank-above-yours", 403, "The member has a rank above the caller's.")
        .problem("own-account", 403, "One leaves under `/v1/me/schools`.")
        .problem("school-read-only", 403, "The school is suspended or lapsed.")
        .problem("last-administrator", 409, "Somebody must be left who runs the school.")
}

async fn remove_member(
    caller: Caller<UserDelete>,
    service: State<TenancyService>,
    work: UnitOfWork,
    ids: PathParams<(SchoolId, UserId)>,
    if_match: IfMatch,
) -> Result<Committed<()>, TenancyError> {
    service.remove_member_of(&caller, work, &if_match, ids.0).await
}
