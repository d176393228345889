//! Routes of groups.

use lyceum_kernel::{GroupId, UserId};
use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, PathParams, Query, Route, State, Tagged,
    UnitOfWork, Valid, delete, etag, get, patch, post, put,
};

use crate::dto::group::{Group, GroupFilter, PatchGroup, PutGroup};
use crate::dto::person::User;
use crate::error::TenancyError;
use crate::perm::{GroupCreate, GroupDelete, GroupRead, GroupUpdate, UserRead};
use crate::service::TenancyService;
use crate::service::groups::GROUP;

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
        list_members_route(),
        add_member_route(),
        remove_member_route(),
    ]
}

fn needs_school(route: Route) -> Route {
    route.problem("school-needed", 403, "The caller acts in no school, and this is about one.")
}

fn list_route() -> Route {
    get("/v1/groups", list_groups)
        .summary("List groups")
        .describe("Classes, cohorts and teams of the active school.")
        .problem("not-allowed", 403, "Deleted ones are listed for those who may restore them.")
}

async fn list_groups(
    caller: Caller<GroupRead>,
    service: State<TenancyService>,
    filter: Query<GroupFilter>,
    paging: Paging,
) -> Result<Listing<Group>, TenancyError> {
    service.list_groups(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn create_route() -> Route {
    needs_school(post("/v1/groups", create_group))
        .summary("Create a group")
        .describe("A class, cohort or team. Names are unique in the school, whatever their case.")
        .status(201)
        .versioned()
        .problem("name-taken", 409, "Another group has the name.")
        .problem("external-id-taken", 409, "Another group has the external id.")
}

async fn create_group(
    caller: Caller<GroupCreate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    form: Valid<PutGroup>,
) -> Result<Committed<Group>, TenancyError> {
    service.create_group(&caller, work, form.into_inner()).await
}

fn show_route() -> Route {
    get("/v1/groups/{id}", show_group).summary("Read a group").describe("One class, cohort or team.")
}

async fn show_group(
    caller: Caller<GroupRead>,
    service: State<TenancyService>,
    id: PathId<GroupId>,
) -> Result<Tagged<Group>, TenancyError> {
    let group = service.show_group(&caller, id.0).await?;
    let tag = etag(GROUP, group.version);
    Ok(Json::new(group).etag(tag))
}

/// What every change of a group can run into.
fn changes(route: Route) -> Route {
    route.problem("name-taken", 409, "Another group has the name.").problem(
        "external-id-taken",
        409,
        "Another group has the external id.",
    )
}

fn replace_route() -> Route {
    changes(put("/v1/groups/{id}", replace_group))
        .summary("Replace a group")
        .describe("All that can be changed about a group; its members stay.")
}

async fn replace_group(
    caller: Caller<GroupUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<GroupId>,
    if_match: IfMatch,
    form: Valid<PutGroup>,
) -> Result<Committed<Group>, TenancyError> {
    service.replace_group(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    changes(patch("/v1/groups/{id}", patch_group)).summary("Change a group").describe("A merge patch (RFC 7396).")
}

async fn patch_group(
    caller: Caller<GroupUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<GroupId>,
    if_match: IfMatch,
    form: Patch<PatchGroup>,
) -> Result<Committed<Group>, TenancyError> {
    service.patch_group(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    delete("/v1/groups/{id}", delete_group)
        .summary("Delete a group")
        .describe("Hides it; its members stay in the school. It can be restored with its members.")
}

async fn delete_group(
    caller: Caller<GroupDelete>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<GroupId>,
    if_match: IfMatch,
) -> Result<Committed<()>, TenancyError> {
    service.delete_group(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    changes(post("/v1/groups/{id}/restore", restore_group))
        .summary("Restore a deleted group")
        .describe("Brings it back with its members.")
        .versioned()
        .problem("not-deleted", 409, "The group is not deleted.")
}

async fn restore_group(
    caller: Caller<GroupDelete>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<GroupId>,
) -> Result<Committed<Group>, TenancyError> {
    service.restore_group(&caller, work, id.0).await
}

fn list_members_route() -> Route {
    get("/v1/groups/{id}/members", list_group_members)
        .summary("List the people in a group")
        .describe("As the directory shows them.")
}

async fn list_group_members(
    caller: Caller<UserRead>,
    service: State<TenancyService>,
    id: PathId<GroupId>,
    paging: Paging,
) -> Result<Listing<User>, TenancyError> {
    service.list_group_members(&caller, id.0, &paging).await.map(Listing)
}

fn add_member_route() -> Route {
    put("/v1/groups/{id}/members/{user_id}", add_to_group)
        .summary("Put somebody into a group")
        .describe("Nothing happens if they are in it already.")
        .status(204)
}

async fn add_to_group(
    caller: Caller<GroupUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    ids: PathParams<(GroupId, UserId)>,
) -> Result<Committed<()>, TenancyError> {
    service.add_to_group(&caller, work, ids.0).await
}

fn remove_member_route() -> Route {
    delete("/v1/groups/{id}/members/{user_id}", remove_from_group)
        .summary("Take somebody out of a group")
        .describe("They stay in the school.")
}

async fn remove_from_group(
    caller: Caller<GroupUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    ids: PathParams<(GroupId, UserId)>,
) -> Result<Committed<()>, TenancyError> {
    service.remove_from_group(&caller, work, ids.0).await
}
