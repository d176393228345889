//! Routes of registration and activation.

use lyceum_web::{Committed, Public, Route, State, UnitOfWork, Valid, post};
use serde_json::json;

use crate::dto::registration::{Acknowledged, Activate, Register, ResendActivation};
use crate::error::IdentityError;
use crate::service::IdentityService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![register_route(), activate_route(), resend_route()]
}

fn register_route() -> Route {
    post("/v1/auth/register", register)
        .summary("Register")
        .describe(
            "Makes an account that waits until its owner follows the link in the mail. The answer is the same, after the same work, \
             whether or not the address has an account already: its owner is told by mail. Only a username that is taken is said \
             outright, as usernames are no secret among those who use them. An `invite_code` is redeemed once the address is proven, and so is the `school` joined that lets people in by themselves.",
        )
        .status(202)
        .example(json!({"email": "ada@example.org", "password": "engines weave numbers", "username": "ada", "full_name": "Ada Lovelace"}))
        .problem("invite-for-another", 403, "The invite is for another address.")
        .problem("not-found", 404, "The code is none, or the school does not let people in by themselves.")
        .problem("invite-over", 410, "The invite is used up, has expired, or was withdrawn.")
        .problem("too-many-failures", 429, "Too many wrong codes.")
        .problem("registration-closed", 403, "People cannot register by themselves on this deployment.")
        .problem("username-taken", 409, "The username belongs to somebody else.")
        .problem("hasher-busy", 503, "Too many passwords are being hashed right now.")
}

async fn register(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<Register>,
) -> Result<Committed<Acknowledged>, IdentityError> {
    service.register(work, form.into_inner()).await
}

fn activate_route() -> Route {
    post("/v1/auth/activate", activate)
        .summary("Activate an account")
        .describe("Proves the address by the token from the activation mail. A token is good once.")
        .problem("one-time-token-unknown", 404, "The token was never issued.")
        .problem("one-time-token-expired", 410, "The token has expired or was used already.")
}

async fn activate(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<Activate>,
) -> Result<Committed<()>, IdentityError> {
    service.activate(work, &form).await
}

fn resend_route() -> Route {
    post("/v1/auth/activation/resend", resend_activation)
        .summary("Send the activation mail again")
        .describe(
            "Mails the link once more if an account with this address waits for its activation. The answer never tells whether it \
             does. A few letters an hour go to one address; what is asked beyond that is answered alike and not sent.",
        )
        .status(202)
        .example(json!({"email": "ada@example.org"}))
}

async fn resend_activation(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ResendActivation>,
) -> Result<Committed<Acknowledged>, IdentityError> {
    service.resend_activation(work, &form).await
}
