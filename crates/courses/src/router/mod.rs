//! The route table of courses. Each file has `routes()`; all of them are added here.

mod blocks;
mod courses;
mod ratings;
mod reading;
mod sections;

use std::sync::Arc;

use lyceum_web::{Route, Routes};

use crate::service::CoursesService;

/// All routes of courses, served by `service`.
pub fn routes(service: &Arc<CoursesService>) -> Routes {
    let files = [courses::routes(), reading::routes(), sections::routes(), blocks::routes(), ratings::routes()];
    let table = Routes::new("courses", "Courses: what teachers build and students open.").state(Arc::clone(service));
    files.into_iter().flatten().fold(table, Routes::add)
}

/// What every change to a course can run into.
fn theirs(route: Route) -> Route {
    route.problem("not-your-course", 403, "The caller neither owns nor teaches the course, nor runs the school.")
}
