//! Routes of statistics.

use futures_util::stream;
use lyceum_kernel::{CourseId, GroupId, TestId, UserId};
use lyceum_web::reply::csv::Csv;
use lyceum_web::{Caller, IfNoneMatch, PathId, Query, Route, State, ViewOrCsv, WantsCsv, get};
use serde_json::json;

use crate::dto::scores::{PersonScores, ScoresView};
use crate::dto::statistics::{StatisticsFilter, TestStatisticsView};
use crate::error::AssessmentError;
use crate::perm::{TestGrade, TestRead};
use crate::service::AssessmentsService;
use crate::service::scores::Said;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![test_route(), course_route(), group_route(), person_route()]
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

fn scores(said: &Said<ScoresView>, csv: WantsCsv, known: IfNoneMatch) -> ViewOrCsv<ScoresView> {
    if csv.0 {
        ViewOrCsv::Csv(whole("scores.csv", &ScoresView::COLUMNS, said.table.clone()))
    } else {
        ViewOrCsv::View(said.view.clone().unless(known))
    }
}

fn course_route() -> Route {
    get("/v1/courses/{id}/statistics", course_statistics)
        .summary("Statistics of the tests of a course")
        .describe(
            "For those who teach it: percentages of what there was to have, by the grading method of each test, fresh after each submission. \
             `group_id` asks for the people of a group. `Accept: text/csv` answers a table: the whole, then test by test.",
        )
        .problem("not-your-course", 403, "The caller does not teach the course.")
}

async fn course_statistics(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    id: PathId<CourseId>,
    csv: WantsCsv,
    known: IfNoneMatch,
    filter: Query<StatisticsFilter>,
) -> Result<ViewOrCsv<ScoresView>, AssessmentError> {
    let said = service.course_statistics(&caller, (id.0, filter.into_inner().group_id)).await?;
    Ok(scores(&said, csv, known))
}

fn group_route() -> Route {
    get("/v1/groups/{id}/statistics", group_statistics)
        .summary("Statistics of the tests of a group")
        .describe(
            "What its people have of the tests that the caller owns or teaches, in per cent of what there was to have, by the grading method \
             of each test. `Accept: text/csv` answers a table: the whole, then test by test.",
        )
}

async fn group_statistics(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    id: PathId<GroupId>,
    csv: WantsCsv,
    known: IfNoneMatch,
) -> Result<ViewOrCsv<ScoresView>, AssessmentError> {
    let said = service.group_statistics(&caller, id.0).await?;
    Ok(scores(&said, csv, known))
}

fn person_route() -> Route {
    get("/v1/users/{id}/statistics", person_statistics)
        .summary("Statistics of somebody's tests")
        .describe(
            "One's own, as far as the review policies of the tests let one see the scores; of others, over the tests that the caller owns \
             or teaches. `Accept: text/csv` answers the tests as a table.",
        )
}

async fn person_statistics(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    id: PathId<UserId>,
    csv: WantsCsv,
    known: IfNoneMatch,
) -> Result<ViewOrCsv<PersonScores>, AssessmentError> {
    let said = service.person_statistics(&caller, id.0).await?;
    if csv.0 {
        return Ok(ViewOrCsv::Csv(whole("tests.csv", &PersonScores::COLUMNS, said.table)));
    }
    Ok(ViewOrCsv::View(said.view.unless(known)))
}
