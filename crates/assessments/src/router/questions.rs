//! Routes of questions.

use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged, UnitOfWork, Valid,
    delete, etag, get, patch, post, put,
};
use serde_json::{Value, json};

use super::theirs;
use crate::dto::question::{Question, QuestionFilter, QuestionRevision};
use crate::dto::question_form::{PatchQuestion, PutQuestion};
use crate::error::AssessmentError;
use crate::model::bank::BankId;
use crate::model::question::QuestionId;
use crate::perm::{QuestionCreate, QuestionDelete, QuestionRead, QuestionUpdate};
use crate::service::AssessmentsService;
use crate::service::questions::QUESTION;

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
        revisions_route(),
    ]
}

fn sent() -> Value {
    json!({
        "type": "single_choice", "text": "Which gas do leaves take in?", "points": 2, "tags": ["photosynthesis"],
        "difficulty": 1, "options": [
            {"text": "Oxygen", "feedback": "That is what they give off."}, {"text": "Carbon dioxide", "correct": true}
        ]
    })
}

fn shown() -> Value {
    json!({
        "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "bank_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4001", "revision": 1,
        "text": "Which gas do leaves take in?", "feedback": null, "points": 2, "difficulty": 1, "tags": ["photosynthesis"],
        "version": 1, "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T07:55:00Z", "deleted_at": null,
        "type": "single_choice", "options": [
            {"id": "a", "text": "Oxygen", "correct": false, "feedback": "That is what they give off."},
            {"id": "b", "text": "Carbon dioxide", "correct": true}
        ]
    })
}

fn shown_revision() -> Value {
    json!({
        "question_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4002", "number": 1, "text": "Leaves take in oxygen.",
        "feedback": null, "points": 1, "author_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01",
        "created_at": "2026-11-21T07:55:00Z", "type": "true_false", "correct": false
    })
}

/// What the values of a question can run into.
fn values(route: Route) -> Route {
    route.problem(
        "question-flawed",
        409,
        "The question contradicts itself: `errors` says where. No option is right, for one.",
    )
}

fn list_route() -> Route {
    get("/v1/question-banks/{id}/questions", list_questions)
        .summary("List the questions of a bank")
        .describe("With their keys, oldest first.")
        .problem("not-allowed", 403, "Deleted ones are listed for those who may restore them.")
        .example_answer(&json!([shown()]))
}

async fn list_questions(
    caller: Caller<QuestionRead>,
    service: State<AssessmentsService>,
    id: PathId<BankId>,
    filter: Query<QuestionFilter>,
    paging: Paging,
) -> Result<Listing<Question>, AssessmentError> {
    service.list_questions(&caller, (id.0, filter.into_inner()), &paging).await.map(Listing)
}

fn create_route() -> Route {
    theirs(values(post("/v1/question-banks/{id}/questions", create_question)))
        .summary("Add a question to a bank")
        .describe("Options without ids get some. A bank has at most 10,000 questions.")
        .status(201)
        .versioned()
        .problem("full", 409, "The bank has 10,000 questions.")
        .example(sent())
        .example_answer(&shown())
}

async fn create_question(
    caller: Caller<QuestionCreate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<BankId>,
    form: Valid<PutQuestion>,
) -> Result<Committed<Question>, AssessmentError> {
    service.create_question(&caller, work, (id.0, form.into_inner())).await
}

fn show_route() -> Route {
    get("/v1/questions/{id}", show_question)
        .summary("Read a question")
        .describe("Its latest revision, key included.")
        .example_answer(&shown())
}

async fn show_question(
    caller: Caller<QuestionRead>,
    service: State<AssessmentsService>,
    id: PathId<QuestionId>,
) -> Result<Tagged<Question>, AssessmentError> {
    let (question, version) = service.show_question(&caller, id.0).await?.versioned();
    Ok(Json::new(question).etag(etag(QUESTION, version)))
}

fn replace_route() -> Route {
    theirs(values(put("/v1/questions/{id}", replace_question)))
        .summary("Replace a question")
        .describe(
            "What it says then is a new revision: tests that pinned an older one, and attempts, keep theirs. Options that keep their ids \
             stay the same options.",
        )
        .problem("type-fixed", 409, "The question is of another type.")
        .example(sent())
        .example_answer(&shown())
}

async fn replace_question(
    caller: Caller<QuestionUpdate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<QuestionId>,
    if_match: IfMatch,
    form: Valid<PutQuestion>,
) -> Result<Committed<Question>, AssessmentError> {
    service.replace_question(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    theirs(values(patch("/v1/questions/{id}", patch_question)))
        .summary("Change a question")
        .describe(
            "A merge patch (RFC 7396). Lists are replaced as a whole. What it says then is a new revision; tags and difficulty are not \
             revised. What the question's type does not have or take is `question-flawed`.",
        )
        .problem("type-fixed", 409, "The question is of another type.")
        .example(json!({"difficulty": 2}))
        .example_answer(&shown())
}

async fn patch_question(
    caller: Caller<QuestionUpdate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<QuestionId>,
    if_match: IfMatch,
    form: Patch<PatchQuestion>,
) -> Result<Committed<Question>, AssessmentError> {
    service.patch_question(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    theirs(delete("/v1/questions/{id}", delete_question))
        .summary("Delete a question")
        .describe("Hides it. It can be restored. Tests and attempts keep what they have.")
}

async fn delete_question(
    caller: Caller<QuestionDelete>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<QuestionId>,
    if_match: IfMatch,
) -> Result<Committed<()>, AssessmentError> {
    service.delete_question(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    theirs(post("/v1/questions/{id}/restore", restore_question))
        .summary("Restore a deleted question")
        .describe("Brings it back with its revisions.")
        .versioned()
        .problem("not-deleted", 409, "The question is not deleted.")
        .problem("parent-deleted", 409, "Its bank is deleted: restore that.")
        .problem("full", 409, "The bank has 10,000 questions.")
        .example_answer(&shown())
}

async fn restore_question(
    caller: Caller<QuestionDelete>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<QuestionId>,
) -> Result<Committed<Question>, AssessmentError> {
    service.restore_question(&caller, work, id.0).await
}

fn revisions_route() -> Route {
    get("/v1/questions/{id}/revisions", list_revisions)
        .summary("List the revisions of a question")
        .describe("Oldest first. A revision never changes.")
        .example_answer(&json!([shown_revision()]))
}

async fn list_revisions(
    caller: Caller<QuestionRead>,
    service: State<AssessmentsService>,
    id: PathId<QuestionId>,
    paging: Paging,
) -> Result<Listing<QuestionRevision>, AssessmentError> {
    service.list_revisions(&caller, id.0, &paging).await.map(Listing)
}
