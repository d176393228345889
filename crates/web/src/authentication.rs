//! The port through which `web` learns who is calling.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lyceum_kernel::{Principal, ServiceError};

use crate::problem::Problem;

/// Turns a bearer token into the [`Principal`] behind it. The identity context implements it; the gateway installs it.
///
/// It is asked on every request that is not public, so a warm answer must cost next to nothing.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Verifies the token, sees that its session lives, and loads what the caller may do in the active school.
    async fn authenticate(&self, bearer: &str) -> Result<Arc<Principal>, AuthError>;

    /// The same for a connection that lasts, which may also be opened by a one-time ticket; the ticket is used up.
    async fn admit(&self, credential: Credential<'_>) -> Result<Pass, AuthError> {
        match credential {
            Credential::Token(token) => {
                Ok(Pass { token: token.into(), principal: self.authenticate(token).await?, expires_at: None })
            }
            Credential::Ticket(_) => Err(AuthError::Invalid),
        }
    }
}

/// What opens a connection that lasts.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// An access token.
    Token(&'a str),
    /// A one-time ticket.
    Ticket(&'a str),
}

/// What keeps a connection open that lasts.
#[derive(Clone)]
pub struct Pass {
    /// The access token, which [`Authenticator::authenticate`] is asked about again and again.
    pub token: Arc<str>,
    /// Who has the connection.
    pub principal: Arc<Principal>,
    /// When the token expires.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Why a token was not accepted.
#[derive(Debug)]
pub enum AuthError {
    /// Not a token of ours, expired, or of a session that is over. Strangers are not told which.
    Invalid,
    /// The token is good, but its holder may not go on before something else is done or undone.
    Refused(Problem),
    /// It could not be checked: the dependency's error, a 5xx. Failure never opens access.
    Failed(Problem),
}

impl AuthError {
    /// The token is good, but this stands in the way (a locked account, a password that must be changed).
    pub fn refused(error: impl ServiceError) -> Self {
        Self::Refused(Problem::from(error))
    }
}

impl<E: ServiceError> From<E> for AuthError {
    fn from(error: E) -> Self {
        Self::Failed(Problem::from(error))
    }
}
