//! Routes of what is different in a test for a person or a group.

use lyceum_kernel::{GroupId, TestId, UserId};
use lyceum_web::{
    Caller, Committed, IfMatch, Listing, Paging, PathId, PathParams, Route, State, UnitOfWork, Valid, delete, get, put,
};

use crate::dto::test::TestOverride;
use crate::dto::test_form::PutOverride;
use crate::error::AssessmentError;
use crate::perm::TestInvigilate;
use crate::service::AssessmentsService;
use crate::service::overrides::Subject;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![list_route(), put_person_route(), delete_person_route(), put_group_route(), delete_group_route()]
}

/// What all of them can run into.
fn theirs(route: Route) -> Route {
    route.problem("not-your-test", 403, "The caller neither owns the test, nor teaches its course, nor manages all.")
}

fn list_route() -> Route {
    theirs(get("/v1/tests/{id}/overrides", list_overrides))
        .summary("List what is different in a test for some")
        .describe("By person or group.")
}

async fn list_overrides(
    caller: Caller<TestInvigilate>,
    service: State<AssessmentsService>,
    id: PathId<TestId>,
    paging: Paging,
) -> Result<Listing<TestOverride>, AssessmentError> {
    service.list_overrides(&caller, id.0, &paging).await.map(Listing)
}

const RULE: &str = "What is said for a person goes before what is said for their groups, and that before the test's own settings; of several \
     groups the most generous counts. Attempts that run end by it from now on. Extra time moves the end of the test as well.";

fn put_person_route() -> Route {
    theirs(put("/v1/tests/{id}/overrides/{user_id}", put_person_override))
        .summary("Say what is different for a person")
        .describe(RULE)
}

async fn put_person_override(
    caller: Caller<TestInvigilate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    path: PathParams<(TestId, UserId)>,
    if_match: IfMatch,
    form: Valid<PutOverride>,
) -> Result<Committed<TestOverride>, AssessmentError> {
    let (id, user) = path.0;
    service.put_override(&caller, work, &if_match, (id, Subject::Person(user), form.into_inner())).await
}

fn delete_person_route() -> Route {
    theirs(delete("/v1/tests/{id}/overrides/{user_id}", delete_person_override))
        .summary("Make nothing different for a person")
        .describe("Gone for good; attempts that run end by the test's settings, or their groups', from now on.")
}

async fn delete_person_override(
    caller: Caller<TestInvigilate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    path: PathParams<(TestId, UserId)>,
    if_match: IfMatch,
) -> Result<Committed<()>, AssessmentError> {
    let (id, user) = path.0;
    service.delete_override(&caller, work, &if_match, (id, Subject::Person(user))).await
}

fn put_group_route() -> Route {
    theirs(put("/v1/tests/{id}/group-overrides/{group_id}", put_group_override))
        .summary("Say what is different for a group")
        .describe(RULE)
}

async fn put_group_override(
    caller: Caller<TestInvigilate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    path: PathParams<(TestId, GroupId)>,
    if_match: IfMatch,
    form: Valid<PutOverride>,
) -> Result<Committed<TestOverride>, AssessmentError> {
    let (id, group) = path.0;
    service.put_override(&caller, work, &if_match, (id, Subject::Group(group), form.into_inner())).await
}

fn delete_group_route() -> Route {
    theirs(delete("/v1/tests/{id}/group-overrides/{group_id}", delete_group_override))
        .summary("Make nothing different for a group")
        .describe("Gone for good; attempts that run end by the test's settings from now on.")
}

async fn delete_group_override(
    caller: Caller<TestInvigilate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    path: PathParams<(TestId, GroupId)>,
    if_match: IfMatch,
) -> Result<Committed<()>, AssessmentError> {
    let (id, group) = path.0;
    service.delete_override(&caller, work, &if_match, (id, Subject::Group(group))).await
}
