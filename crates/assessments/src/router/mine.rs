//! Routes of what somebody has taken and is to take.

use futures_util::stream;
use lyceum_web::reply::csv::Csv;
use lyceum_web::{Caller, IfNoneMatch, Listing, Paging, Query, Route, State, ViewOrCsv, WantsCsv, get};

use crate::dto::mine::{DueTest, OwnAttempt, OwnAttemptFilter};
use crate::dto::scores::PersonScores;
use crate::error::AssessmentError;
use crate::perm::TestRead;
use crate::service::AssessmentsService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![attempts_route(), statistics_route(), due_route()]
}

fn attempts_route() -> Route {
    get("/v1/me/attempts", list_my_attempts).summary("List one's own attempts").describe(
        "At all tests of the active school, the latest first, with scores as far as the review policies of the tests let one see them.",
    )
}

async fn list_my_attempts(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    filter: Query<OwnAttemptFilter>,
    paging: Paging,
) -> Result<Listing<OwnAttempt>, AssessmentError> {
    service.own_attempts(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn statistics_route() -> Route {
    get("/v1/me/statistics", my_statistics).summary("Statistics of one's own tests").describe(
        "Over time and test by test, over the attempts whose scores one may see by now. `Accept: text/csv` answers the tests as a table.",
    )
}

async fn my_statistics(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    csv: WantsCsv,
    known: IfNoneMatch,
) -> Result<ViewOrCsv<PersonScores>, AssessmentError> {
    let said = service.person_statistics(&caller, caller.user_id).await?;
    if csv.0 {
        let rows = stream::once(async { Ok(said.table) });
        return Ok(ViewOrCsv::Csv(Csv::new("my-tests.csv", &PersonScores::COLUMNS, rows)));
    }
    Ok(ViewOrCsv::View(said.view.unless(known)))
}

fn due_route() -> Route {
    get("/v1/me/tests", list_my_tests).summary("List the tests that are due").describe(
        "Tests that one is taking, or may take now or later, with one's own dates, extra time and attempts: what is due first, first; what \
         nothing ends, last. At most 1,000.",
    )
}

async fn list_my_tests(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    paging: Paging,
) -> Result<Listing<DueTest>, AssessmentError> {
    service.due_tests(&caller, &paging).await.map(Listing)
}
