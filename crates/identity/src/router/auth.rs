//! Routes of logging in and out and of renewing tokens.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use lyceum_kernel::ServiceError;
use lyceum_web::{
    Authenticated, Committed, Describe, Description, Form, Incoming, Problem, Public, Reply, Route, State, UnitOfWork,
    Valid, describe, post,
};
use utoipa::openapi::schema::Type;

use crate::dto::auth::{Login, OAuthError, Refresh, SwitchSchool, TokenForm, TokenPair, TokenRequest};
use crate::error::IdentityError;
use crate::service::IdentityService;
use crate::service::login::Credentials;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![login_route(), token_route(), refresh_route(), switch_school_route(), logout_route(), logout_all_route()]
}

fn login_route() -> Route {
    post("/v1/auth/login", login)
        .summary("Log in")
        .describe(
            "Opens a session and answers with its first pair of tokens. Accounts with a second factor get `mfa-required` until \
             `totp` holds a code of it or a recovery code. Unknown names and wrong passwords are not told apart. Five failures a \
             minute of one address with one account make that address wait; successes never count.",
        )
        .idempotency_exempt()
        .problem("invalid-credentials", 401, "The name or the password is wrong.")
        .problem("mfa-required", 401, "The password is right; a code of the second factor is needed as well.")
        .problem("mfa-code-invalid", 401, "The code is wrong, expired or was used before.")
        .problem("account-not-activated", 403, "The password is right, but the address has not been proven yet.")
        .problem("account-disabled", 403, "The password is right, but the account is closed.")
        .problem("not-a-member", 403, "The password is right, but the account is no active member of such a school.")
        .problem("too-many-failures", 429, "Too many failed attempts.")
        .problem("hasher-busy", 503, "Too many passwords are being checked right now.")
}

async fn login(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<Login>,
) -> Result<Committed<TokenPair>, IdentityError> {
    let name = form.name().to_owned();
    let Login { password, totp, school, .. } = form.into_inner();
    let password = password.into_secret();
    service.login(work, Credentials { name, password, code: totp, scope: None, school }).await
}

fn switch_school_route() -> Route {
    post("/v1/auth/switch-school", switch_school)
        .summary("Act in another school")
        .describe(
            "Answers with a new pair whose active school is that one; the refresh token of the session is spent. A school that one is \
             no member of and one that never was look the same. A super admin enters any school.",
        )
        .idempotency_exempt()
        .problem("not-a-member", 403, "The caller is no active member of such a school.")
}

async fn switch_school(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<SwitchSchool>,
) -> Result<Committed<TokenPair>, IdentityError> {
    service.switch_school(&caller, work, form.school_id).await
}

fn refresh_route() -> Route {
    post("/v1/auth/refresh", refresh)
        .summary("Renew the tokens")
        .describe(
            "Answers with a new pair; the refresh token sent is spent. Sent once more within a few seconds, because the answer was \
             lost, it gets the same pair. Used later, it ends the session: somebody has a copy; the owner is told by mail.",
        )
        .idempotency_exempt()
        .problem("invalid-refresh-token", 401, "The token is expired, spent or revoked.")
}

async fn refresh(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Valid<Refresh>,
) -> Result<Committed<TokenPair>, IdentityError> {
    service.refresh(work, form.refresh_token.expose()).await
}

fn logout_route() -> Route {
    post("/v1/auth/logout", logout)
        .summary("Log out")
        .describe("Ends this session: its access and refresh tokens are worthless with the next request, on other nodes within two seconds.")
}

async fn logout(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
) -> Result<Committed<()>, IdentityError> {
    service.logout(&caller, work).await
}

fn logout_all_route() -> Route {
    post("/v1/auth/logout-all", logout_all)
        .summary("Log out everywhere")
        .describe("Ends every session of the caller, this one included.")
}

async fn logout_all(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
) -> Result<Committed<()>, IdentityError> {
    service.logout_everywhere(&caller, work, None).await
}

fn token_route() -> Route {
    post("/v1/auth/token", token)
        .summary("OAuth2 token endpoint")
        .describe(
            "The grants `password` and `refresh_token` of OAuth2 (RFC 6749), for Swagger's padlock and OAuth2 clients; no client \
             authentication, fields it does not know are ignored. `scope` narrows the session to some permissions. What the form \
             lacks is answered with 400, wrong credentials with 401, both in the form of RFC 6749, section 5.2. An account with a \
             second factor needs its code as `totp`: without one the error is `mfa_required`.",
        )
        .idempotency_exempt()
        .problem("too-many-failures", 429, "Too many failed attempts.")
        .problem("hasher-busy", 503, "Too many passwords are being checked right now.")
}

async fn token(
    _: Public,
    service: State<IdentityService>,
    work: UnitOfWork,
    form: Form<TokenForm>,
) -> Result<TokenAnswer, IdentityError> {
    let outcome = match form.into_inner().read() {
        Err(error) => return Ok(TokenAnswer::Refused(StatusCode::BAD_REQUEST, error)),
        Ok(TokenRequest::Password { username, password, totp, scope }) => {
            service
                .login(
                    work,
                    Credentials { name: username, password: password.into_secret(), code: totp, scope, school: None },
                )
                .await
        }
        Ok(TokenRequest::RefreshToken(token)) => service.refresh(work, token.expose()).await,
    };
    match outcome {
        Ok(pair) => Ok(TokenAnswer::Granted(pair)),
        Err(error) => in_oauth_words(error),
    }
}

/// What the client did wrong, as RFC 6749 says it; what we did wrong stays an error.
fn in_oauth_words(error: IdentityError) -> Result<TokenAnswer, IdentityError> {
    let code = match error {
        IdentityError::MfaRequired => "mfa_required",
        IdentityError::InvalidCredentials
        | IdentityError::MfaCodeInvalid
        | IdentityError::NotActivated
        | IdentityError::AccountDisabled
        | IdentityError::InvalidRefreshToken => "invalid_grant",
        other => return Err(other),
    };
    let error = OAuthError::new(code, format!("{error} ({})", error.code()));
    Ok(TokenAnswer::Refused(StatusCode::UNAUTHORIZED, error))
}

/// The answer of the token endpoint: tokens, or an error as OAuth2 wants it.
enum TokenAnswer {
    Granted(Committed<TokenPair>),
    Refused(StatusCode, OAuthError),
}

impl Reply for TokenAnswer {
    fn reply(self, incoming: &Incoming) -> Result<HttpResponse, Problem> {
        match self {
            Self::Granted(pair) => pair.reply(incoming),
            Self::Refused(status, error) => {
                let mut response = HttpResponse::build(status);
                response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
                if status == StatusCode::UNAUTHORIZED {
                    let challenge = HeaderValue::from_static("Bearer realm=\"lyceum\"");
                    response.insert_header((header::WWW_AUTHENTICATE, challenge));
                }
                Ok(response.json(error))
            }
        }
    }
}

impl Describe for TokenAnswer {
    fn describe(description: &mut Description) {
        Committed::<TokenPair>::describe(description);
        let schema = description.schema_of::<OAuthError>();
        let text = "`invalid_request`, `invalid_scope` or `unsupported_grant_type`: the form lacks something.";
        description.success_with(400, text, "application/json", schema.clone());
        let text = "`invalid_grant`: the credentials or the refresh token are not good. `mfa_required`: send a code as `totp`.";
        let refused = description.success_with(401, text, "application/json", schema);
        let challenge = describe::header("The challenge (RFC 6750).", Type::String);
        refused.headers.insert("WWW-Authenticate".to_owned(), challenge);
    }
}
