//! What contexts keep about a person, for the export of one's own data: identity asks each of them.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_identity::ports::PersonalDataSource;
use lyceum_kernel::{ServiceError, UserId};
use lyceum_tenancy::TenancyService;

/// Memberships, groups, requests to join and invites.
#[derive(Debug)]
pub struct TenancyData(pub Arc<TenancyService>);

#[async_trait]
impl PersonalDataSource for TenancyData {
    fn context(&self) -> &'static str {
        "tenancy"
    }

    async fn personal_data(&self, account: UserId) -> Result<serde_json::Value, Box<dyn ServiceError>> {
        self.0.personal_data(account).await.map_err(|error| Box::new(error) as _)
    }
}
