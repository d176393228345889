//! Routes of question banks.

use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged, UnitOfWork, Valid,
    delete, etag, get, patch, post, put,
};

use super::theirs;
use crate::dto::bank::{BankFilter, PatchQuestionBank, PutQuestionBank, QuestionBank};
use crate::error::AssessmentError;
use crate::model::bank::BankId;
use crate::perm::{QuestionCreate, QuestionDelete, QuestionRead, QuestionUpdate};
use crate::service::AssessmentsService;
use crate::service::banks::BANK;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![list_route(), create_route(), show_route(), replace_route(), patch_route(), delete_route(), restore_route()]
}

fn list_route() -> Route {
    get("/v1/question-banks", list_banks)
        .summary("List question banks")
        .describe("The caller's own and those that are shared with the staff, oldest first. The own banks of tests are not among them.")
        .problem("not-allowed", 403, "Deleted ones are listed for those who may restore them.")
}

async fn list_banks(
    caller: Caller<QuestionRead>,
    service: State<AssessmentsService>,
    filter: Query<BankFilter>,
    paging: Paging,
) -> Result<Listing<QuestionBank>, AssessmentError> {
    service.list_banks(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn create_route() -> Route {
    post("/v1/question-banks", create_bank)
        .summary("Create a question bank")
        .describe("The caller owns it. The rest of the staff reads it unless it is not shared.")
        .status(201)
        .versioned()
        .problem("school-needed", 403, "The caller acts in no school, and this is about one.")
}

async fn create_bank(
    caller: Caller<QuestionCreate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    form: Valid<PutQuestionBank>,
) -> Result<Committed<QuestionBank>, AssessmentError> {
    service.create_bank(&caller, work, form.into_inner()).await
}

fn show_route() -> Route {
    get("/v1/question-banks/{id}", show_bank)
        .summary("Read a question bank")
        .describe("One bank, without its questions.")
}

async fn show_bank(
    caller: Caller<QuestionRead>,
    service: State<AssessmentsService>,
    id: PathId<BankId>,
) -> Result<Tagged<QuestionBank>, AssessmentError> {
    let bank = service.show_bank(&caller, id.0).await?;
    let tag = etag(BANK, bank.version);
    Ok(Json::new(bank).etag(tag))
}

fn replace_route() -> Route {
    theirs(put("/v1/question-banks/{id}", replace_bank))
        .summary("Replace a question bank")
        .describe("All that can be changed about a bank; its questions stay.")
}

async fn replace_bank(
    caller: Caller<QuestionUpdate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<BankId>,
    if_match: IfMatch,
    form: Valid<PutQuestionBank>,
) -> Result<Committed<QuestionBank>, AssessmentError> {
    service.replace_bank(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    theirs(patch("/v1/question-banks/{id}", patch_bank))
        .summary("Change a question bank")
        .describe("A merge patch (RFC 7396).")
}

async fn patch_bank(
    caller: Caller<QuestionUpdate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<BankId>,
    if_match: IfMatch,
    form: Patch<PatchQuestionBank>,
) -> Result<Committed<QuestionBank>, AssessmentError> {
    service.patch_bank(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    theirs(delete("/v1/question-banks/{id}", delete_bank))
        .summary("Delete a question bank")
        .describe("Hides it with its questions. It can be restored with what went with it. Tests and attempts keep what they have.")
}

async fn delete_bank(
    caller: Caller<QuestionDelete>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<BankId>,
    if_match: IfMatch,
) -> Result<Committed<()>, AssessmentError> {
    service.delete_bank(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    theirs(post("/v1/question-banks/{id}/restore", restore_bank))
        .summary("Restore a deleted question bank")
        .describe("Brings it back with the questions that were deleted with it, and none that was deleted before.")
        .versioned()
        .problem("not-deleted", 409, "The bank is not deleted.")
}

async fn restore_bank(
    caller: Caller<QuestionDelete>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<BankId>,
) -> Result<Committed<QuestionBank>, AssessmentError> {
    service.restore_bank(&caller, work, id.0).await
}
