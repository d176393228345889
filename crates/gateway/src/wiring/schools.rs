//! Which schools people belong to: identity asks, tenancy answers.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_identity::ports::Schools;
use lyceum_kernel::{PlatformRole, SchoolId, ServiceError, UserId};
use lyceum_tenancy::TenancyService;

type Failure = Box<dyn ServiceError>;

fn boxed(error: impl ServiceError) -> Failure {
    Box::new(error)
}

/// Tenancy, as identity asks it.
#[derive(Debug)]
pub struct SchoolsOfPeople(pub Arc<TenancyService>);

#[async_trait]
impl Schools for SchoolsOfPeople {
    async fn may_enter(&self, account: UserId, role: PlatformRole, school: SchoolId) -> Result<bool, Failure> {
        if role == PlatformRole::SuperAdmin {
            return Ok(self.0.writable(school).await.map_err(boxed)?.is_some());
        }
        self.0.may_enter(account, school).await.map_err(boxed)
    }

    async fn schools_of(&self, account: UserId) -> Result<Vec<SchoolId>, Failure> {
        self.0.schools_of(account).await.map_err(boxed)
    }

    async fn named(&self, school: &str) -> Result<Option<SchoolId>, Failure> {
        self.0.school_named(school).await.map_err(boxed)
    }

    async fn member_named(&self, school: SchoolId, username: &str) -> Result<Option<UserId>, Failure> {
        self.0.member_named(school, username).await.map_err(boxed)
    }
}
