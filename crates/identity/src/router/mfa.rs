//! Routes of the second factor.

use lyceum_web::{Authenticated, Committed, Route, State, UnitOfWork, Valid, delete, post};
use serde_json::json;

use crate::dto::mfa::{ConfirmTotp, ProofOfPassword, RecoveryCodes, TotpEnrolment};
use crate::error::IdentityError;
use crate::service::IdentityService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![enrol_route(), confirm_route(), disable_route(), renew_route()]
}

/// What every route that wants the password can answer.
pub(super) fn wants_password(route: Route) -> Route {
    route
        .problem("reauthentication-failed", 403, "The password is wrong.")
        .problem("too-many-failures", 429, "Too many wrong passwords.")
        .problem("hasher-busy", 503, "Too many passwords are being checked right now.")
}

fn enrol_route() -> Route {
    wants_password(post("/v1/auth/mfa/totp", enrol_totp))
        .summary("Begin to set up two-step login")
        .describe(
            "Makes a secret for an authenticator app (TOTP, RFC 6238) and shows it once. Login does not ask for a code before one \
             is confirmed; begun again, the earlier secret is forgotten.",
        )
        .idempotency_exempt()
        .problem("mfa-already-active", 409, "Two-step login is on; turn it off first.")
}

async fn enrol_totp(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ProofOfPassword>,
) -> Result<Committed<TotpEnrolment>, IdentityError> {
    service.enrol_totp(&caller, work, &form).await
}

fn confirm_route() -> Route {
    post("/v1/auth/mfa/totp/confirm", confirm_totp)
        .summary("Turn two-step login on")
        .describe("Takes the code that the app shows, turns two-step login on, and answers with ten recovery codes, shown once.")
        .idempotency_exempt()
        .example(json!({"code": "287082"}))
        .problem("confirmation-code-wrong", 403, "The code is not the one of this moment.")
        .problem("mfa-not-active", 409, "No secret was made before.")
        .problem("mfa-already-active", 409, "Two-step login is on already.")
        .problem("too-many-failures", 429, "Ten wrong codes within a quarter of an hour.")
}

async fn confirm_totp(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ConfirmTotp>,
) -> Result<Committed<RecoveryCodes>, IdentityError> {
    service.confirm_totp(&caller, work, &form).await
}

fn disable_route() -> Route {
    wants_password(delete("/v1/auth/mfa/totp", disable_totp))
        .summary("Turn two-step login off")
        .describe("Forgets the secret and the recovery codes. The password stands in the JSON body; the owner is told by mail.")
        .problem("mfa-not-active", 409, "Two-step login is not on.")
}

async fn disable_totp(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ProofOfPassword>,
) -> Result<Committed<()>, IdentityError> {
    service.disable_totp(&caller, work, &form).await
}

fn renew_route() -> Route {
    wants_password(post("/v1/auth/mfa/recovery-codes", renew_recovery_codes))
        .summary("Get new recovery codes")
        .describe("Ten new codes, shown once; whatever is left of the old ones is void.")
        .idempotency_exempt()
        .problem("mfa-not-active", 409, "Two-step login is not on.")
}

async fn renew_recovery_codes(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ProofOfPassword>,
) -> Result<Committed<RecoveryCodes>, IdentityError> {
    service.renew_recovery_codes(&caller, work, &form).await
}
