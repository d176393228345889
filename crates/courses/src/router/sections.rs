//! Routes of sections.

use lyceum_kernel::{CourseId, SectionId};
use lyceum_web::{
    Authenticated, Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged,
    UnitOfWork, Valid, delete, etag, get, patch, post, put,
};

use super::theirs;
use crate::dto::DeletedFilter;
use crate::dto::section::{OrderedSections, PatchSection, PutSection, Section, SectionOrder};
use crate::error::CourseError;
use crate::perm::CourseUpdate;
use crate::service::CoursesService;
use crate::service::sections::SECTION;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        list_route(),
        create_route(),
        order_route(),
        show_route(),
        replace_route(),
        patch_route(),
        delete_route(),
        restore_route(),
    ]
}

fn list_route() -> Route {
    get("/v1/courses/{id}/sections", list_sections)
        .summary("List the sections of a course")
        .describe("In order.")
        .problem("not-allowed", 403, "Deleted ones are listed for those who may restore them.")
}

async fn list_sections(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<CourseId>,
    filter: Query<DeletedFilter>,
    paging: Paging,
) -> Result<Listing<Section>, CourseError> {
    service.list_sections(&caller, id.0, &filter, &paging).await.map(Listing)
}

fn create_route() -> Route {
    theirs(post("/v1/courses/{id}/sections", create_section))
        .summary("Add a section to a course")
        .describe("At its end. The course's version rises. A course has at most 500 sections.")
        .status(201)
        .versioned()
        .problem("full", 409, "The course has 500 sections.")
}

async fn create_section(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
    form: Valid<PutSection>,
) -> Result<Committed<Section>, CourseError> {
    service.create_section(&caller, work, (id.0, form.into_inner())).await
}

fn order_route() -> Route {
    theirs(put("/v1/courses/{id}/sections/order", order_sections))
        .summary("Order the sections of a course")
        .describe(
            "All ids, each once, in the order they are to have. `If-Match` names the version of the course, which rises; so of two who \
             order at once the second is told.",
        )
        .problem("order-mismatch", 409, "The ids are not just those of the course's sections.")
}

async fn order_sections(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
    if_match: IfMatch,
    form: Valid<SectionOrder>,
) -> Result<Committed<OrderedSections>, CourseError> {
    service.order_sections(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn show_route() -> Route {
    get("/v1/sections/{id}", show_section).summary("Read a section").describe("One section, without its blocks.")
}

async fn show_section(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<SectionId>,
) -> Result<Tagged<Section>, CourseError> {
    let section = service.show_section(&caller, id.0).await?;
    let tag = etag(SECTION, section.version);
    Ok(Json::new(section).etag(tag))
}

fn replace_route() -> Route {
    theirs(put("/v1/sections/{id}", replace_section))
        .summary("Replace a section")
        .describe("All that can be changed about a section; its blocks stay.")
}

async fn replace_section(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<SectionId>,
    if_match: IfMatch,
    form: Valid<PutSection>,
) -> Result<Committed<Section>, CourseError> {
    service.replace_section(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    theirs(patch("/v1/sections/{id}", patch_section)).summary("Change a section").describe("A merge patch (RFC 7396).")
}

async fn patch_section(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<SectionId>,
    if_match: IfMatch,
    form: Patch<PatchSection>,
) -> Result<Committed<Section>, CourseError> {
    service.patch_section(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    theirs(delete("/v1/sections/{id}", delete_section))
        .summary("Delete a section")
        .describe("Hides it with its blocks; those behind it move up. It can be restored with what went with it.")
}

async fn delete_section(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<SectionId>,
    if_match: IfMatch,
) -> Result<Committed<()>, CourseError> {
    service.delete_section(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    theirs(post("/v1/sections/{id}/restore", restore_section))
        .summary("Restore a deleted section")
        .describe(
            "Brings it back to where it stood, with the blocks that went with it and none that was deleted before.",
        )
        .versioned()
        .problem("not-deleted", 409, "The section is not deleted.")
        .problem("full", 409, "The course has 500 sections.")
}

async fn restore_section(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<SectionId>,
) -> Result<Committed<Section>, CourseError> {
    service.restore_section(&caller, work, id.0).await
}
