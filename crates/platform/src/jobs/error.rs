//! How a handler fails.

use std::time::Duration;

/// Why a try failed, and what is to become of the job. Any error becomes [`JobError::Retry`] by `?`.
///
/// Its text is stored in `last_error` and logged when the job is parked: no secrets and no personal data in it.
#[derive(Debug)]
pub enum JobError {
    /// Try again after the pause of the handler's [`RetryPolicy`](super::RetryPolicy), as long as it has tries left.
    Retry(anyhow::Error),
    /// Try again after this pause, as long as tries are left.
    RetryIn(Duration, anyhow::Error),
    /// No try can succeed: park it now.
    Park(anyhow::Error),
}

impl JobError {
    /// Parks: the payload or the state of the world makes success impossible.
    pub fn park(error: impl Into<anyhow::Error>) -> Self {
        Self::Park(error.into())
    }

    /// The cause.
    pub const fn cause(&self) -> &anyhow::Error {
        match self {
            Self::Retry(error) | Self::RetryIn(_, error) | Self::Park(error) => error,
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Retry(error.into())
    }
}
