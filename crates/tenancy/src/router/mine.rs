//! Routes of one's own schools.

use lyceum_kernel::SchoolId;
use lyceum_web::{
    Authenticated, Committed, Listing, Paging, PathId, Public, Route, State, UnitOfWork, Valid, delete, get, post,
};

use crate::dto::school::{AcceptOffer, MySchool};
use crate::error::TenancyError;
use crate::service::TenancyService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![list_route(), accept_route(), leave_route(), accept_by_token_route()]
}

fn list_route() -> Route {
    get("/v1/me/schools", my_schools).summary("List one's own schools").describe(
        "Those that the caller belongs to, and those that want to add them (`pending`). `POST /v1/auth/switch-school` enters one.",
    )
}

async fn my_schools(
    caller: Authenticated,
    service: State<TenancyService>,
    paging: Paging,
) -> Result<Listing<MySchool>, TenancyError> {
    service.my_schools(&caller, &paging).await.map(Listing)
}

fn accept_route() -> Route {
    post("/v1/me/schools/{id}/accept", accept_mine)
        .summary("Accept what a school offers")
        .describe("The caller becomes a member, with the roles that the school gave.")
        .status(204)
        .problem("offer-expired", 410, "The school has withdrawn it.")
        .problem("already-a-member", 409, "The caller is a member of the school already.")
}

async fn accept_mine(
    caller: Authenticated,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<SchoolId>,
) -> Result<Committed<()>, TenancyError> {
    service.accept_mine(&caller, work, id.0).await
}

fn leave_route() -> Route {
    delete("/v1/me/schools/{id}", leave_mine)
        .summary("Leave a school")
        .describe(
            "Ends one's access to it at once; a pending offer is declined. The school's staff can bring one back.",
        )
        .problem("last-administrator", 409, "Somebody must be left who runs the school.")
}

async fn leave_mine(
    caller: Authenticated,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<SchoolId>,
) -> Result<Committed<()>, TenancyError> {
    service.leave_mine(&caller, work, id.0).await
}

fn accept_by_token_route() -> Route {
    post("/v1/memberships/accept", accept_by_token)
        .summary("Accept by the link in a mail")
        .describe(
            "For the page that the letter opens: nobody needs to be logged in. The link works once, within 30 days.",
        )
        .status(204)
        .idempotency_exempt()
        .problem("not-found", 404, "The token was never issued.")
        .problem("offer-expired", 410, "The offer has expired, was accepted or withdrawn.")
        .problem("already-a-member", 409, "The account is a member of the school already.")
}

async fn accept_by_token(
    _: Public,
    service: State<TenancyService>,
    work: UnitOfWork,
    form: Valid<AcceptOffer>,
) -> Result<Committed<()>, TenancyError> {
    service.accept_by_token(work, &form.token).await
}
