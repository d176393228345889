//! Who may come in. A gate is the first argument of every handler; forgetting it does not compile.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::http::header;
use lyceum_kernel::{ErrorKind, PermissionMarker, Principal};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::security::SecurityRequirement;

use super::incoming::{Extract, Incoming};
use super::{GateKind, limits};
use crate::authentication::{AuthError, Credential};
use crate::context::RequestContext;
use crate::describe::{Describe, Description};
use crate::problem::{CHALLENGE, CHALLENGE_INVALID, Problem};
use crate::socket::credentials;

/// The names of the security schemes in the API document: OAuth2 (the padlock) and a plain bearer token.
pub const SECURITY_SCHEMES: [&str; 2] = ["oauth2", "bearer"];

/// The code of the problem that answers writes to a school that is suspended or lapsed.
pub(super) const SCHOOL_READ_ONLY: &str = "school-read-only";

/// The first argument of a handler: who may call it.
pub trait Gate: Describe + Sized + 'static {
    /// What the route table says about it.
    const KIND: GateKind;

    /// Lets the request in or refuses it, before anything else of it is looked at.
    fn admit(incoming: &mut Incoming) -> impl Future<Output = Result<Self, Problem>>;
}

/// Anybody may call. Requests are counted per address.
#[derive(Debug, Clone)]
pub struct Public {
    /// The circumstances of the request.
    pub ctx: RequestContext,
}

/// Anybody with an account may call. Dereferences to the [`Principal`].
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// Who calls.
    pub principal: Arc<Principal>,
    /// The circumstances of the request.
    pub ctx: RequestContext,
}

/// Those who hold the permission `P` may call; others get 403 before any look-up. Dereferences to the [`Principal`].
///
/// While the active school is suspended or lapsed, writes get 403 too, unless the route says
/// [`while_suspended`](super::Route::while_suspended).
#[derive(Debug, Clone)]
pub struct Caller<P> {
    /// Who calls.
    pub principal: Arc<Principal>,
    /// The circumstances of the request.
    pub ctx: RequestContext,
    permission: PhantomData<P>,
}

impl Deref for Authenticated {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl<P> Deref for Caller<P> {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl Gate for Public {
    const KIND: GateKind = GateKind::Public;

    async fn admit(incoming: &mut Incoming) -> Result<Self, Problem> {
        limits::count_stranger(incoming).await?;
        Ok(Self { ctx: incoming.context().clone() })
    }
}

impl Gate for Authenticated {
    const KIND: GateKind = GateKind::Authenticated;

    async fn admit(incoming: &mut Incoming) -> Result<Self, Problem> {
        let principal = authenticate(incoming).await?;
        Ok(Self { principal, ctx: incoming.context().clone() })
    }
}

impl<P: PermissionMarker> Gate for Caller<P> {
    const KIND: GateKind = GateKind::Permission(P::PERMISSION);

    async fn admit(incoming: &mut Incoming) -> Result<Self, Problem> {
        let principal = authenticate(incoming).await?;
        if !principal.may(P::PERMISSION) {
            let detail = format!("This needs the permission {}.", P::PERMISSION.name);
            return Err(Problem::new(ErrorKind::Forbidden, "permission-missing", detail));
        }
        let writes = !incoming.request().method().is_safe();
        if writes && !principal.school_writable && !incoming.settings().while_suspended {
            let detail = "The school is suspended or lapsed: it can be read, not changed.";
            return Err(Problem::new(ErrorKind::Forbidden, SCHOOL_READ_ONLY, detail));
        }
        Ok(Self { principal, ctx: incoming.context().clone(), permission: PhantomData })
    }
}

async fn authenticate(incoming: &mut Incoming) -> Result<Arc<Principal>, Problem> {
    let outcome = if incoming.settings().socket {
        if let Err(problem) = credentials::check_origin(incoming) {
            return refuse_stranger(incoming, problem).await;
        }
        admit(incoming).await
    } else {
        let web = incoming.web_arc();
        match bearer(incoming) {
            Ok(Some(token)) => web.authenticator().authenticate(token).await.map(Some),
            Ok(None) => Ok(None),
            Err(()) => Err(AuthError::Invalid),
        }
    };
    match outcome {
        Ok(None) => {
            let detail = "This needs an access token: Authorization: Bearer <token>.";
            let problem = Problem::new(ErrorKind::Unauthenticated, "unauthenticated", detail);
            refuse_stranger(incoming, problem.header(header::WWW_AUTHENTICATE, CHALLENGE)).await
        }
        Ok(Some(principal)) => {
            limits::count_caller(incoming, &principal).await?;
            // For the access log.
            incoming.request().extensions_mut().insert(Arc::clone(&principal));
            incoming.principal = Some(Arc::clone(&principal));
            Ok(principal)
        }
        Err(AuthError::Invalid) => {
            let detail = "The access token is not valid, has expired, or its session is over.";
            let problem = Problem::new(ErrorKind::Unauthenticated, "invalid-token", detail);
            refuse_stranger(incoming, problem.header(header::WWW_AUTHENTICATE, CHALLENGE_INVALID)).await
        }
        Err(AuthError::Refused(problem)) => refuse_stranger(incoming, problem).await,
        Err(AuthError::Failed(problem)) => Err(problem),
    }
}

/// The caller behind the credential of a WebSocket's handshake, if there is one; what it was is kept for as long as the socket lasts.
async fn admit(incoming: &mut Incoming) -> Result<Option<Arc<Principal>>, AuthError> {
    let web = incoming.web_arc();
    let revision = web.platform().caches.revision();
    let pass = match bearer(incoming) {
        Ok(Some(token)) => web.authenticator().admit(Credential::Token(token)).await?,
        Ok(None) => match credentials::find(incoming) {
            Some(sent) => web.authenticator().admit(sent.credential()).await?,
            None => return Ok(None),
        },
        Err(()) => return Err(AuthError::Invalid),
    };
    let principal = Arc::clone(&pass.principal);
    incoming.pass = Some((pass, revision));
    Ok(Some(principal))
}

/// The access token that the caller came with, for what is derived from it.
#[derive(Clone)]
pub struct AccessToken(pub String);

impl Extract for AccessToken {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let token = bearer(incoming).ok().flatten().map(|token| Self(token.to_owned()));
        token.ok_or_else(|| Problem::internal("a handler wants a token that its gate does not"))
    }
}

impl Describe for AccessToken {
    fn describe(_: &mut Description) {}
}

/// Whoever fails to authenticate is counted like anybody who is not logged in.
async fn refuse_stranger(incoming: &mut Incoming, problem: Problem) -> Result<Arc<Principal>, Problem> {
    limits::count_stranger(incoming).await?;
    Err(problem)
}

/// The token of the one `Authorization` header (RFC 6750, section 2.1).
fn bearer(incoming: &Incoming) -> Result<Option<&str>, ()> {
    let mut values = incoming.request().headers().get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(());
    }
    let (scheme, token) = value.to_str().map_err(drop)?.split_once(' ').ok_or(())?;
    let token = token.trim_matches(' ');
    let well_formed = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= 8192;
    if well_formed { Ok(Some(token)) } else { Err(()) }
}

impl Describe for Public {
    fn describe(description: &mut Description) {
        // An empty list says so more clearly than silence, which would mean "as the whole document says".
        description.operation.security = Some(Vec::new());
        description.problem(429, "too-many-requests", "Too many requests from this address.");
    }
}

impl Describe for Authenticated {
    fn describe(description: &mut Description) {
        describe_security(description, &[]);
    }
}

impl<P: PermissionMarker> Describe for Caller<P> {
    fn describe(description: &mut Description) {
        describe_security(description, &[P::PERMISSION.name]);
        description.problem(403, "permission-missing", "The caller does not hold the permission in the active school.");
        let extensions = description.operation.extensions.get_or_insert_with(Extensions::default);
        extensions.insert("x-permission".to_owned(), P::PERMISSION.name.into());
    }
}

fn describe_security(description: &mut Description, scopes: &[&str]) {
    let [oauth2, bearer] = SECURITY_SCHEMES;
    description.operation.security = Some(vec![
        SecurityRequirement::new(oauth2, scopes.iter().copied()),
        SecurityRequirement::new(bearer, Vec::<String>::new()),
    ]);
    description.problem(401, "unauthenticated", "There is no access token.");
    description.problem(401, "invalid-token", "The access token is not valid, has expired, or its session is over.");
    description.problem(429, "too-many-requests", "Too many requests of this account or school.");
}
