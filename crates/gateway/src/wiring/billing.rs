//! What billing asks about schools, and tells them: tenancy counts seats and keeps a lapsed school from writing.

use std::sync::Arc;

use async_trait::async_trait;
use lyceum_billing::ports::{Contact, School, Schools, Terms};
use lyceum_kernel::{SchoolId, ServiceError};
use lyceum_platform::uow::UnitOfWork;
use lyceum_tenancy::TenancyService;

/// Tenancy, as billing asks it.
#[derive(Debug)]
pub struct SchoolsThatPay(pub Arc<TenancyService>);

#[async_trait]
impl Schools for SchoolsThatPay {
    async fn school(&self, school: SchoolId) -> Result<Option<School>, Box<dyn ServiceError>> {
        let found = self.0.name_and_seats(school).await.map_err(boxed)?;
        Ok(found.map(|(name, seats_used)| School { name, seats_used }))
    }

    async fn administrators(&self, school: SchoolId, most: u64) -> Result<Vec<Contact>, Box<dyn ServiceError>> {
        let found = self.0.administrators(school, most).await.map_err(boxed)?;
        Ok(found.into_iter().map(|(email, name)| Contact { email, name }).collect())
    }

    async fn apply_terms(&self, uow: UnitOfWork, school: SchoolId, terms: Terms) -> Result<(), Box<dyn ServiceError>> {
        self.0.set_terms(uow, school, terms.seat_limit, terms.lapsed).await.map_err(boxed)
    }
}

fn boxed(error: impl ServiceError) -> Box<dyn ServiceError> {
    Box::new(error)
}
