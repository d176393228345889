//! What the roles of the deployment may do. Roles in schools belong to the schools.

use async_trait::async_trait;
use lyceum_identity::perm;
use lyceum_identity::ports::PermissionSource;
use lyceum_kernel::{PermissionSet, PlatformRole, SchoolId, ServiceError, UserId};

/// The built-in roles of the deployment, answered from memory.
#[derive(Debug)]
pub struct PlatformRoles;

#[async_trait]
impl PermissionSource for PlatformRoles {
    async fn permissions(
        &self,
        _account: UserId,
        platform_role: PlatformRole,
        _school: Option<SchoolId>,
    ) -> Result<PermissionSet, Box<dyn ServiceError>> {
        Ok(match platform_role {
            PlatformRole::SuperAdmin => PermissionSet::all(),
            PlatformRole::Admin => PermissionSet::of(perm::ALL.iter().map(|permission| permission.name)),
            PlatformRole::Member => PermissionSet::default(),
        })
    }
}
