//! What billing needs of others, in its own words. The gateway holds the adapters.

use async_trait::async_trait;
use lyceum_kernel::{SchoolId, ServiceError};
use lyceum_platform::uow::UnitOfWork;

/// What a school's subscription allows it at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How many seats may be taken; any number where the school has no subscription.
    pub seat_limit: Option<u32>,
    /// Whether the school may only read.
    pub lapsed: bool,
}

/// A school as billing sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// What it is called; invoices are addressed so until the school says otherwise.
    pub name: String,
    /// Seats taken.
    pub seats_used: u64,
}

/// Somebody who looks after a school's affairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The address.
    pub email: String,
    /// The person's name.
    pub name: Option<String>,
}

/// Knows the schools and their seats, and enforces the terms.
#[async_trait]
pub trait Schools: Send + Sync + 'static {
    /// The school; nothing if there is none, or it is deleted.
    ///
    /// # Errors
    /// When it cannot be known now.
    async fn school(&self, school: SchoolId) -> Result<Option<School>, Box<dyn ServiceError>>;

    /// Those who run the school and have an address, at most `most` of them: letters go there while the school has not said where
    /// its invoices go.
    ///
    /// # Errors
    /// When it cannot be known now.
    async fn administrators(&self, school: SchoolId, most: u64) -> Result<Vec<Contact>, Box<dyn ServiceError>>;

    /// From now on the school has these terms. Called after the change of the subscription is committed, perhaps more than
    /// once with the same terms, in a transaction of its own begun from `uow`.
    ///
    /// # Errors
    /// When it cannot be done now; it is then tried again.
    async fn apply_terms(&self, uow: UnitOfWork, school: SchoolId, terms: Terms) -> Result<(), Box<dyn ServiceError>>;
}
