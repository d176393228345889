//! What identity asks about permissions: tenancy says which roles somebody has, rbac what they come to.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_identity::ports::PermissionSource;
use lyceum_kernel::{Permission, PlatformRole, SchoolId, ServiceError, Standing, UserId};
use lyceum_rbac::RbacService;
use lyceum_tenancy::TenancyService;

/// Every context's permissions: the whole catalogue.
pub fn catalogue() -> Vec<Permission> {
    [
        lyceum_identity::perm::ALL,
        lyceum_rbac::perm::ALL,
        lyceum_tenancy::perm::ALL,
        lyceum_audit::perm::ALL,
        lyceum_billing::perm::ALL,
        lyceum_courses::perm::ALL,
        lyceum_enrollments::perm::ALL,
        lyceum_assessments::perm::ALL,
        lyceum_files::perm::ALL,
    ]
    .concat()
}

/// The roles that somebody has, and what rbac makes of them.
#[derive(Debug)]
pub struct Permissions {
    rbac: Arc<RbacService>,
    tenancy: Arc<TenancyService>,
}

impl Permissions {
    /// Asks these services.
    pub fn new(rbac: &Arc<RbacService>, tenancy: &Arc<TenancyService>) -> Self {
        Self { rbac: Arc::clone(rbac), tenancy: Arc::clone(tenancy) }
    }
}

#[async_trait]
impl PermissionSource for Permissions {
    async fn standing(
        &self,
        account: UserId,
        platform_role: PlatformRole,
        school: Option<SchoolId>,
    ) -> Result<Standing, Box<dyn ServiceError>> {
        let (mut roles, mut writable) = (Vec::new(), true);
        if let Some(school) = school {
            match self.tenancy.standing(account, school).await.map_err(boxed)? {
                Some(member) => (roles, writable) = (member.roles, member.writable),
                // A super admin who looks after the school.
                None => writable = self.tenancy.writable(school).await.map_err(boxed)?.unwrap_or(false),
            }
        }
        self.rbac.standing_of(platform_role, school, &roles, writable).await.map_err(boxed)
    }

    fn catalogue(&self) -> Vec<Permission> {
        self.rbac.catalogue().to_vec()
    }
}

fn boxed(error: impl ServiceError) -> Box<dyn ServiceError> {
    Box::new(error)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn both_ends_agree_on_what_invalidates_permissions() {
        assert_eq!(lyceum_identity::ports::ROLES_TAG, lyceum_rbac::ROLES_TAG);
        assert_eq!(lyceum_identity::ports::PERMISSIONS_TAG, lyceum_tenancy::ports::PERMISSIONS_TAG);
        assert_eq!(lyceum_identity::ports::SCHOOL_TAG, lyceum_tenancy::ports::SCHOOL_TAG);
    }

    #[test]
    fn each_permission_is_described() {
        let catalogue = catalogue();
        assert!(catalogue.iter().all(|permission| !permission.description.is_empty()));
        let names: BTreeSet<_> = catalogue.iter().map(|permission| permission.name).collect();
        assert!(names.iter().all(|name| name.split(':').count() == 2), "{names:?}");
    }
}
