//! Routes of regrades.

use lyceum_kernel::TestId;
use lyceum_web::reply::csv::Csv;
use lyceum_web::{
    Caller, Committed, Json, Listing, ListingOrCsv, Paging, PathId, Route, State, Tagged, UnitOfWork, Valid, WantsCsv,
    etag, get, post,
};

use crate::dto::regrade::{Regrade, RegradeChange, StartRegrade};
use crate::error::AssessmentError;
use crate::model::regrade::RegradeId;
use crate::perm::TestGrade;
use crate::service::AssessmentsService;
use crate::service::regrading::REGRADE;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![start_route(), list_route(), show_route(), changes_route(), revert_route(), cancel_route()]
}

fn theirs(route: Route) -> Route {
    route.problem("not-your-test", 403, "The caller neither owns the test, nor teaches its course, nor manages all.")
}

fn start_route() -> Route {
    theirs(post("/v1/tests/{id}/regrade", start_regrade))
        .summary("Mark a test anew")
        .describe(
            "After a key is corrected, a question voided, or full credit given. Attempts that end from now on are marked so; those that \
             are over a job marks anew: `Location` is where its progress is seen. `dry_run` only tells who changes by how much. An \
             index means the option that it meant where it was seen; an answer that does not fit the corrected question is judged by what \
             was seen. What a person gave stays. Points stay as they were when the attempt was started.",
        )
        .status(202)
        .versioned()
        .problem("regrade-running", 409, "The test is being marked anew already.")
        .problem("unknown-question", 409, "A question is none of the test's.")
        .problem("question-twice", 409, "A question is named twice.")
}

async fn start_regrade(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<TestId>,
    form: Valid<StartRegrade>,
) -> Result<Committed<Regrade>, AssessmentError> {
    service.start_regrade(&caller, work, (id.0, form.into_inner())).await
}

fn list_route() -> Route {
    theirs(get("/v1/tests/{id}/regrades", list_regrades))
        .summary("List how a test was marked anew")
        .describe("Dry runs among them, the latest first.")
}

async fn list_regrades(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    id: PathId<TestId>,
    paging: Paging,
) -> Result<Listing<Regrade>, AssessmentError> {
    service.list_regrades(&caller, id.0, &paging).await.map(Listing)
}

fn show_route() -> Route {
    get("/v1/regrades/{id}", show_regrade)
        .summary("Look at a regrade")
        .describe("How far it has come and what came of it.")
}

async fn show_regrade(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    id: PathId<RegradeId>,
) -> Result<Tagged<Regrade>, AssessmentError> {
    let regrade = service.show_regrade(&caller, id.0).await?;
    let tag = etag(REGRADE, regrade.version);
    Ok(Json::new(regrade).etag(tag))
}

fn changes_route() -> Route {
    get("/v1/regrades/{id}/changes", list_regrade_changes).summary("List who changes by a regrade").describe(
        "Attempt by attempt, with what it was worth before and after. `Accept: text/csv` answers all of them as a table (RFC 4180), \
         whatever `limit` and `cursor` say.",
    )
}

async fn list_regrade_changes(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    id: PathId<RegradeId>,
    csv: WantsCsv,
    paging: Paging,
) -> Result<ListingOrCsv<RegradeChange>, AssessmentError> {
    if csv.0 {
        let rows = service.export_regrade_changes(&caller, id.0).await?;
        return Ok(ListingOrCsv::Csv(Csv::new("regrade-changes.csv", &RegradeChange::COLUMNS, rows)));
    }
    service.list_regrade_changes(&caller, id.0, &paging).await.map(Into::into)
}

fn revert_route() -> Route {
    theirs(post("/v1/regrades/{id}/revert", revert_regrade))
        .summary("Put former marks back")
        .describe(
            "Of a regrade that is done and that none came after. What attempts were worth before is put back by a job; those that were \
             changed since are marked as questions were marked before.",
        )
        .status(202)
        .versioned()
        .problem("regrade-running", 409, "The test is being marked anew.")
        .problem("regrade-not-done", 409, "It is a dry run, is not done, or was put back already.")
        .problem("regrade-superseded", 409, "A later one was built upon it: put that back first.")
}

async fn revert_regrade(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<RegradeId>,
) -> Result<Committed<Regrade>, AssessmentError> {
    service.revert_regrade(&caller, work, id.0).await
}

fn cancel_route() -> Route {
    theirs(post("/v1/regrades/{id}/cancel", cancel_regrade))
        .summary("Call a regrade off")
        .describe("A dry run ends; of others what was done so far is put back.")
        .versioned()
        .problem("regrade-ended", 409, "It has ended already, or former marks are being put back.")
}

async fn cancel_regrade(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<RegradeId>,
) -> Result<Committed<Regrade>, AssessmentError> {
    service.cancel_regrade(&caller, work, id.0).await
}
