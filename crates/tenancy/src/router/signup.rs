//! Routes of signing up.

use lyceum_kernel::SignupRequestId;
use lyceum_web::{
    Authenticated, Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Public, Query, Route, State,
    Tagged, UnitOfWork, Valid, etag, get, patch, post,
};

use crate::dto::person::Mailed;
use crate::dto::signup::{
    AskToJoin, AskToJoinAsMe, DecideRequest, MySignupRequest, SignUpSchool, SignupFilter, SignupRequest,
};
use crate::error::TenancyError;
use crate::perm::SignupDecide;
use crate::service::TenancyService;
use crate::service::signup::REQUEST;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        sign_up_school_route(),
        ask_route(),
        ask_as_me_route(),
        list_mine_route(),
        list_route(),
        show_route(),
        decide_route(),
    ]
}

fn sign_up_school_route() -> Route {
    post("/v1/auth/signup-school", sign_up_school)
        .summary("Found a school and run it")
        .describe(
            "Where the deployment allows it: makes a school, and an account for its first administrator that waits for the link in \
             the mail. If the address has an account already, its owner is offered the school by mail and keeps their password; the \
             answer is the same. Only a slug that is taken is said outright.",
        )
        .status(202)
        .problem("school-signup-closed", 403, "Schools are founded by the platform's staff on this deployment.")
        .problem("slug-taken", 409, "Another school has the slug.")
        .problem("hasher-busy", 503, "Too many passwords are being hashed right now.")
}

async fn sign_up_school(
    caller: Public,
    service: State<TenancyService>,
    work: UnitOfWork,
    form: Valid<SignUpSchool>,
) -> Result<Committed<Mailed>, TenancyError> {
    service.sign_up_school(caller.ctx.ip, work, form.into_inner()).await
}

fn ask_route() -> Route {
    post("/v1/signup-requests", ask_to_join)
        .summary("Ask to join a school")
        .describe(
            "For strangers; whoever is logged in uses `/v1/me/signup-requests`. The school's staff decide, and the answer comes by \
             mail. Asking again changes the open request. A school that takes no requests looks like one that is not there.",
        )
        .status(202)
        .problem("not-found", 404, "There is no such school, or it takes no requests.")
        .problem("unknown-role", 409, "The role is none of those that may be asked for.")
}

async fn ask_to_join(
    caller: Public,
    service: State<TenancyService>,
    work: UnitOfWork,
    form: Valid<AskToJoin>,
) -> Result<Committed<Mailed>, TenancyError> {
    service.ask_to_join(caller.ctx.ip, work, form.into_inner()).await
}

fn ask_as_me_route() -> Route {
    post("/v1/me/signup-requests", ask_to_join_as_me)
        .summary("Ask to join a school with one's account")
        .describe(
            "The school's staff decide. A school with `self_signup` lets the caller in at once, in its default role: then the request \
             is `approved` in this answer. Asking again changes the open request.",
        )
        .status(201)
        .problem("membership-inactive", 403, "The school's staff keep the caller out.")
        .problem("not-found", 404, "There is no such school, or it takes no requests.")
        .problem("address-missing", 409, "The caller's account has no e-mail address.")
        .problem("unknown-role", 409, "The role is none of those that may be asked for.")
        .problem("no-seat-left", 409, "The school has as many members as it may have.")
}

async fn ask_to_join_as_me(
    caller: Authenticated,
    service: State<TenancyService>,
    work: UnitOfWork,
    form: Valid<AskToJoinAsMe>,
) -> Result<Committed<MySignupRequest>, TenancyError> {
    service.ask_to_join_as(&caller, work, form.into_inner()).await
}

fn list_mine_route() -> Route {
    get("/v1/me/signup-requests", my_signup_requests)
        .summary("List one's own requests to join")
        .describe("Those that the caller made while logged in, the newest first.")
}

async fn my_signup_requests(
    caller: Authenticated,
    service: State<TenancyService>,
    paging: Paging,
) -> Result<Listing<MySignupRequest>, TenancyError> {
    service.my_requests(&caller, &paging).await.map(Listing)
}

fn list_route() -> Route {
    get("/v1/signup-requests", list_signup_requests)
        .summary("List requests to join")
        .describe("Who asks, and asked, to join the active school.")
}

async fn list_signup_requests(
    caller: Caller<SignupDecide>,
    service: State<TenancyService>,
    filter: Query<SignupFilter>,
    paging: Paging,
) -> Result<Listing<SignupRequest>, TenancyError> {
    service.list_requests(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn show_route() -> Route {
    get("/v1/signup-requests/{id}", show_signup_request)
        .summary("Read a request to join")
        .describe("Who asks, for which role, and what became of it.")
}

async fn show_signup_request(
    caller: Caller<SignupDecide>,
    service: State<TenancyService>,
    id: PathId<SignupRequestId>,
) -> Result<Tagged<SignupRequest>, TenancyError> {
    let request = service.show_request(&caller, id.0).await?;
    let tag = etag(REQUEST, request.version);
    Ok(Json::new(request).etag(tag))
}

fn decide_route() -> Route {
    patch("/v1/signup-requests/{id}", decide_signup_request)
        .summary("Decide on a request to join")
        .describe(
            "By those who stand above the role that is asked for, and above the one that is given. Whoever asked joins, or is offered \
             to by mail where nobody has proven the address yet; a rejection is mailed too.",
        )
        .problem("role-above-yours", 403, "The role is not below the caller's rank, or allows more.")
        .problem("already-decided", 409, "The request was decided before.")
        .problem("unknown-role", 409, "The school has no such role.")
        .problem("already-a-member", 409, "Somebody with this address belongs to the school already.")
        .problem("no-seat-left", 409, "The school has as many members as it may have.")
        .problem("membership-inactive", 403, "Staff keep this person out.")
}

async fn decide_signup_request(
    caller: Caller<SignupDecide>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<SignupRequestId>,
    if_match: IfMatch,
    form: Patch<DecideRequest>,
) -> Result<Committed<SignupRequest>, TenancyError> {
    service.decide_request(&caller, work, &if_match, (id.0, form.into_inner())).await
}
