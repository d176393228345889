//! Routes of marking by people.

use lyceum_kernel::{AttemptId, TestId};
use lyceum_web::{
    Caller, Committed, IfMatch, Listing, Paging, Patch, PathId, PathParams, Route, State, UnitOfWork, get, patch,
};

use crate::dto::attempt::AttemptResult;
use crate::dto::marking::{AwaitedAnswer, GradeAnswer};
use crate::error::AssessmentError;
use crate::model::question::QuestionId;
use crate::perm::TestGrade;
use crate::service::AssessmentsService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![queue_route(), grade_route()]
}

fn queue_route() -> Route {
    get("/v1/tests/{id}/grading-queue", grading_queue)
        .summary("List the answers that wait for a person")
        .describe("Attempt by attempt. An answer that two people mark stays until both have.")
        .problem("not-your-test", 403, "The caller is not staff of the test.")
}

async fn grading_queue(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    id: PathId<TestId>,
    paging: Paging,
) -> Result<Listing<AwaitedAnswer>, AssessmentError> {
    service.grading_queue(&caller, id.0, &paging).await.map(Listing)
}

fn grade_route() -> Route {
    patch("/v1/attempts/{id}/answers/{question_id}/grade", grade_answer)
        .summary("Give points for an answer")
        .describe(
            "For answers that wait, and for any other in place of what it got by itself. Where two people mark, the second is somebody \
             else, and the mean counts. `If-Match` names the version of the attempt. Once everything is marked, the attempt is graded.",
        )
        .problem("not-your-test", 403, "The caller is not staff of the test.")
        .problem("attempt-open", 409, "The attempt still runs.")
        .problem("attempt-closed", 409, "The attempt was abandoned and counts for nothing.")
        .problem("too-many-points", 409, "More points than the question is worth.")
        .example_answer(&super::attempts::finished())
}

async fn grade_answer(
    caller: Caller<TestGrade>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    path: PathParams<(AttemptId, QuestionId)>,
    if_match: IfMatch,
    form: Patch<GradeAnswer>,
) -> Result<Committed<AttemptResult>, AssessmentError> {
    let (id, question) = path.0;
    service.grade_answer(&caller, work, &if_match, (id, question, form.into_inner())).await
}
