//! Routes of schools.

use lyceum_kernel::SchoolId;
use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Public, Query, Route, State, Tagged, UnitOfWork,
    Valid, delete, etag, get, patch, post, put,
};

use crate::dto::school::{
    CreateSchool, PatchSchool, PublicSchool, PublicSchoolFilter, PutSchool, School, SchoolFilter,
};
use crate::error::TenancyError;
use crate::perm::{SchoolCreate, SchoolDelete, SchoolRead, SchoolUpdate};
use crate::service::TenancyService;
use crate::service::schools::SCHOOL;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        list_route(),
        create_route(),
        public_route(),
        show_route(),
        replace_route(),
        patch_route(),
        delete_route(),
        restore_route(),
    ]
}

fn list_route() -> Route {
    get("/v1/schools", list_schools)
        .summary("List schools")
        .describe(
            "All schools for platform staff; the active one for everybody else: `/v1/me/schools` lists one's own.",
        )
        .problem("platform-staff-only", 403, "Deleted schools are listed for those who may restore them.")
}

async fn list_schools(
    caller: Caller<SchoolRead>,
    service: State<TenancyService>,
    filter: Query<SchoolFilter>,
    paging: Paging,
) -> Result<Listing<School>, TenancyError> {
    service.list_schools(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn create_route() -> Route {
    post("/v1/schools", create_school)
        .summary("Found a school")
        .describe("For platform staff. Its first administrator is added with `POST /v1/users` and `school_id`, or by an invite.")
        .status(201)
        .versioned()
        .problem("platform-staff-only", 403, "Only platform staff found schools.")
        .problem("slug-taken", 409, "Another school has the slug.")
        .problem("unknown-role", 409, "There is no such role for those who join or ask to.")
        .problem("role-above-yours", 403, "Nobody becomes an administrator by joining.")
        .while_suspended()
}

async fn create_school(
    caller: Caller<SchoolCreate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    form: Valid<CreateSchool>,
) -> Result<Committed<School>, TenancyError> {
    service.create_school(&caller, work, form.into_inner()).await
}

fn public_route() -> Route {
    get("/v1/schools/public", list_public_schools)
        .summary("List the schools that show themselves")
        .describe("For the page where people log in or ask to join. By name; only schools that want to be found.")
}

async fn list_public_schools(
    _: Public,
    service: State<TenancyService>,
    filter: Query<PublicSchoolFilter>,
    paging: Paging,
) -> Result<Listing<PublicSchool>, TenancyError> {
    service.list_public_schools(filter.into_inner(), &paging).await.map(Listing)
}

fn show_route() -> Route {
    get("/v1/schools/{id}", show_school).summary("Read a school").describe("Its name, settings, branding and seats.")
}

async fn show_school(
    caller: Caller<SchoolRead>,
    service: State<TenancyService>,
    id: PathId<SchoolId>,
) -> Result<Tagged<School>, TenancyError> {
    let school = service.show_school(&caller, id.0).await?;
    let tag = etag(SCHOOL, school.version);
    Ok(Json::new(school).etag(tag))
}

/// What every change of a school can run into.
fn changes(route: Route) -> Route {
    route
        .problem("platform-staff-only", 403, "Only platform staff change `status`.")
        .problem("role-above-yours", 403, "Nobody becomes an administrator by joining.")
        .problem("school-read-only", 403, "The school is suspended or lapsed: platform staff alone change it.")
        .problem("slug-taken", 409, "Another school has the slug.")
        .problem("unknown-role", 409, "The school has no such role.")
        .while_suspended()
}

fn replace_route() -> Route {
    changes(put("/v1/schools/{id}", replace_school))
        .summary("Replace a school's settings")
        .describe("All that can be changed about a school. Seats are the subscription's.")
}

async fn replace_school(
    caller: Caller<SchoolUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<SchoolId>,
    if_match: IfMatch,
    form: Valid<PutSchool>,
) -> Result<Committed<School>, TenancyError> {
    service.replace_school(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    changes(patch("/v1/schools/{id}", patch_school)).summary("Change a school's settings").describe(
        "A merge patch (RFC 7396). Platform staff suspend a school with `\"status\": \"suspended\"`: it can be read then, not \
         changed.",
    )
}

async fn patch_school(
    caller: Caller<SchoolUpdate>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<SchoolId>,
    if_match: IfMatch,
    form: Patch<PatchSchool>,
) -> Result<Committed<School>, TenancyError> {
    service.patch_school(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    delete("/v1/schools/{id}", delete_school)
        .summary("Delete a school")
        .describe("Hides it with everything in it; nobody enters it any more. It can be restored as it was.")
        .problem("platform-staff-only", 403, "Only platform staff delete schools.")
        .while_suspended()
}

async fn delete_school(
    caller: Caller<SchoolDelete>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<SchoolId>,
    if_match: IfMatch,
) -> Result<Committed<()>, TenancyError> {
    service.delete_school(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    post("/v1/schools/{id}/restore", restore_school)
        .summary("Restore a deleted school")
        .describe("Brings it back with everything that went with it, and nothing that was deleted before.")
        .versioned()
        .problem("platform-staff-only", 403, "Only platform staff restore schools.")
        .problem("not-deleted", 409, "The school is not deleted.")
        .problem("slug-taken", 409, "Another school has taken the slug meanwhile.")
        .while_suspended()
}

async fn restore_school(
    caller: Caller<SchoolDelete>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<SchoolId>,
) -> Result<Committed<School>, TenancyError> {
    service.restore_school(&caller, work, id.0).await
}
