//! Routes of courses themselves.

use lyceum_kernel::CourseId;
use lyceum_web::{
    Authenticated, Caller, Committed, IfMatch, IfNoneMatch, Listing, Paging, Patch, PathId, Query, Route, State,
    UnitOfWork, UnlessKnown, Valid, delete, get, patch, post, put,
};

use super::theirs;
use crate::dto::course::{Course, CourseFilter, DuplicateCourse, PatchCourse, PutCourse};
use crate::error::CourseError;
use crate::perm::{CourseCreate, CourseDelete, CoursePublish, CourseUpdate};
use crate::service::CoursesService;

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
        publish_route(),
        archive_route(),
        duplicate_route(),
    ]
}

fn list_route() -> Route {
    get("/v1/courses", list_courses)
        .summary("List courses")
        .describe(
            "The courses that the caller sees: of the active school those that are published for its members, those they take part \
             in and those they teach; without a school, what is public in any. My courses: `enrolled=me`. With `q` the best answers \
             come first.",
        )
        .problem("membership-needed", 403, "Courses for members are listed for members of a school.")
        .problem("not-allowed", 403, "Deleted ones are listed for those who may restore them.")
}

async fn list_courses(
    caller: Authenticated,
    service: State<CoursesService>,
    filter: Query<CourseFilter>,
    paging: Paging,
) -> Result<Listing<Course>, CourseError> {
    service.list_courses(&caller, filter.into_inner(), &paging).await.map(Listing)
}

/// What the values of a course can run into.
fn values(route: Route) -> Route {
    route
        .problem("code-taken", 409, "Another course has the code.")
        .problem("slug-taken", 409, "Another course has the slug.")
        .problem("dates-reversed", 409, "The course would end before it begins.")
        .problem("unknown-teacher", 409, "Somebody named is not of the school's staff.")
        .problem("unknown-file", 409, "There is no such file, or the caller may not use it.")
        .problem("owner-only", 403, "Only the owner gives a course away or says who teaches it.")
}

fn create_route() -> Route {
    values(post("/v1/courses", create_course))
        .summary("Create a course")
        .describe("A draft of the caller's, seen by those who teach it until it is published.")
        .status(201)
        .versioned()
        .problem("school-needed", 403, "The caller acts in no school, and this is about one.")
}

async fn create_course(
    caller: Caller<CourseCreate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    form: Valid<PutCourse>,
) -> Result<Committed<Course>, CourseError> {
    service.create_course(&caller, work, form.into_inner()).await
}

fn show_route() -> Route {
    get("/v1/courses/{id}", show_course).summary("Read a course").describe("One course, without what is in it.")
}

async fn show_course(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<CourseId>,
    known: IfNoneMatch,
) -> Result<UnlessKnown<Course>, CourseError> {
    Ok(service.show_course(&caller, id.0).await?.unless(known))
}

fn replace_route() -> Route {
    theirs(values(put("/v1/courses/{id}", replace_course)))
        .summary("Replace a course")
        .describe("All that can be changed about a course; what is in it stays.")
}

async fn replace_course(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
    if_match: IfMatch,
    form: Valid<PutCourse>,
) -> Result<Committed<Course>, CourseError> {
    service.replace_course(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    theirs(values(patch("/v1/courses/{id}", patch_course)))
        .summary("Change a course")
        .describe("A merge patch (RFC 7396).")
}

async fn patch_course(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
    if_match: IfMatch,
    form: Patch<PatchCourse>,
) -> Result<Committed<Course>, CourseError> {
    service.patch_course(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    theirs(delete("/v1/courses/{id}", delete_course))
        .summary("Delete a course")
        .describe("Hides it with everything in it. It can be restored for 90 days, with what went with it.")
}

async fn delete_course(
    caller: Caller<CourseDelete>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
    if_match: IfMatch,
) -> Result<Committed<()>, CourseError> {
    service.delete_course(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    theirs(post("/v1/courses/{id}/restore", restore_course))
        .summary("Restore a deleted course")
        .describe("Brings it back with what was deleted with it, and nothing that was deleted before.")
        .versioned()
        .problem("not-deleted", 409, "The course is not deleted.")
        .problem("code-taken", 409, "Another course has the code meanwhile.")
        .problem("slug-taken", 409, "Another course has the slug meanwhile.")
}

async fn restore_course(
    caller: Caller<CourseDelete>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
) -> Result<Committed<Course>, CourseError> {
    service.restore_course(&caller, work, id.0).await
}

fn publish_route() -> Route {
    theirs(post("/v1/courses/{id}/publish", publish_course))
        .summary("Publish a course")
        .describe("Opens a draft, or an archived course again, to those whom it is for.")
        .versioned()
        .problem("wrong-status", 409, "The course is published already.")
}

async fn publish_course(
    caller: Caller<CoursePublish>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
) -> Result<Committed<Course>, CourseError> {
    service.publish_course(&caller, work, id.0).await
}

fn archive_route() -> Route {
    theirs(post("/v1/courses/{id}/archive", archive_course))
        .summary("Archive a course")
        .describe("Closes a published course: who took part still reads it, others do not see it.")
        .versioned()
        .problem("wrong-status", 409, "The course is a draft, or archived already.")
}

async fn archive_course(
    caller: Caller<CoursePublish>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
) -> Result<Committed<Course>, CourseError> {
    service.archive_course(&caller, work, id.0).await
}

fn duplicate_route() -> Route {
    theirs(post("/v1/courses/{id}/duplicate", duplicate_course))
        .summary("Duplicate a course")
        .describe(
            "A draft of the caller's with copies of its sections and blocks; code, slug and ratings are not copied.",
        )
        .status(201)
        .versioned()
        .problem("code-taken", 409, "Another course has the code.")
        .problem("slug-taken", 409, "Another course has the slug.")
}

async fn duplicate_course(
    caller: Caller<CourseCreate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
    form: Valid<DuplicateCourse>,
) -> Result<Committed<Course>, CourseError> {
    service.duplicate_course(&caller, work, (id.0, form.into_inner())).await
}
