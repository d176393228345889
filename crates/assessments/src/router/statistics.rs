//! Routes of statistics.

use futures_util::stream;
use lyceum_kernel::TestId;
use lyceum_web::reply::csv::Csv;
use lyceum_web::{Caller, IfNoneMatch, PathId, Query, Route, State, ViewOrCsv, WantsCsv, get};
use serde_json::json;

use crate::dto::statistics::{StatisticsFilter, TestStatisticsView};
use crate::error::AssessmentError;
use crate::perm::TestGrade;
use crate::service::AssessmentsService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![test_route()]
}

/// A table that is there already.
fn whole(name: &'static str, columns: &[&str], rows: String) -> Csv {
    Csv::new(name, columns, stream::once(async { Ok(rows) }))
}

fn test_route() -> Route {
    get("/v1/tests/{id}/statistics", test_statistics)
        .summary("Statistics of a test")
        .describe(
            "Classical test theory over the attempts that count by the grading method, at the present revision of the test, fresh after each \
             submission. Variances are of samples (n − 1); what would be divided by zero is null. `group_id` asks for the people of a group. \
             `Accept: text/csv` answers a table: the test, then each question; cells that a spreadsheet would take for formulas begin with \
             an apostrophe.",
        )
        .problem("not-your-test", 403, "The caller is not staff of the test.")
        .example_answer(&json!({
            "revision": 1, "n": 2, "max_score": 2, "mean": 1.5, "median": 1.5, "sd": 0.5, "skewness": null,
            "kurtosis": null, "cic": 0, "error_ratio": 100, "standard_error": 0.5,
            "histogram": [{"from_percent": 0, "to_percent": 5, "count": 0}], "questions": [{
                "question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "n": 2, "answered": 2, "max_points": 1, "mean": 0.5,
                "facility": 0.5, "sd": 0.5, "random_guess": 0.5, "discrimination_index": null,
                "discriminative_efficiency": null, "effective_weight": 100, "options": [{"id": "true", "count": 1}]
            }], "drawn": []
        }))
}

async fn test_statistics(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    id: PathId<TestId>,
    csv: WantsCsv,
    known: IfNoneMatch,
    filter: Query<StatisticsFilter>,
) -> Result<ViewOrCsv<TestStatisticsView>, AssessmentError> {
    let told = service.test_statistics(&caller, (id.0, filter.into_inner().group_id)).await?;
    if csv.0 {
        return Ok(ViewOrCsv::Csv(whole("test-statistics.csv", &TestStatisticsView::COLUMNS, told.table.clone())));
    }
    Ok(ViewOrCsv::View(told.view.clone().unless(known)))
}
