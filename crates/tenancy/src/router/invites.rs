//! Routes of invites.

use lyceum_kernel::InviteId;
use lyceum_web::{
    Authenticated, Caller, Committed, IfMatch, Json, Listing, Paging, PathId, Query, Route, State, Tagged, UnitOfWork,
    Valid, delete, get, post,
};

use crate::dto::invite::{CreateInvite, Invite, InviteFilter, RedeemInvite, Redeemed};
use crate::error::TenancyError;
use crate::perm::UserInvite;
use crate::service::TenancyService;
use crate::service::invites::tag;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![list_route(), create_route(), show_route(), revoke_route(), redeem_route()]
}

fn list_route() -> Route {
    get("/v1/admin/invites", list_invites).summary("List invites").describe(
        "All invites of the active school with their state, those that are over included. Codes are not shown.",
    )
}

async fn list_invites(
    caller: Caller<UserInvite>,
    service: State<TenancyService>,
    filter: Query<InviteFilter>,
    paging: Paging,
) -> Result<Listing<Invite>, TenancyError> {
    service.list_invites(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn create_route() -> Route {
    post("/v1/admin/invites", create_invite)
        .summary("Invite people")
        .describe(
            "Makes a code that lets people into the active school in a role, and into a group or course with it. The code is shown \
             in this answer alone; with an `email` it is mailed too, and good for that address only. Nobody invites to a role that \
             they may not give, and an invite ends when whoever made it loses that right or leaves the school.",
        )
        .status(201)
        .versioned()
        .idempotency_exempt()
        .problem("school-needed", 403, "The caller acts in no school, and this is about one.")
        .problem("role-above-yours", 403, "The role has a rank above the caller's, or allows more.")
        .problem("not-found", 404, "There is no such group or course.")
        .problem("unknown-role", 409, "The school has no such role.")
        .problem("already-past", 409, "It would have expired already.")
}

async fn create_invite(
    caller: Caller<UserInvite>,
    service: State<TenancyService>,
    work: UnitOfWork,
    form: Valid<CreateInvite>,
) -> Result<Committed<Invite>, TenancyError> {
    service.create_invite(&caller, work, form.into_inner()).await
}

fn show_route() -> Route {
    get("/v1/admin/invites/{id}", show_invite)
        .summary("Read an invite")
        .describe("One invite with its state and how often it was used, without its code.")
}

async fn show_invite(
    caller: Caller<UserInvite>,
    service: State<TenancyService>,
    id: PathId<InviteId>,
) -> Result<Tagged<Invite>, TenancyError> {
    let invite = service.show_invite(&caller, id.0).await?;
    let tag = tag(invite.version, invite.state);
    Ok(Json::new(invite).etag(tag))
}

fn revoke_route() -> Route {
    delete("/v1/admin/invites/{id}", revoke_invite)
        .summary("Withdraw an invite")
        .describe(
            "From now on it lets nobody in. It stays in the list as `revoked`, for good; whoever came by it stays in the school.",
        )
        .problem("role-above-yours", 403, "Its role has a rank above the caller's, who did not make it either.")
}

async fn revoke_invite(
    caller: Caller<UserInvite>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<InviteId>,
    if_match: IfMatch,
) -> Result<Committed<()>, TenancyError> {
    service.revoke_invite(&caller, work, &if_match, id.0).await
}

fn redeem_route() -> Route {
    post("/v1/invites/redeem", redeem_invite)
        .summary("Redeem an invite")
        .describe(
            "The caller joins the school in the role that the invite grants. Members keep the roles they have and get the new one \
             beside them. Wrong codes are counted: after ten in a minute one waits.",
        )
        .problem("invite-for-another", 403, "The invite is for another address than the caller's.")
        .problem("membership-inactive", 403, "The school's staff keep the caller out.")
        .problem("school-read-only", 403, "The school is suspended or lapsed.")
        .problem("not-found", 404, "The code is none.")
        .problem("already-redeemed", 409, "The caller came by this invite before.")
        .problem("already-a-member", 409, "The caller has all that the invite grants; no use was taken.")
        .problem("no-seat-left", 409, "The school has as many members as it may have.")
        .problem("invite-over", 410, "The invite is used up, has expired, or was withdrawn.")
        .problem("too-many-failures", 429, "Too many wrong codes.")
}

async fn redeem_invite(
    caller: Authenticated,
    service: State<TenancyService>,
    work: UnitOfWork,
    form: Valid<RedeemInvite>,
) -> Result<Committed<Redeemed>, TenancyError> {
    service.redeem_invite(&caller, caller.ctx.ip, work, &form.code).await
}
