//! The route table of assessments. Each file has `routes()`; all of them are added here.

mod attempts;
mod banks;
mod exchange;
mod invigilation;
mod marking;
mod mine;
mod overrides;
mod questions;
mod regrades;
mod statistics;
mod tests;

use std::sync::Arc;

use lyceum_web::{Route, Routes};

use crate::service::AssessmentsService;

/// All routes of assessments, served by `service`.
pub fn routes(service: &Arc<AssessmentsService>) -> Routes {
    let files = [
        banks::routes(),
        exchange::routes(),
        questions::routes(),
        tests::routes(),
        overrides::routes(),
        attempts::routes(),
        invigilation::routes(),
        marking::routes(),
        mine::routes(),
        regrades::routes(),
        statistics::routes(),
    ];
    let about = "Assessments: question banks, tests and exams, attempts, grading, statistics.";
    let table = Routes::new("assessments", about).state(Arc::clone(service));
    files.into_iter().flatten().fold(table, Routes::add)
}

/// What every change to a bank and its questions can run into.
fn theirs(route: Route) -> Route {
    route.problem("not-your-bank", 403, "The caller neither owns the bank nor manages those of the school.")
}
