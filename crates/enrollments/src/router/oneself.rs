//! Routes by which people enrol themselves and leave.

use lyceum_kernel::CourseId;
use lyceum_web::{Caller, Committed, PathId, Route, State, UnitOfWork, delete, post};

use super::coming_in;
use crate::dto::enrollment::Enrollment;
use crate::error::EnrollmentError;
use crate::perm::EnrollmentSelf;
use crate::service::EnrollmentsService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![enroll_route(), leave_route()]
}

fn enroll_route() -> Route {
    coming_in(post("/v1/courses/{id}/enroll", enroll))
        .summary("Enrol oneself in a course")
        .describe(
            "Where the course allows it, or on an invitation to it. No body. Once all places are taken one waits, if the course has a \
             waiting list: `status` tells, and `waiting_number` who is next.",
        )
        .status(201)
        .versioned()
        .problem("not-open", 409, "The course does not let the caller enrol by themselves, or not now.")
        .problem("already-enrolled", 409, "The caller is enrolled in the course, or waits, already.")
}

async fn enroll(
    caller: Caller<EnrollmentSelf>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
) -> Result<Committed<Enrollment>, EnrollmentError> {
    service.enroll_oneself(&caller, work, id.0).await
}

fn leave_route() -> Route {
    delete("/v1/courses/{id}/enroll", leave)
        .summary("Leave a course")
        .describe("Where the course lets people enrol themselves; also the waiting line, and to decline an invitation.")
        .problem("not-open", 409, "The course does not let people leave by themselves.")
        .problem("wrong-status", 409, "The caller has completed the course.")
}

async fn leave(
    caller: Caller<EnrollmentSelf>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
) -> Result<Committed<()>, EnrollmentError> {
    service.leave_course(&caller, work, id.0).await
}
