//! What files asks of other contexts.

use async_trait::async_trait;
use lyceum_kernel::{FileId, Principal, SchoolId, ServiceError, UserId};

/// Another context's refusal or failure, in its own words.
pub type PortError = Box<dyn ServiceError>;

/// Knows what files hang on: course material, submissions, invoices.
#[async_trait]
pub trait Holders: Send + Sync {
    /// Whether somebody may read a file of their active school because of what it hangs on; nothing if it hangs on nothing that this
    /// context knows.
    async fn may_read(&self, who: &Principal, file: FileId) -> Result<Option<bool>, PortError>;
}

/// Knows who is in which school.
#[async_trait]
pub trait Members: Send + Sync {
    /// Whether somebody is a member of a school and may enter it.
    async fn is_member(&self, school: SchoolId, person: UserId) -> Result<bool, PortError>;
}
