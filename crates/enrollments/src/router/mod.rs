//! The route table of enrolments. Each file has `routes()`; all of them are added here.

mod completions;
mod enrollments;
mod imports;
mod oneself;
mod progress;
mod settings;

use std::sync::Arc;

use lyceum_web::{Route, Routes};

use crate::service::EnrollmentsService;

/// All routes of enrolments, served by `service`.
pub fn routes(service: &Arc<EnrollmentsService>) -> Routes {
    let files = [
        enrollments::routes(),
        imports::routes(),
        oneself::routes(),
        settings::routes(),
        completions::routes(),
        progress::routes(),
    ];
    let table = Routes::new("enrollments", "Enrolments: who takes part in which course, and how far they are.")
        .state(Arc::clone(service));
    files.into_iter().flatten().fold(table, Routes::add)
}

/// What every change to somebody's enrolment can run into.
fn theirs(route: Route) -> Route {
    route.problem("not-your-course", 403, "The caller neither teaches the course nor runs the school.")
}

/// What somebody who comes into a course can run into.
fn coming_in(route: Route) -> Route {
    route.problem("course-archived", 409, "The course is over: nobody comes in any more.").problem(
        "course-full",
        409,
        "All places are taken, and there is no waiting line for this.",
    )
}
