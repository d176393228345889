//! The roles that tenancy gives people are rbac's; whether anybody has one, tenancy knows.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use lyceum_kernel::{SchoolId, ServiceError};
use lyceum_platform::uow::Tx;
use lyceum_rbac::ports::RoleUse;
use lyceum_rbac::{AssignableRole, RbacService};
use lyceum_tenancy::TenancyService;
use lyceum_tenancy::ports::{PortError, RoleFacts, Roles};

/// Rbac, as tenancy asks it.
#[derive(Debug)]
pub struct SchoolRoles(pub Arc<RbacService>);

#[async_trait]
impl Roles for SchoolRoles {
    async fn assignable(&self, tx: &Tx, school: SchoolId, names: &[String]) -> Result<Vec<RoleFacts>, PortError> {
        let found = self.0.assignable(tx, school, names).await.map_err(|error| Box::new(error) as PortError)?;
        let facts = |role: AssignableRole| {
            let AssignableRole { name, title: _, rank, permissions } = role;
            RoleFacts { name, rank, permissions }
        };
        Ok(found.into_iter().map(facts).collect())
    }
}

/// Tenancy, as rbac asks it. Tenancy is put together after rbac: it is filled in then.
#[derive(Debug, Default)]
pub struct MembersRoles(OnceLock<Arc<TenancyService>>);

impl MembersRoles {
    /// From here on the members are known.
    pub fn fill(&self, tenancy: Arc<TenancyService>) {
        // A second one would mean that two places wire the contexts; the first one stands.
        let _ = self.0.set(tenancy);
    }
}

#[async_trait]
impl RoleUse for MembersRoles {
    async fn is_used(&self, tx: &Tx, school: SchoolId, role: &str) -> Result<bool, Box<dyn ServiceError>> {
        match self.0.get() {
            Some(tenancy) => tenancy.role_in_use(tx, school, role).await.map_err(|error| Box::new(error) as _),
            // Not knowing keeps the role.
            None => Ok(true),
        }
    }
}
