//! Whom invoices are addressed to, and what the provider calls them.

use lyceum_kernel::{Principal, SchoolId, Scope};
use lyceum_platform::jobs::NewJob;
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::json;

use super::{BillingService, OfSchool, jobs, school_of};
use crate::dto::customers::{Customer, PatchCustomer, PutCustomer};
use crate::error::BillingError;
use crate::model::customer;
use crate::provider::{Payer, ProviderError};
use crate::repo;
use crate::repo::subscriptions;

/// The kind of view in a customer's entity tag.
pub const CUSTOMER: &str = "billing_customer";

impl BillingService {
    /// Whom the school's invoices are addressed to.
    pub async fn show_customer(&self, who: &Principal) -> Result<Customer, BillingError> {
        let school = school_of(who)?;
        if let Some(customer) = subscriptions::customer(&self.platform.db.read(who.scope()), school).await? {
            return Ok(customer.into());
        }
        let name = self.school(school).await?.name;
        Ok(Customer { name, email: None, address: None, country: None, tax_id: None, version: 0, updated_at: None })
    }

    /// Replaces it.
    pub async fn replace_customer(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        form: PutCustomer,
    ) -> Result<Committed<Customer>, BillingError> {
        let edit = |customer: customer::Model| customer::Model {
            name: form.name.into(),
            email: form.email.map(String::from),
            address: form.address.map(String::from),
            country: form.country.map(String::from),
            tax_id: form.tax_id,
            ..customer
        };
        self.change_customer(who, uow, expected, edit).await
    }

    /// Changes what a patch names of it.
    pub async fn patch_customer(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        form: PatchCustomer,
    ) -> Result<Committed<Customer>, BillingError> {
        let edit = |customer: customer::Model| customer::Model {
            name: form.name.map_or(customer.name, String::from),
            email: form.email.map(String::from).apply_to(customer.email),
            address: form.address.map(String::from).apply_to(customer.address),
            country: form.country.map(String::from).apply_to(customer.country),
            tax_id: form.tax_id.apply_to(customer.tax_id),
            ..customer
        };
        self.change_customer(who, uow, expected, edit).await
    }

    async fn change_customer(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        edit: impl FnOnce(customer::Model) -> customer::Model + Send,
    ) -> Result<Committed<Customer>, BillingError> {
        let school = school_of(who)?;
        let name = self.school(school).await?.name;
        let mut tx = uow.begin().await?;
        let known = subscriptions::lock_customer(tx.conn(), school).await?;
        let version = known.as_ref().map_or(0, |customer| customer.version);
        expected.require(&etag(CUSTOMER, version)).map_err(|_| BillingError::Stale)?;
        let told = |customer: &customer::Model| json!({"name": customer.name, "country": customer.country});
        let mut audit = Audit::of("billing.customer_changed", "school", school);
        let customer = if let Some(known) = known {
            audit = audit.before(told(&known));
            repo::save(tx.conn(), edit(known), tx.now()).await?
        } else {
            let customer = edit(blank(school, name, tx.now()));
            repo::insert(tx.conn(), customer.clone()).await?;
            customer
        };
        tx.audit(audit.after(told(&customer)));
        if customer.provider_ref.is_some() {
            tx.enqueue(NewJob::new(jobs::UPDATE_CUSTOMER, &OfSchool { school }).school(Some(school)));
        }
        let tag = etag(CUSTOMER, customer.version);
        Ok(tx.commit(Answer::ok(Customer::from(customer)).etag(tag)).await?)
    }

    /// What the provider calls the school, which is made known to it if need be. For jobs: it calls the provider.
    pub(super) async fn known_customer(&self, school: SchoolId) -> Result<String, CollectError> {
        let db = self.platform.db.read(Scope::School(school));
        let known = subscriptions::customer(&db, school).await.map_err(BillingError::from)?;
        if let Some(reference) = known.and_then(|customer| customer.provider_ref) {
            return Ok(reference);
        }
        let name = self.school(school).await?.name;
        let reference = self.provider.open_customer(school).await?;
        let tx = self.own_work().begin().await.map_err(BillingError::from)?;
        let customer = subscriptions::lock_customer(tx.conn(), school).await.map_err(BillingError::from)?;
        match customer {
            Some(customer::Model { provider_ref: Some(known), .. }) => return Ok(known),
            Some(mut customer) => {
                customer.provider_ref = Some(reference.clone());
                repo::save(tx.conn(), customer, tx.now()).await?;
            }
            None => {
                let provider_ref = Some(reference.clone());
                let customer = customer::Model { provider_ref, ..blank(school, name, tx.now()) };
                repo::insert(tx.conn(), customer).await.map_err(BillingError::from)?;
            }
        }
        let mut tx = tx;
        tx.enqueue(NewJob::new(jobs::UPDATE_CUSTOMER, &OfSchool { school }).school(Some(school)));
        tx.commit_quietly().await.map_err(BillingError::from)?;
        Ok(reference)
    }

    /// Tells the provider the school's name and address. For jobs.
    pub(super) async fn update_customer(&self, school: SchoolId) -> Result<(), CollectError> {
        let db = self.platform.db.read(Scope::School(school));
        let customer = subscriptions::customer(&db, school).await.map_err(BillingError::from)?;
        let Some(customer::Model { name, email, provider_ref: Some(reference), .. }) = customer else { return Ok(()) };
        Ok(self.provider.update_customer(&reference, &Payer { school, name, email }).await?)
    }
}

fn blank(school: SchoolId, name: String, now: chrono::DateTime<chrono::Utc>) -> customer::Model {
    customer::Model {
        school_id: school,
        name,
        email: None,
        address: None,
        country: None,
        tax_id: None,
        provider_ref: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// What can go wrong where the provider is called.
#[derive(Debug, thiserror::Error)]
pub(super) enum CollectError {
    /// At the provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Here.
    #[error(transparent)]
    Billing(#[from] BillingError),
}
