//! Routes of tests.

use lyceum_kernel::TestId;
use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged, UnitOfWork, Valid,
    delete, get, patch, post, put,
};
use serde_json::{Value, json};

use crate::dto::test::{Test, TestFilter, TestSummary, TestView};
use crate::dto::test_form::{PatchTest, PutTest};
use crate::error::AssessmentError;
use crate::perm::{TestCreate, TestDelete, TestPublish, TestRead, TestUpdate};
use crate::service::AssessmentsService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        list_route(),
        create_route(),
        show_route(),
        replace_route(),
        patch_route(),
        delete_route(),
        restore_route(),
        publish_route(),
    ]
}

fn settings() -> Value {
    let shown = json!({"answers": true, "score": true, "points": true, "feedback": false, "key": false});
    json!({
        "opens_at": null, "closes_at": null, "time_limit_s": null, "grace_s": 0, "overdue": "submit", "max_attempts": 0,
        "attempt_delay_s": 0, "grading_method": "highest", "shuffle_questions": false, "shuffle_options": false, "draws": [],
        "pass_mark": 50, "wrong_answer_percent": 0, "access_code": null, "addresses": [],
        "review": {"right_after": shown, "later": shown, "after_close":
            {"answers": true, "score": true, "points": true, "feedback": true, "key": true}}
    })
}

fn shown() -> Value {
    json!({
        "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "course_id": null,
        "owner_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "bank_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4001",
        "title": "Light", "description": null, "status": "draft", "revision": 1, "sections": [], "questions": [{
            "question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "revision": 1, "pinned": false, "section": 0, "points": 1,
            "text": "Leaves are green.", "feedback": null, "type": "true_false", "correct": true
        }], "max_score": 1, "settings": settings(), "version": 1, "created_at": "2026-11-21T07:55:00Z",
        "updated_at": "2026-11-21T07:55:00Z", "published_at": null, "deleted_at": null
    })
}

/// What every change to a test can run into.
fn theirs(route: Route) -> Route {
    route.problem("not-your-test", 403, "The caller neither owns the test, nor teaches its course, nor manages all.")
}

/// What the values of a test can run into.
fn values(route: Route) -> Route {
    route
        .problem("question-flawed", 409, "A question contradicts itself: `errors` says which, and where.")
        .problem("unknown-course", 409, "There is no such course, or the caller does not teach it.")
        .problem("unknown-bank", 409, "A draw is from a bank that the caller does not see.")
        .problem(
            "unknown-question",
            409,
            "There is no such question in a bank that the caller sees, or no such revision.",
        )
        .problem("unknown-section", 409, "A question stands in a section that there is not.")
        .problem("question-twice", 409, "A question stands in the test twice.")
        .problem("dates-reversed", 409, "The test would close before it opens.")
        .problem("bad-address", 409, "One of the addresses is none.")
}

fn list_route() -> Route {
    get("/v1/tests", list_tests)
        .summary("List tests")
        .describe(
            "The tests that concern the caller, oldest first: their own, those of courses that they teach or take part in, and those for \
             the whole school. With `course_id` those of a course that they see.",
        )
        .problem("not-allowed", 403, "Deleted ones are listed for those who may restore them.")
}

async fn list_tests(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    filter: Query<TestFilter>,
    paging: Paging,
) -> Result<Listing<TestSummary>, AssessmentError> {
    service.list_tests(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn create_route() -> Route {
    values(post("/v1/tests", create_test))
        .summary("Create a test")
        .describe("A draft of the caller's. What others call an exam is a test with a window and a time limit.")
        .status(201)
        .versioned()
        .problem("school-needed", 403, "The caller acts in no school, and this is about one.")
        .example_answer(&shown())
}

async fn create_test(
    caller: Caller<TestCreate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    form: Valid<PutTest>,
) -> Result<Committed<Test>, AssessmentError> {
    service.create_test(&caller, work, form.into_inner()).await
}

fn show_route() -> Route {
    get("/v1/tests/{id}", show_test)
        .summary("Read a test")
        .describe(
            "With its key for its staff. Others see it without: its questions where it can be taken in one step and is open, else an attempt \
             carries them.",
        )
        .example_answer(&shown())
}

async fn show_test(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    id: PathId<TestId>,
) -> Result<Tagged<TestView>, AssessmentError> {
    let (view, tag) = service.show_test(&caller, id.0).await?;
    Ok(Json::new(view).etag(tag))
}

fn replace_route() -> Route {
    theirs(values(put("/v1/tests/{id}", replace_test)))
        .summary("Replace a test")
        .describe(
            "All that can be changed about a test. Other questions make a new revision of it; attempts keep the questions that they had. \
             Deadlines of attempts that run move with the settings.",
        )
        .example_answer(&shown())
}

async fn replace_test(
    caller: Caller<TestUpdate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<TestId>,
    if_match: IfMatch,
    form: Valid<PutTest>,
) -> Result<Committed<Test>, AssessmentError> {
    service.replace_test(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    theirs(values(patch("/v1/tests/{id}", patch_test)))
        .summary("Change a test")
        .describe("A merge patch (RFC 7396). Of the settings, those that are named; lists are replaced as a whole.")
        .example_answer(&shown())
}

async fn patch_test(
    caller: Caller<TestUpdate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<TestId>,
    if_match: IfMatch,
    form: Patch<PatchTest>,
) -> Result<Committed<Test>, AssessmentError> {
    service.patch_test(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    theirs(delete("/v1/tests/{id}", delete_test))
        .summary("Delete a test")
        .describe("Hides it with its own questions and all attempts at it. It can be restored with what went with it.")
}

async fn delete_test(
    caller: Caller<TestDelete>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<TestId>,
    if_match: IfMatch,
) -> Result<Committed<()>, AssessmentError> {
    service.delete_test(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    theirs(post("/v1/tests/{id}/restore", restore_test))
        .summary("Restore a deleted test")
        .describe("Brings it back with what was deleted with it, and nothing that was deleted before.")
        .versioned()
        .problem("not-deleted", 409, "The test is not deleted.")
        .example_answer(&shown())
}

async fn restore_test(
    caller: Caller<TestDelete>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<TestId>,
) -> Result<Committed<Test>, AssessmentError> {
    service.restore_test(&caller, work, id.0).await
}

fn publish_route() -> Route {
    theirs(post("/v1/tests/{id}/publish", publish_test))
        .summary("Publish a test")
        .describe("Opens a draft to those whom it is for, at its times.")
        .versioned()
        .problem("wrong-status", 409, "The test is published already.")
        .problem("test-empty", 409, "The test has no questions.")
        .problem("draw-too-small", 409, "A bank has fewer questions than are drawn from it.")
        .example_answer(&shown())
}

async fn publish_test(
    caller: Caller<TestPublish>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<TestId>,
) -> Result<Committed<Test>, AssessmentError> {
    service.publish_test(&caller, work, id.0).await
}
