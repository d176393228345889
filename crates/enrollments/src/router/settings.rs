//! Routes of how people come into a course.

use lyceum_kernel::CourseId;
use lyceum_web::{
    Caller, Committed, IfMatch, Json, Patch, PathId, Route, State, Tagged, UnitOfWork, Valid, etag, get, patch, put,
};

use super::theirs;
use crate::dto::settings::{EnrollmentSettings, PatchEnrollmentSettings, Places, PutEnrollmentSettings};
use crate::error::EnrollmentError;
use crate::perm::{EnrollmentRead, EnrollmentUpdate};
use crate::service::EnrollmentsService;
use crate::service::settings::SETTINGS;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![show_route(), replace_route(), patch_route(), places_route()]
}

fn show_route() -> Route {
    get("/v1/courses/{id}/enrollment-settings", show_settings)
        .summary("Read how people come into a course")
        .describe("Whether they may enrol themselves, how many places there are, and whether they may wait.")
}

async fn show_settings(
    caller: Caller<EnrollmentRead>,
    service: State<EnrollmentsService>,
    id: PathId<CourseId>,
) -> Result<Tagged<EnrollmentSettings>, EnrollmentError> {
    let view = service.show_settings(&caller, id.0).await?;
    let tag = etag(SETTINGS, view.version);
    Ok(Json::new(view).etag(tag))
}

fn change(route: Route) -> Route {
    theirs(route).problem("dates-reversed", 409, "It would close before it opens.")
}

fn replace_route() -> Route {
    change(put("/v1/courses/{id}/enrollment-settings", replace_settings))
        .summary("Replace how people come into a course")
        .describe("Places that are added go to those who wait, in their order.")
}

async fn replace_settings(
    caller: Caller<EnrollmentUpdate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
    if_match: IfMatch,
    form: Valid<PutEnrollmentSettings>,
) -> Result<Committed<EnrollmentSettings>, EnrollmentError> {
    service.replace_settings(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    change(patch("/v1/courses/{id}/enrollment-settings", patch_settings))
        .summary("Change how people come into a course")
        .describe("A merge patch (RFC 7396). Places that are added go to those who wait, in their order.")
}

async fn patch_settings(
    caller: Caller<EnrollmentUpdate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
    if_match: IfMatch,
    form: Patch<PatchEnrollmentSettings>,
) -> Result<Committed<EnrollmentSettings>, EnrollmentError> {
    service.patch_settings(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn places_route() -> Route {
    get("/v1/courses/{id}/places", show_places)
        .summary("Read how many places of a course are taken")
        .describe("Kept with the course, so it costs the same for any number of students.")
}

async fn show_places(
    caller: Caller<EnrollmentRead>,
    service: State<EnrollmentsService>,
    id: PathId<CourseId>,
) -> Result<Json<Places>, EnrollmentError> {
    service.show_places(&caller, id.0).await.map(Json::new)
}
