//! What rbac needs of others, in its own words. The gateway holds the adapters.

use async_trait::async_trait;
use lyceum_kernel::{SchoolId, ServiceError};
use lyceum_platform::uow::Tx;

/// Knows who has which role.
#[async_trait]
pub trait RoleUse: Send + Sync + 'static {
    /// Whether somebody has the role of this name in the school, or is about to get it: by an open invite, as the role of those
    /// who join.
    ///
    /// It is asked within the transaction that deletes the role, whose row is locked: whoever gives a role away locks it as well
    /// ([`RbacService::assignable`](crate::RbacService::assignable)), so the answer stays true until the end.
    ///
    /// # Errors
    /// When it cannot be known now. The role is then kept.
    async fn is_used(&self, tx: &Tx, school: SchoolId, role: &str) -> Result<bool, Box<dyn ServiceError>>;
}
