//! Routes of enrolments.

use lyceum_kernel::EnrollmentId;
use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged, UnitOfWork, Valid,
    delete, etag, get, patch, post, put,
};

use super::{coming_in, theirs};
use crate::dto::enrollment::{CreateEnrollment, Enrollment, EnrollmentFilter, PatchEnrollment, PutEnrollment};
use crate::error::EnrollmentError;
use crate::perm::{EnrollmentCreate, EnrollmentDelete, EnrollmentRead, EnrollmentUpdate};
use crate::service::EnrollmentsService;
use crate::service::enrollments::ENROLLMENT;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![list_route(), create_route(), show_route(), replace_route(), patch_route(), delete_route(), restore_route()]
}

fn list_route() -> Route {
    get("/v1/enrollments", list_enrollments)
        .summary("List enrolments")
        .describe(
            "Of the active school those of the caller and those in the courses that they teach; all of them for who runs the \
             school. Oldest first. Enrolments in deleted courses are not there.",
        )
        .problem("not-allowed", 403, "Deleted ones are listed for those who may restore them.")
}

async fn list_enrollments(
    caller: Caller<EnrollmentRead>,
    service: State<EnrollmentsService>,
    filter: Query<EnrollmentFilter>,
    paging: Paging,
) -> Result<Listing<Enrollment>, EnrollmentError> {
    service.list_enrollments(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn create_route() -> Route {
    coming_in(theirs(post("/v1/enrollments", create_enrollment)))
        .summary("Enrol somebody in a course")
        .describe(
            "For those who teach the course. Once all places are taken, students wait for one if the course has a waiting list \
             (`status` is `waiting` then). Who was withdrawn comes in again, with the enrolment they had.",
        )
        .status(201)
        .versioned()
        .problem("school-needed", 403, "The caller acts in no school, and this is about one.")
        .problem("unknown-course", 409, "There is no such course in the school, or the caller does not see it.")
        .problem("unknown-person", 409, "Nobody of the school has this id.")
        .problem("not-staff", 409, "Only staff of the school teach.")
        .problem("already-enrolled", 409, "The person is enrolled in the course already.")
        .problem("dates-reversed", 409, "It would end before it begins.")
}

async fn create_enrollment(
    caller: Caller<EnrollmentCreate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    form: Valid<CreateEnrollment>,
) -> Result<Committed<Enrollment>, EnrollmentError> {
    service.create_enrollment(&caller, work, form.into_inner()).await
}

fn show_route() -> Route {
    get("/v1/enrollments/{id}", show_enrollment)
        .summary("Read an enrolment")
        .describe("One's own, or one in a course that the caller teaches.")
}

async fn show_enrollment(
    caller: Caller<EnrollmentRead>,
    service: State<EnrollmentsService>,
    id: PathId<EnrollmentId>,
) -> Result<Tagged<Enrollment>, EnrollmentError> {
    let view = service.show_enrollment(&caller, id.0).await?;
    let tag = etag(ENROLLMENT, view.version);
    Ok(Json::new(view).etag(tag))
}

/// What every change of an enrolment can run into.
fn change(route: Route) -> Route {
    coming_in(theirs(route))
        .problem("wrong-status", 409, "The status does not follow the one that the enrolment has.")
        .problem("unknown-person", 409, "Whom it is about is not of the school any more.")
        .problem("not-staff", 409, "Only staff of the school teach.")
        .problem("dates-reversed", 409, "It would end before it begins.")
}

fn replace_route() -> Route {
    change(put("/v1/enrollments/{id}", replace_enrollment)).summary("Replace an enrolment").describe(
        "Its role, status and dates. Invited become active; waiting active, where a place is free; active completed, and back; \
         withdrawn active or invited; and all of them withdrawn. A place that falls free goes to who is next in line.",
    )
}

async fn replace_enrollment(
    caller: Caller<EnrollmentUpdate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<EnrollmentId>,
    if_match: IfMatch,
    form: Valid<PutEnrollment>,
) -> Result<Committed<Enrollment>, EnrollmentError> {
    service.replace_enrollment(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    change(patch("/v1/enrollments/{id}", patch_enrollment))
        .summary("Change an enrolment")
        .describe("A merge patch (RFC 7396) of its role, status and dates; what may become of a status, PUT says.")
}

async fn patch_enrollment(
    caller: Caller<EnrollmentUpdate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<EnrollmentId>,
    if_match: IfMatch,
    form: Patch<PatchEnrollment>,
) -> Result<Committed<Enrollment>, EnrollmentError> {
    service.patch_enrollment(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    theirs(delete("/v1/enrollments/{id}", delete_enrollment)).summary("Delete an enrolment").describe(
        "As if it had never been; it can be restored. Its place goes to who is next in line. Who only leaves is withdrawn instead.",
    )
}

async fn delete_enrollment(
    caller: Caller<EnrollmentDelete>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<EnrollmentId>,
    if_match: IfMatch,
) -> Result<Committed<()>, EnrollmentError> {
    service.delete_enrollment(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    coming_in(theirs(post("/v1/enrollments/{id}/restore", restore_enrollment)))
        .summary("Restore a deleted enrolment")
        .describe(
            "As it was; if its place is taken meanwhile and the course has a waiting list, to the end of the line.",
        )
        .versioned()
        .problem("not-deleted", 409, "The enrolment is not deleted.")
        .problem("already-enrolled", 409, "The person was enrolled in the course again meanwhile.")
        .problem("unknown-person", 409, "Whom it is about is not of the school any more.")
        .problem("not-staff", 409, "Only staff of the school teach.")
}

async fn restore_enrollment(
    caller: Caller<EnrollmentDelete>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<EnrollmentId>,
) -> Result<Committed<Enrollment>, EnrollmentError> {
    service.restore_enrollment(&caller, work, id.0).await
}
