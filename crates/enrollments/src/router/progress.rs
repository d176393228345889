//! Routes of progress.

use lyceum_kernel::{CourseId, GroupId, SchoolId, UserId};
use lyceum_web::{Caller, Json, Listing, Paging, PathId, Query, Route, State, get};

use crate::dto::progress::{CourseProgress, LearnerProgress, PersonStats, ProgressFilter, ProgressStats};
use crate::error::EnrollmentError;
use crate::perm::ProgressRead;
use crate::service::EnrollmentsService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![course_route(), course_stats_route(), person_route(), person_stats_route(), group_route(), school_route()]
}

fn course_route() -> Route {
    get("/v1/courses/{id}/progress", course_progress).summary("List how far the learners of a course are").describe(
        "In the order in which they came, with per cent, the next block, the last activity and whether the course is completed: all of \
         them for those who teach the course, oneself for others.",
    )
}

async fn course_progress(
    caller: Caller<ProgressRead>,
    service: State<EnrollmentsService>,
    id: PathId<CourseId>,
    filter: Query<ProgressFilter>,
    paging: Paging,
) -> Result<Listing<LearnerProgress>, EnrollmentError> {
    service.course_progress(&caller, (id.0, filter.into_inner()), &paging).await.map(Listing)
}

fn course_stats_route() -> Route {
    get("/v1/courses/{id}/progress-stats", course_stats)
        .summary("Read how far the learners of a course are, all together")
        .describe("Kept as learners go on: it costs the same for any number of them. For those who teach the course.")
        .problem("not-your-course", 403, "The caller neither teaches the course nor runs the school.")
}

async fn course_stats(
    caller: Caller<ProgressRead>,
    service: State<EnrollmentsService>,
    id: PathId<CourseId>,
) -> Result<Json<ProgressStats>, EnrollmentError> {
    service.course_stats(&caller, id.0).await.map(Json::new)
}

/// What somebody who asks about others can run into.
fn others(route: Route) -> Route {
    route.problem(
        "not-your-progress",
        403,
        "It is not the caller's progress, and they neither teach nor run the school.",
    )
}

fn person_route() -> Route {
    others(get("/v1/users/{id}/progress", person_progress)).summary("List how far a person is in their courses").describe(
        "With the level of each course, per cent, the next block, the last activity and whether it is completed: all courses for \
         oneself and those who run the school, for teachers those that they teach.",
    )
}

async fn person_progress(
    caller: Caller<ProgressRead>,
    service: State<EnrollmentsService>,
    id: PathId<UserId>,
    filter: Query<ProgressFilter>,
    paging: Paging,
) -> Result<Listing<CourseProgress>, EnrollmentError> {
    service.person_progress(&caller, (id.0, filter.into_inner()), &paging).await.map(Listing)
}

fn person_stats_route() -> Route {
    others(get("/v1/users/{id}/progress-stats", person_stats))
        .summary("Read how far a person is, by level")
        .describe("All their courses together, and those of each level; for teachers those that they teach.")
}

async fn person_stats(
    caller: Caller<ProgressRead>,
    service: State<EnrollmentsService>,
    id: PathId<UserId>,
) -> Result<Json<PersonStats>, EnrollmentError> {
    service.person_stats(&caller, id.0).await.map(Json::new)
}

fn group_route() -> Route {
    others(get("/v1/groups/{id}/progress-stats", group_stats))
        .summary("Read how far the learners in a group are")
        .describe("In all their courses together. For those who run the school.")
}

async fn group_stats(
    caller: Caller<ProgressRead>,
    service: State<EnrollmentsService>,
    id: PathId<GroupId>,
) -> Result<Json<ProgressStats>, EnrollmentError> {
    service.group_stats(&caller, id.0).await.map(Json::new)
}

fn school_route() -> Route {
    others(get("/v1/schools/{id}/progress-stats", school_stats))
        .summary("Read how far the learners of a school are")
        .describe("In all its courses together: of the active school, for those who run it.")
}

async fn school_stats(
    caller: Caller<ProgressRead>,
    service: State<EnrollmentsService>,
    id: PathId<SchoolId>,
) -> Result<Json<ProgressStats>, EnrollmentError> {
    service.school_stats(&caller, id.0).await.map(Json::new)
}
