//! What the roles of the deployment may do. Roles in schools belong to the schools.

use async_trait::async_trait;
use lyceum_identity::perm;
use lyceum_identity::ports::PermissionSource;
use lyceum_kernel::{PermissionSet, PlatformRole, SchoolId, ServiceError, Standing, UserId};

/// The built-in roles of the deployment, answered from memory.
#[derive(Debug)]
pub struct PlatformRoles;

#[async_trait]
impl PermissionSource for PlatformRoles {
    async fn standing(
        &self,
        _account: UserId,
        platform_role: PlatformRole,
        _school: Option<SchoolId>,
    ) -> Result<Standing, Box<dyn ServiceError>> {
        let permissions = match platform_role {
            PlatformRole::SuperAdmin => PermissionSet::all(),
            PlatformRole::Admin => PermissionSet::of(perm::ALL.iter().map(|permission| permission.name)),
            PlatformRole::Member => PermissionSet::default(),
        };
        Ok(Standing::on_platform(platform_role, permissions))
    }
}
