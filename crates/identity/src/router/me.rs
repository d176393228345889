//! Routes of one's own account.

use lyceum_web::{
    Authenticated, Committed, IfMatch, IfNoneMatch, Json, Patch, Public, Route, State, UnitOfWork, UnlessKnown, Valid,
    delete, get, patch, post, put,
};
use serde_json::json;

use super::mfa::wants_password;
use crate::dto::me::{ChangeEmail, EmailToken, Me, MyPermissions, PatchMe, PersonalData, PutMe};
use crate::dto::mfa::ProofOfPassword;
use crate::dto::registration::Acknowledged;
use crate::error::IdentityError;
use crate::service::IdentityService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        show_route(),
        replace_route(),
        patch_route(),
        erase_route(),
        export_route(),
        permissions_route(),
        change_email_route(),
        confirm_email_route(),
        undo_email_route(),
    ]
}

fn show_route() -> Route {
    get("/v1/me", show_me)
        .summary("Read one's own account")
        .describe("Served from memory until something about the account changes.")
}

async fn show_me(
    caller: Authenticated,
    service: State<IdentityService>,
    known: IfNoneMatch,
) -> Result<UnlessKnown<Me>, IdentityError> {
    Ok(service.me(&caller).await?.unless(known))
}

fn replace_route() -> Route {
    put("/v1/me", replace_me)
        .summary("Replace one's own profile")
        .describe("What is left out is emptied, or set to its default.")
        .problem("username-taken", 409, "The username belongs to somebody else.")
        .problem("login-name-missing", 409, "An account without an e-mail address needs its username.")
}

async fn replace_me(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    if_match: IfMatch,
    form: Valid<PutMe>,
) -> Result<Committed<Me>, IdentityError> {
    service.replace_me(&caller, work, &if_match, form.into_inner()).await
}

fn patch_route() -> Route {
    patch("/v1/me", patch_me)
        .summary("Change one's own profile")
        .describe(
            "A merge patch (RFC 7396): what it names is changed, `null` empties a field or sets it to its default.",
        )
        .problem("username-taken", 409, "The username belongs to somebody else.")
        .problem("login-name-missing", 409, "An account without an e-mail address needs its username.")
}

async fn patch_me(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    if_match: IfMatch,
    form: Patch<PatchMe>,
) -> Result<Committed<Me>, IdentityError> {
    service.patch_me(&caller, work, &if_match, form.into_inner()).await
}

fn erase_route() -> Route {
    wants_password(delete("/v1/me", erase_me))
        .summary("Erase one's own account")
        .describe(
            "For good: name, addresses, password, sessions and second factor are gone, and every part of the system forgets what it \
             holds of the person; what others need (a grade in a statistic) stays without a name. The password stands in the body.",
        )
        .problem("last-super-admin", 409, "Somebody must be left who runs the deployment.")
}

async fn erase_me(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ProofOfPassword>,
) -> Result<Committed<()>, IdentityError> {
    service.erase_me(&caller, work, &form).await
}

fn export_route() -> Route {
    get("/v1/me/export", export_me)
        .summary("Export one's personal data")
        .describe("Everything that is kept about the caller, as JSON. Passwords, secrets and codes are kept only in forms that tell nothing.")
        .problem("export-unavailable", 503, "A part of the system cannot say now what it keeps.")
}

async fn export_me(
    caller: Authenticated,
    service: State<IdentityService>,
) -> Result<Json<PersonalData>, IdentityError> {
    service.export_me(&caller).await.map(Json::new)
}

fn permissions_route() -> Route {
    get("/v1/me/permissions", my_permissions)
        .summary("Read one's permissions")
        .describe("What the caller may do in the active school, narrowed by the scope of the token.")
}

async fn my_permissions(
    caller: Authenticated,
    service: State<IdentityService>,
) -> Result<Json<MyPermissions>, IdentityError> {
    Ok(Json::new(service.my_permissions(&caller)))
}

fn change_email_route() -> Route {
    wants_password(post("/v1/me/email", change_email))
        .summary("Ask for another e-mail address")
        .describe(
            "A link to confirm goes to the new address and a notice to the old one, with a link that undoes the change for seven \
             days. Nothing changes before the new address is confirmed, and nobody is told whether it has an account already.",
        )
        .status(202)
        .example(json!({"email": "ada@example.net", "password": "engines weave numbers"}))
}

async fn change_email(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<ChangeEmail>,
) -> Result<Committed<Acknowledged>, IdentityError> {
    service.request_email_change(&caller, work, &form).await
}

fn confirm_email_route() -> Route {
    post("/v1/me/email/confirm", confirm_email)
        .summary("Confirm the new e-mail address")
        .describe("Takes the token from the mail to the new address, which is the account's from now on.")
        .problem("one-time-token-unknown", 404, "The token was never issued.")
        .problem("email-taken", 409, "The address has become somebody else's.")
        .problem("one-time-token-expired", 410, "The token has expired or was used already.")
}

async fn confirm_email(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<EmailToken>,
) -> Result<Committed<()>, IdentityError> {
    service.confirm_email(work, &form).await
}

fn undo_email_route() -> Route {
    post("/v1/me/email/undo", undo_email_change)
        .summary("Undo a change of e-mail address")
        .describe(
            "Takes the token from the notice to the old address: that address is the account's again, every session ends, and a link \
             to choose a new password is mailed to it.",
        )
        .problem("one-time-token-unknown", 404, "The token was never issued.")
        .problem("email-taken", 409, "The old address has become somebody else's.")
        .problem("one-time-token-expired", 410, "The token has expired or was used already.")
}

async fn undo_email_change(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<EmailToken>,
) -> Result<Committed<()>, IdentityError> {
    service.undo_email_change(work, &form).await
}
