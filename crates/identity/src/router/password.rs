//! Routes of passwords.

use lyceum_web::{Authenticated, Committed, Public, Route, State, UnitOfWork, Valid, post};
use serde_json::json;

use crate::dto::password::{ChangePassword, ForgotPassword, ResetPassword};
use crate::dto::registration::Acknowledged;
use crate::error::IdentityError;
use crate::service::IdentityService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![forgot_route(), reset_route(), change_route()]
}

fn forgot_route() -> Route {
    post("/v1/auth/password/forgot", forgot_password)
        .summary("Ask for a new password")
        .describe(
            "Mails a link to choose a new password if the address has an account. The answer never tells whether it has. A few \
             letters an hour go to one address; what is asked beyond that is answered alike and not sent.",
        )
        .status(202)
        .example(json!({"email": "ada@example.org"}))
}

async fn forgot_password(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ForgotPassword>,
) -> Result<Committed<Acknowledged>, IdentityError> {
    service.forgot_password(work, &form).await
}

fn reset_route() -> Route {
    post("/v1/auth/password/reset", reset_password)
        .summary("Set a new password by a mailed link")
        .describe(
            "Takes the token of a reset mail or of an invitation. Every session of the account ends and every other such link is \
             void. The address counts as proven. A second factor stays: login asks for it as before.",
        )
        .problem("one-time-token-unknown", 404, "The token was never issued.")
        .problem("one-time-token-expired", 410, "The token has expired or was used already.")
        .problem("hasher-busy", 503, "Too many passwords are being hashed right now.")
}

async fn reset_password(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ResetPassword>,
) -> Result<Committed<()>, IdentityError> {
    service.reset_password(work, &form).await
}

fn change_route() -> Route {
    post("/v1/auth/password/change", change_password)
        .summary("Change one's password")
        .describe(
            "Every other session ends; this one stays. The owner is told by mail. After ten wrong passwords within a quarter of an \
             hour the caller has to wait.",
        )
        .example(json!({"current_password": "engines weave numbers", "new_password": "numbers weave engines"}))
        .problem("reauthentication-failed", 403, "The current password is wrong.")
        .problem("too-many-failures", 429, "Too many wrong passwords.")
        .problem("hasher-busy", 503, "Too many passwords are being checked right now.")
}

async fn change_password(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ChangePassword>,
) -> Result<Committed<()>, IdentityError> {
    service.change_password(&caller, work, &form).await
}
