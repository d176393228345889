//! Routes of completions.

use lyceum_kernel::BlockId;
use lyceum_web::{
    Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged, UnitOfWork, Valid,
    delete, etag, get, patch, post, put,
};

use super::theirs;
use crate::dto::completion::{Completion, CompletionFilter, PatchGrade, PutCompletion, PutGrade};
use crate::error::EnrollmentError;
use crate::model::completion::CompletionId;
use crate::perm::{CompletionCreate, CompletionGrade, CompletionRead};
use crate::service::EnrollmentsService;
use crate::service::completing::COMPLETION;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        view_route(),
        mine_route(),
        complete_route(),
        take_back_route(),
        list_route(),
        show_route(),
        replace_route(),
        patch_route(),
        restore_route(),
    ]
}

/// What somebody who learns can run into.
fn learning(route: Route) -> Route {
    route.problem("not-enrolled", 403, "The caller does not learn in the course, or not now.").problem(
        "course-closed",
        409,
        "The course is not published: nothing is completed there.",
    )
}

/// What somebody who completes a block can run into.
fn completing(route: Route) -> Route {
    learning(route).problem(
        "block-locked",
        409,
        "The block is locked for the caller; the detail says what it waits for.",
    )
}

fn view_route() -> Route {
    post("/v1/blocks/{id}/view", view_block)
        .summary("Say that one has opened a block")
        .describe(
            "A block whose `completion` is `viewed` is completed by this for who learns in its course: the first time, not again after \
             that was taken back. Otherwise, and for others, nothing happens.",
        )
        .status(204)
        .problem("block-locked", 409, "The block is locked for the caller; the detail says what it waits for.")
}

async fn view_block(
    caller: Caller<CompletionCreate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<BlockId>,
) -> Result<Committed<()>, EnrollmentError> {
    service.view_block(&caller, work, id.0).await
}

fn mine_route() -> Route {
    get("/v1/blocks/{id}/completion", my_completion)
        .summary("Read one's own completion of a block")
        .describe("404 if there is none.")
}

async fn my_completion(
    caller: Caller<CompletionRead>,
    service: State<EnrollmentsService>,
    id: PathId<BlockId>,
) -> Result<Tagged<Completion>, EnrollmentError> {
    service.my_completion(&caller, id.0).await.map(tagged)
}

fn tagged(completion: Completion) -> Tagged<Completion> {
    let tag = etag(COMPLETION, completion.version);
    Json::new(completion).etag(tag)
}

fn complete_route() -> Route {
    completing(put("/v1/blocks/{id}/completion", complete_block))
        .summary("Complete a block")
        .describe(
            "For oneself, once: again it only changes what one says about it. With its last block the course is completed. A block whose \
             `completion` is `passed` or `submitted` is completed by that alone: by passing its test (or having it marked, where the test \
             has no pass mark), or by handing it in. If the test is marked anew and is not passed any more, nor is the block completed.",
        )
        .problem("completes-itself", 409, "The block is completed by passing its test or by handing in.")
}

async fn complete_block(
    caller: Caller<CompletionCreate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<BlockId>,
    if_match: IfMatch,
    form: Valid<PutCompletion>,
) -> Result<Committed<Completion>, EnrollmentError> {
    service.complete_block(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn take_back_route() -> Route {
    learning(delete("/v1/blocks/{id}/completion", take_back))
        .summary("Take back that one has completed a block")
        .describe("What was said, by oneself and by teachers, is there again when the block is completed again. Nothing if it is not completed.")
        .problem("completes-itself", 409, "The block was completed by passing its test or by handing in.")
}

async fn take_back(
    caller: Caller<CompletionCreate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<BlockId>,
    if_match: IfMatch,
) -> Result<Committed<()>, EnrollmentError> {
    service.take_back(&caller, work, &if_match, id.0).await
}

fn list_route() -> Route {
    theirs(get("/v1/blocks/{id}/completions", list_completions))
        .summary("List the completions of a block")
        .describe("Of all who learn in the course, oldest first; for those who teach it.")
}

async fn list_completions(
    caller: Caller<CompletionGrade>,
    service: State<EnrollmentsService>,
    id: PathId<BlockId>,
    filter: Query<CompletionFilter>,
    paging: Paging,
) -> Result<Listing<Completion>, EnrollmentError> {
    service.list_completions(&caller, (id.0, filter.into_inner()), &paging).await.map(Listing)
}

fn show_route() -> Route {
    get("/v1/completions/{id}", show_completion)
        .summary("Read a completion")
        .describe("One's own, or one in a course that one teaches.")
}

async fn show_completion(
    caller: Caller<CompletionRead>,
    service: State<EnrollmentsService>,
    id: PathId<CompletionId>,
) -> Result<Tagged<Completion>, EnrollmentError> {
    service.show_completion(&caller, id.0).await.map(tagged)
}

fn replace_route() -> Route {
    theirs(put("/v1/completions/{id}", replace_grade))
        .summary("Replace the grade of a completion")
        .describe("What teachers say about it: a grade in per cent, which release rules ask for, and words.")
}

async fn replace_grade(
    caller: Caller<CompletionGrade>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<CompletionId>,
    if_match: IfMatch,
    form: Valid<PutGrade>,
) -> Result<Committed<Completion>, EnrollmentError> {
    service.replace_grade(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    theirs(patch("/v1/completions/{id}", patch_grade))
        .summary("Grade a completion")
        .describe("What teachers say about it: a grade in per cent, which release rules ask for, and words. A merge patch (RFC 7396).")
}

async fn patch_grade(
    caller: Caller<CompletionGrade>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<CompletionId>,
    if_match: IfMatch,
    form: Patch<PatchGrade>,
) -> Result<Committed<Completion>, EnrollmentError> {
    service.patch_grade(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn restore_route() -> Route {
    completing(post("/v1/completions/{id}/restore", restore_completion))
        .summary("Restore a completion")
        .describe("One's own that one took back, just as it was.")
        .versioned()
        .problem("not-deleted", 409, "It was not taken back.")
        .problem("completes-itself", 409, "The block was completed by passing its test or by handing in.")
}

async fn restore_completion(
    caller: Caller<CompletionCreate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<CompletionId>,
) -> Result<Committed<Completion>, EnrollmentError> {
    service.restore_completion(&caller, work, id.0).await
}
