//! Routes that read a whole course: outline, materials, search.

use lyceum_kernel::CourseId;
use lyceum_web::{Authenticated, Json, Listing, Paging, PathId, Query, Route, State, Tagged, get};

use crate::dto::outline::{Material, Outline};
use crate::dto::search::{SearchHit, SearchQuery};
use crate::error::CourseError;
use crate::service::CoursesService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![outline_route(), materials_route(), search_route()]
}

fn outline_route() -> Route {
    get("/v1/courses/{id}/outline", outline).summary("Read the outline of a course").describe(
        "Sections and blocks in order, with what the caller has completed, and what is locked for them and why. It costs the same \
         number of queries whatever the size of the course.",
    )
}

async fn outline(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<CourseId>,
) -> Result<Tagged<Outline>, CourseError> {
    let shown = service.outline(&caller, id.0).await?;
    Ok(Json::new(shown.outline).etag(shown.etag))
}

fn materials_route() -> Route {
    get("/v1/courses/{id}/materials", list_materials)
        .summary("List the materials of a course")
        .describe("All files, documents and links in its blocks; of what is locked for the caller only the title.")
}

async fn list_materials(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<CourseId>,
    paging: Paging,
) -> Result<Listing<Material>, CourseError> {
    service.list_materials(&caller, id.0, &paging).await.map(Listing)
}

fn search_route() -> Route {
    get("/v1/courses/{id}/search", search_course)
        .summary("Search a course")
        .describe("The sections, blocks and texts of files that answer, best first, at most 1,000; not what is locked.")
}

async fn search_course(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<CourseId>,
    query: Query<SearchQuery>,
    paging: Paging,
) -> Result<Listing<SearchHit>, CourseError> {
    service.search_course(&caller, id.0, &query.q, &paging).await.map(Listing)
}
