//! Routes of attempts.

use lyceum_kernel::{AttemptId, TestId};
use lyceum_web::{
    Caller, Committed, Json, Listing, Paging, PathId, PathParams, Query, Route, State, Tagged, UnitOfWork, Valid, etag,
    get, post, put,
};
use serde_json::{Value, json};

use crate::dto::attempt::{
    Attempt, AttemptEvent, AttemptFilter, AttemptResult, AttemptSummary, PutAnswer, PutAnswers, ReportEvent,
    SavedAnswers, StartAttempt, SubmitTest,
};
use crate::error::AssessmentError;
use crate::model::question::QuestionId;
use crate::perm::{TestInvigilate, TestRead, TestTake};
use crate::service::AssessmentsService;
use crate::service::attempts::ATTEMPT;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        start_route(),
        list_route(),
        show_route(),
        save_route(),
        save_all_route(),
        submit_route(),
        force_route(),
        report_route(),
        events_route(),
        review_route(),
        one_step_route(),
    ]
}

fn running() -> Value {
    json!({
        "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f6001", "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001",
        "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "number": 1, "state": "open", "trial": false,
        "started_at": "2026-11-21T08:00:00Z", "finished_at": null, "deadline": {
            "at": "2026-11-21T09:15:00Z", "accepted_until": "2026-11-21T09:15:00Z", "started_at": "2026-11-21T08:00:00Z",
            "time_limit_s": 3600, "extra_s": 900, "limit_ends_at": "2026-11-21T09:15:00Z", "closes_at": null, "grace_s": 0
        }, "server_time": "2026-11-21T08:00:00Z", "max_score": 1, "questions": [{
            "question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "section": 0, "points": 1, "text": "Leaves are green.",
            "seq": null, "answer": null, "type": "true_false"
        }], "version": 1
    })
}

/// An attempt that is over.
pub fn finished() -> Value {
    json!({
        "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f6001", "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001",
        "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "number": 1, "state": "submitted",
        "started_at": "2026-11-21T08:00:00Z", "finished_at": "2026-11-21T08:10:00Z", "graded": true, "score": 1, "max_score": 1,
        "passed": true, "details": {"019aa5d2-6f00-7c3e-8000-5d1f1f6f4002": {
            "selected_option": true, "points": 1, "max_points": 1, "correct": true
        }}, "questions": [{
            "question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "section": 0, "points": 1, "text": "Leaves are green.",
            "seq": null, "answer": true, "type": "true_false"
        }], "version": 2
    })
}

/// What keeps somebody from taking a test.
fn taking(route: Route) -> Route {
    route
        .problem("not-taking-part", 403, "The caller sees the course without taking part in it.")
        .problem("wrong-place", 403, "The test cannot be taken from this address.")
        .problem("not-published", 409, "The test is a draft.")
        .problem("not-open-yet", 409, "The test opens later.")
        .problem("test-closed", 409, "The test is closed.")
        .problem("no-attempt-left", 409, "There is no attempt left.")
        .problem("attempt-delay", 409, "The next attempt may be started later: see `Retry-After`.")
        .problem("attempt-open", 409, "There is an open attempt.")
}

fn start_route() -> Route {
    taking(post("/v1/tests/{id}/attempts", start_attempt))
        .summary("Start or resume an attempt")
        .describe(
            "201 with a new attempt, or 200 with the one that runs, wherever it was started: there is at most one for a person and a test. \
             It carries the questions without their key, what was saved, the deadline with its parts, and the server's time.",
        )
        .status(201)
        .also(200, "The attempt that runs.")
        .versioned()
        .problem("wrong-access-code", 403, "The test needs its access code.")
        .example_answer(&running())
}

async fn start_attempt(
    caller: Caller<TestTake>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<TestId>,
    form: Valid<StartAttempt>,
) -> Result<Committed<Attempt>, AssessmentError> {
    service.start_attempt(&caller, work, (id.0, form.into_inner())).await
}

fn list_route() -> Route {
    get("/v1/tests/{id}/attempts", list_attempts)
        .summary("List attempts at a test")
        .describe("Oldest first: all of them for staff of the test, their own for others, with scores as the review policy allows.")
}

async fn list_attempts(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    id: PathId<TestId>,
    filter: Query<AttemptFilter>,
    paging: Paging,
) -> Result<Listing<AttemptSummary>, AssessmentError> {
    service.list_attempts(&caller, (id.0, filter.into_inner()), &paging).await.map(Listing)
}

fn show_route() -> Route {
    get("/v1/attempts/{id}", show_attempt)
        .summary("Read an attempt")
        .describe("One's own, or one at a test whose staff one is. While it runs it carries its questions and what was saved.")
        .example_answer(&running())
}

async fn show_attempt(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    id: PathId<AttemptId>,
) -> Result<Json<Attempt>, AssessmentError> {
    service.show_attempt(&caller, id.0).await.map(Json::new)
}

/// What saving can run into.
fn saving(route: Route) -> Route {
    route
        .problem("attempt-closed", 409, "The attempt was handed in or closed.")
        .problem("attempt-over", 409, "The attempt's time, grace period included, is over by the server's clock.")
        .problem(
            "answer-misfit",
            409,
            "An answer is not of the shape that its question takes: `errors` says which, and why.",
        )
}

const SAVING: &str = "On disk before the answer is 200. `seq` is the client's own count: an answer whose count is not higher than that of what is \
     saved changes nothing, so that late, repeated and reordered requests are harmless. What counts is when the answer reaches the server, \
     whatever the client's clock says.";

fn save_route() -> Route {
    saving(put("/v1/attempts/{id}/answers/{question_id}", save_answer)).summary("Save an answer").describe(SAVING)
}

async fn save_answer(
    caller: Caller<TestTake>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    path: PathParams<(AttemptId, QuestionId)>,
    form: Valid<PutAnswer>,
) -> Result<Committed<SavedAnswers>, AssessmentError> {
    let (id, question) = path.0;
    service.save_answer(&caller, work, (id, question, form.into_inner())).await
}

fn save_all_route() -> Route {
    saving(put("/v1/attempts/{id}/answers", save_answers))
        .summary("Save several answers")
        .describe(
            "All of them or none, on disk before the answer is 200; for clients that were offline. Of each, what is said of saving one \
             holds.",
        )
}

async fn save_answers(
    caller: Caller<TestTake>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<AttemptId>,
    form: Valid<PutAnswers>,
) -> Result<Committed<SavedAnswers>, AssessmentError> {
    service.save_answers(&caller, work, (id.0, form.into_inner().answers)).await
}

fn submit_route() -> Route {
    post("/v1/attempts/{id}/submit", submit_attempt)
        .summary("Hand an attempt in")
        .describe(
            "Marks what was saved, once: whoever hands in again, or after the attempt was closed, gets the result that there is. What it \
             tells is as much as the review policy allows.",
        )
        .versioned()
        .example_answer(&finished())
}

async fn submit_attempt(
    caller: Caller<TestTake>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<AttemptId>,
) -> Result<Committed<AttemptResult>, AssessmentError> {
    service.submit_attempt(&caller, work, id.0).await
}

fn force_route() -> Route {
    post("/v1/attempts/{id}/force-submit", force_submit)
        .summary("Close somebody's attempt")
        .describe("For those who invigilate: closes an attempt that runs with what was saved.")
        .versioned()
        .problem("not-your-test", 403, "The caller is not staff of the test.")
        .problem("attempt-closed", 409, "The attempt was handed in or closed.")
        .example_answer(&finished())
}

async fn force_submit(
    caller: Caller<TestInvigilate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<AttemptId>,
) -> Result<Committed<AttemptResult>, AssessmentError> {
    service.force_submit(&caller, work, id.0).await
}

fn report_route() -> Route {
    post("/v1/attempts/{id}/events", report_event)
        .summary("Report what happened at a client")
        .describe("A client tells of its own attempt: focus lost and the like. Kept as it reports them; nothing follows by itself.")
        .status(201)
        .problem("attempt-closed", 409, "The attempt was handed in or closed.")
        .problem("full", 409, "Of this attempt as much was reported as is kept.")
}

async fn report_event(
    caller: Caller<TestTake>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<AttemptId>,
    form: Valid<ReportEvent>,
) -> Result<Committed<AttemptEvent>, AssessmentError> {
    service.report_event(&caller, work, (id.0, form.into_inner())).await
}

fn events_route() -> Route {
    get("/v1/attempts/{id}/events", list_events)
        .summary("List what clients reported of an attempt")
        .describe("For those who invigilate, oldest first; with it when its sockets at the test were opened and closed, as the server saw.")
        .problem("not-your-test", 403, "The caller is not staff of the test.")
}

async fn list_events(
    caller: Caller<TestInvigilate>,
    service: State<AssessmentsService>,
    id: PathId<AttemptId>,
    paging: Paging,
) -> Result<Listing<AttemptEvent>, AssessmentError> {
    service.list_events(&caller, id.0, &paging).await.map(Listing)
}

fn review_route() -> Route {
    get("/v1/attempts/{id}/review", review)
        .summary("Review an attempt")
        .describe("An attempt that is over, as much of it as the review policy allows at this moment; all of it for staff of the test.")
        .problem("attempt-open", 409, "The attempt still runs.")
        .example_answer(&finished())
}

async fn review(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    id: PathId<AttemptId>,
) -> Result<Tagged<AttemptResult>, AssessmentError> {
    let result = service.review(&caller, id.0).await?;
    let shown = result.score.is_some();
    let tag = etag(if shown { ATTEMPT } else { "attempt-without-score" }, result.version);
    Ok(Json::new(result).etag(tag))
}

fn one_step_route() -> Route {
    taking(post("/v1/tests/{id}/submit", submit_test))
        .summary("Take a test in one step")
        .describe(
            "Answers to all questions at once: an attempt that is started and handed in. A test with draws, a time limit, an access code, \
             address ranges or shuffling has to be taken by an attempt. An option is named by its id, or by its index from 0 as the question \
             lists them.",
        )
        .versioned()
        .problem("attempt-required", 409, "This test is taken by an attempt.")
        .problem("answer-misfit", 409, "An answer is not to a question of the test, or not of its shape.")
        .answer_header("Content-Location", "Where the result is found from now on.")
        .example_answer(&finished())
}

async fn submit_test(
    caller: Caller<TestTake>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<TestId>,
    form: Valid<SubmitTest>,
) -> Result<Committed<AttemptResult>, AssessmentError> {
    service.submit_test(&caller, work, (id.0, form.into_inner().answers)).await
}
