//! Routes of one's own sessions.

use lyceum_kernel::SessionId;
use lyceum_web::{Authenticated, Committed, Json, Listing, Paging, PathId, Route, State, UnitOfWork, delete, get};

use crate::dto::session::SessionView;
use crate::error::IdentityError;
use crate::service::IdentityService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        get("/v1/auth/sessions", list_sessions).summary("List one's sessions").describe(
            "The caller's living sessions, the newest first: device, address, when it was opened and last used.",
        ),
        delete("/v1/auth/sessions", revoke_other_sessions)
            .summary("End all other sessions")
            .describe("Ends every session of the caller but the one that asks."),
        get("/v1/auth/sessions/{id}", show_session)
            .summary("Show one of one's sessions")
            .describe("A living session of the caller."),
        delete("/v1/auth/sessions/{id}", revoke_session).summary("End one of one's sessions").describe(
            "Its access and refresh tokens are worthless with the next request, on other nodes within two seconds.",
        ),
    ]
}

async fn list_sessions(
    caller: Authenticated,
    service: State<IdentityService>,
    paging: Paging,
) -> Result<Listing<SessionView>, IdentityError> {
    Ok(service.list_sessions(&caller, &paging).await?.into())
}

async fn revoke_other_sessions(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
) -> Result<Committed<()>, IdentityError> {
    service.logout_everywhere(&caller, work, Some(caller.session_id)).await
}

async fn show_session(
    caller: Authenticated,
    service: State<IdentityService>,
    id: PathId<SessionId>,
) -> Result<Json<SessionView>, IdentityError> {
    service.show_session(&caller, id.0).await.map(Json::new)
}

async fn revoke_session(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    id: PathId<SessionId>,
) -> Result<Committed<()>, IdentityError> {
    service.revoke_session(&caller, work, id.0).await
}
