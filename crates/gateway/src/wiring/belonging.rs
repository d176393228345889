//! How people come into schools as they register, and leave them as they erase themselves: identity asks, tenancy answers.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_identity::ports::{Approach, Belonging, Entry};
use lyceum_kernel::{ServiceError, UserId};
use lyceum_platform::uow::Tx;
use lyceum_tenancy::TenancyService;

type Failure = Box<dyn ServiceError>;

fn boxed(error: impl ServiceError) -> Failure {
    Box::new(error)
}

/// Tenancy, as identity asks it.
#[derive(Debug)]
pub struct SchoolsThatPeopleJoin(pub Arc<TenancyService>);

#[async_trait]
impl Belonging for SchoolsThatPeopleJoin {
    async fn entry(&self, approach: Approach<'_>) -> Result<Option<Entry>, Failure> {
        let Approach { address, email, invite_code, school } = approach;
        let found = match (invite_code, school) {
            (Some(code), _) => Some(self.0.entry_by_code(address, email, code).await.map_err(boxed)?),
            (None, Some(school)) => Some(self.0.entry_by_school(school).await.map_err(boxed)?),
            (None, None) => self.0.usual_entry().await.map_err(boxed)?,
        };
        Ok(found.map(|lyceum_tenancy::Entry { school, invite }| Entry { school, invite }))
    }

    async fn registered(&self, tx: &mut Tx, account: UserId, entry: Entry) -> Result<(), Failure> {
        let Entry { school, invite } = entry;
        self.0.await_arrival(tx, account, lyceum_tenancy::Entry { school, invite }).await.map_err(boxed)
    }

    async fn activated(&self, tx: &mut Tx, account: UserId) -> Result<(), Failure> {
        self.0.arrive(tx, account).await.map_err(boxed)
    }

    async fn may_go(&self, tx: &mut Tx, account: UserId) -> Result<(), Failure> {
        self.0.may_go(tx, account).await.map_err(boxed)
    }
}
