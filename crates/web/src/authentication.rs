//! The port through which `web` learns who is calling.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_kernel::{Principal, ServiceError};

use crate::problem::Problem;

/// Turns a bearer token into the [`Principal`] behind it. The identity context implements it; the gateway installs it.
///
/// It is asked on every request that is not public, so a warm answer must cost next to nothing.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Verifies the token, sees that its session lives, and loads what the caller may do in the active school.
    async fn authenticate(&self, bearer: &str) -> Result<Arc<Principal>, AuthError>;
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
