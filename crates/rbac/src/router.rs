//! The route table of roles and permissions.

use std::sync::Arc;

use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, PathParams, Query, Route, Routes, State, Tagged,
    UnitOfWork, Valid, delete, get, patch, post, put,
};
use serde_json::json;

use crate::dto::{CreateRole, PatchRole, PermissionEntry, PermissionName, PutPermissions, PutRole, Role, RoleFilter};
use crate::error::RbacError;
use crate::model::RoleId;
use crate::perm::{PermissionAssign, PermissionRead, RoleCreate, RoleDelete, RoleRead, RoleUpdate};
use crate::service::RbacService;

/// All routes of rbac, served by `service`.
pub fn routes(service: &Arc<RbacService>) -> Routes {
    let table = Routes::new("rbac", "Roles and the permissions that they grant.").state(Arc::clone(service));
    let all = [
        catalogue_route(),
        list_route(),
        create_route(),
        show_route(),
        replace_route(),
        patch_route(),
        delete_route(),
        restore_route(),
        replace_permissions_route(),
        add_permission_route(),
        remove_permission_route(),
    ];
    all.into_iter().fold(table, Routes::add)
}

fn catalogue_route() -> Route {
    get("/v1/permissions", list_permissions)
        .summary("List the permissions there are")
        .describe("Every permission of every part of the system, by name. Roles grant them; a token can be narrowed to some of them.")
}

async fn list_permissions(
    _: Caller<PermissionRead>,
    service: State<RbacService>,
    paging: Paging,
) -> Result<Listing<PermissionEntry>, RbacError> {
    Ok(service.list_permissions(&paging).into())
}

fn list_route() -> Route {
    get("/v1/roles", list_roles).summary("List roles").describe(
        "The eight built-in roles, each as the school has it, then the school's own in the order in which they were made. Outside of \
         a school: the built-in roles as they are. `deleted=only` needs `role:delete`.",
    )
    .problem("permission-missing", 403, "The caller does not hold the permission, or wants deleted roles without `role:delete`.")
}

async fn list_roles(
    caller: Caller<RoleRead>,
    service: State<RbacService>,
    filter: Query<RoleFilter>,
    paging: Paging,
) -> Result<Listing<Role>, RbacError> {
    service.list_roles(&caller, filter.deleted.is_some(), &paging).await.map(Listing)
}

fn create_route() -> Route {
    post("/v1/roles", create_role)
        .summary("Create a role of the school")
        .describe("Its rank is at most the caller's, and it grants nothing that the caller does not hold.")
        .status(201)
        .versioned()
        .example(json!({
            "name": "librarian", "title": "Librarian", "description": "Looks after the library.", "rank": 15,
            "permissions": ["group:read", "school:read", "user:read"]
        }))
        .problem("rank-above-yours", 403, "The rank is above the caller's.")
        .problem("permission-not-held", 403, "The caller does not hold a permission that the role is to grant.")
        .problem("school-required", 409, "There is no active school.")
        .problem("role-name-taken", 409, "Another role of the school has the name, or a built-in one.")
        .problem("unknown-permission", 409, "A permission is not in the catalogue.")
        .problem("too-many-roles", 409, "The school has 200 roles of its own.")
}

async fn create_role(
    caller: Caller<RoleCreate>,
    service: State<RbacService>,
    work: UnitOfWork,
    form: Valid<CreateRole>,
) -> Result<Committed<Role>, RbacError> {
    service.create_role(&caller, work, form.into_inner()).await
}

fn show_route() -> Route {
    get("/v1/roles/{id}", show_role)
        .summary("Read a role")
        .describe("With the permissions that it grants: of a built-in role, the school's version if it has one.")
}

async fn show_role(
    caller: Caller<RoleRead>,
    service: State<RbacService>,
    id: PathId<RoleId>,
) -> Result<Tagged<Role>, RbacError> {
    let (role, tag) = service.show_role(&caller, id.0).await?;
    Ok(Json::new(role).etag(tag))
}

/// What every change of a role can run into.
fn changes(route: Route) -> Route {
    route
        .problem("rank-above-yours", 403, "The role has a rank above the caller's, or would have.")
        .problem("super-admin-only", 403, "Only a super admin changes built-in roles outside of a school.")
        .problem("platform-role", 403, "A role on the platform is no affair of a school.")
}

fn replace_route() -> Route {
    changes(put("/v1/roles/{id}", replace_role))
        .summary("Replace a role's title, description and rank")
        .describe(
            "In a school, changing a built-in role makes the school's version of it; it keeps its id, name and rank.",
        )
        .problem("rank-fixed", 409, "The rank of a built-in role does not change.")
}

async fn replace_role(
    caller: Caller<RoleUpdate>,
    service: State<RbacService>,
    work: UnitOfWork,
    id: PathId<RoleId>,
    if_match: IfMatch,
    form: Valid<PutRole>,
) -> Result<Committed<Role>, RbacError> {
    service.replace_role(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    changes(patch("/v1/roles/{id}", patch_role))
        .summary("Change a role's title, description or rank")
        .describe("A merge patch (RFC 7396). In a school, changing a built-in role makes the school's version of it.")
        .problem("rank-fixed", 409, "The rank of a built-in role does not change.")
}

async fn patch_role(
    caller: Caller<RoleUpdate>,
    service: State<RbacService>,
    work: UnitOfWork,
    id: PathId<RoleId>,
    if_match: IfMatch,
    form: Patch<PatchRole>,
) -> Result<Committed<Role>, RbacError> {
    service.patch_role(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    changes(delete("/v1/roles/{id}", delete_role))
        .summary("Delete a role")
        .describe(
            "A role that nobody has, and that nobody is about to get. Of a built-in role the school's version is deleted, and what was \
             built in holds again for whoever has it. Either can be restored.",
        )
        .problem("permission-not-held", 403, "The role grants what the caller does not hold.")
        .problem("role-in-use", 409, "Somebody has the role, or is about to get it.")
        .problem("role-built-in", 409, "A built-in role cannot be deleted.")
}

async fn delete_role(
    caller: Caller<RoleDelete>,
    service: State<RbacService>,
    work: UnitOfWork,
    id: PathId<RoleId>,
    if_match: IfMatch,
) -> Result<Committed<()>, RbacError> {
    service.delete_role(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    changes(post("/v1/roles/{id}/restore", restore_role))
        .summary("Restore a deleted role")
        .describe("Brings it back with what it granted, if its name has not been given away since.")
        .versioned()
        .problem("permission-not-held", 403, "The role grants what the caller does not hold.")
        .problem("not-deleted", 409, "The role is not deleted.")
        .problem("role-name-taken", 409, "Another role of the school has the name now.")
        .problem("too-many-roles", 409, "The school has 200 roles of its own.")
}

async fn restore_role(
    caller: Caller<RoleDelete>,
    service: State<RbacService>,
    work: UnitOfWork,
    id: PathId<RoleId>,
) -> Result<Committed<Role>, RbacError> {
    service.restore_role(&caller, work, id.0).await
}

/// What every change of a role's permissions can run into.
fn regrants(route: Route) -> Route {
    changes(route)
        .problem("permission-not-held", 403, "The caller does not hold a permission that is granted or taken.")
        .problem("permissions-fixed", 409, "A super admin holds every permission.")
}

fn replace_permissions_route() -> Route {
    regrants(put("/v1/roles/{id}/permissions", replace_permissions))
        .summary("Replace what a role grants")
        .describe(
            "In force with the next request, for everybody who has the role. Nobody grants or takes what they do not hold themselves. In a \
             school, this makes the school's version of a built-in role.",
        )
        .problem("unknown-permission", 409, "A permission is not in the catalogue.")
}

async fn replace_permissions(
    caller: Caller<PermissionAssign>,
    service: State<RbacService>,
    work: UnitOfWork,
    id: PathId<RoleId>,
    if_match: IfMatch,
    form: Valid<PutPermissions>,
) -> Result<Committed<Role>, RbacError> {
    service.replace_permissions(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn add_permission_route() -> Route {
    regrants(post("/v1/roles/{id}/permissions/{permission}", add_permission))
        .summary("Grant one more permission")
        .describe("Nothing changes if the role grants it already.")
        .versioned()
}

async fn add_permission(
    caller: Caller<PermissionAssign>,
    service: State<RbacService>,
    work: UnitOfWork,
    names: PathParams<(RoleId, PermissionName)>,
    if_match: IfMatch,
) -> Result<Committed<Role>, RbacError> {
    service.add_permission(&caller, work, &if_match, names.0).await
}

fn remove_permission_route() -> Route {
    regrants(delete("/v1/roles/{id}/permissions/{permission}", remove_permission))
        .summary("Take one permission away")
        .describe(
            "In force with the next request, for everybody who has the role. The answer is the role as it is then.",
        )
        .problem("permission-not-granted", 404, "The role does not grant it.")
}

async fn remove_permission(
    caller: Caller<PermissionAssign>,
    service: State<RbacService>,
    work: UnitOfWork,
    names: PathParams<(RoleId, PermissionName)>,
    if_match: IfMatch,
) -> Result<Committed<Role>, RbacError> {
    service.remove_permission(&caller, work, &if_match, names.0).await
}
