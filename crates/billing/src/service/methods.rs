//! Payment methods that the provider keeps for a school.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Page, PageRequest, Principal, SchoolId, Scope};
use lyceum_platform::jobs::{JobRun, NewJob};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::customers::CollectError;
use super::{BillingService, jobs, school_of, school_seen};
use crate::dto::payments::PaymentMethod;
use crate::error::BillingError;
use crate::model::payment_method::{MethodState, Model, PaymentMethodId};
use crate::provider::ProviderError;
use crate::repo;
use crate::repo::{invoices, payments};

/// The kind of view in a payment method's entity tag.
pub const METHOD: &str = "payment_method";

/// A job about one payment method.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct OfMethod {
    pub(super) school: SchoolId,
    pub(super) method: PaymentMethodId,
}

fn later(tx: &mut Tx, kind: &'static str, of: OfMethod) {
    tx.enqueue(NewJob::new(kind, &of).school(Some(of.school)));
}

impl BillingService {
    /// One page of the school's payment methods.
    pub async fn list_methods(&self, who: &Principal, page: &PageRequest) -> Result<Page<PaymentMethod>, BillingError> {
        let page = payments::page_of_methods(&self.platform.db.read(who.scope()), school_of(who)?, page).await?;
        Ok(page.map(PaymentMethod::from))
    }

    /// One payment method.
    pub async fn show_method(&self, who: &Principal, id: PaymentMethodId) -> Result<PaymentMethod, BillingError> {
        let row = payments::method(&self.platform.db.read(who.scope()), school_seen(who)?, id).await?;
        row.map(PaymentMethod::from).ok_or(BillingError::NotFound)
    }

    /// Begins to set a payment method up; a job gets the provider's page for it.
    pub async fn begin_method(
        &self,
        who: &Principal,
        uow: UnitOfWork,
    ) -> Result<Committed<PaymentMethod>, BillingError> {
        let school = school_of(who)?;
        if !self.provider.collects() {
            return Err(BillingError::NotCollected);
        }
        let mut tx = uow.begin().await?;
        let row = Model {
            school_id: school,
            id: PaymentMethodId::new(tx.now(), tx.entropy()),
            state: MethodState::Pending,
            kind: None,
            brand: None,
            last4: None,
            exp_month: None,
            exp_year: None,
            is_default: false,
            provider_ref: None,
            action_url: None,
            event_at: None,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
        };
        repo::insert(tx.conn(), row.clone()).await?;
        later(&mut tx, jobs::SET_UP_METHOD, OfMethod { school, method: row.id });
        tx.audit(Audit::of("billing.payment_method_begun", METHOD, row.id.uuid()));
        let location = format!("/v1/billing/payment-methods/{}", row.id);
        let tag = etag(METHOD, row.version);
        Ok(tx.commit(Answer::accepted(PaymentMethod::from(row)).location(location).etag(tag)).await?)
    }

    /// Has invoices charged to the method by themselves, or no longer.
    pub async fn change_method(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        (id, is_default): (PaymentMethodId, Option<bool>),
    ) -> Result<Committed<PaymentMethod>, BillingError> {
        let school = school_seen(who)?;
        let mut tx = uow.begin().await?;
        let mut row = locked(&tx, school, id).await?;
        expected.require(&etag(METHOD, row.version)).map_err(|_| BillingError::Stale)?;
        let is_default = is_default.unwrap_or(row.is_default);
        if is_default && row.state != MethodState::Active {
            return Err(BillingError::MethodNotReady);
        }
        let was = row.is_default;
        row.is_default = is_default;
        let row = repo::save(tx.conn(), row, tx.now()).await?;
        if is_default {
            payments::only_default(tx.conn(), school, id).await?;
        }
        let audit = Audit::of("billing.payment_method_changed", METHOD, id.uuid()).before(json!({"is_default": was}));
        tx.audit(audit.after(json!({"is_default": is_default})));
        let tag = etag(METHOD, row.version);
        Ok(tx.commit(Answer::ok(PaymentMethod::from(row)).etag(tag)).await?)
    }

    /// Removes a payment method, for good; a job has the provider forget it.
    pub async fn delete_method(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        id: PaymentMethodId,
    ) -> Result<Committed<()>, BillingError> {
        let school = school_seen(who)?;
        let mut tx = uow.begin().await?;
        let mut row = locked(&tx, school, id).await?;
        expected.require(&etag(METHOD, row.version)).map_err(|_| BillingError::Stale)?;
        (row.deleted_at, row.is_default, row.action_url) = (Some(tx.now()), false, None);
        let row = repo::save(tx.conn(), row, tx.now()).await?;
        if row.provider_ref.is_some() {
            later(&mut tx, jobs::FORGET_METHOD, OfMethod { school, method: id });
        }
        tx.audit(Audit::of("billing.payment_method_removed", METHOD, id.uuid()));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Gets the provider's page. For jobs.
    pub(super) async fn set_up_method(&self, job: &JobRun, of: OfMethod) -> Result<(), CollectError> {
        let OfMethod { school, method } = of;
        let db = self.platform.db.read(Scope::School(school));
        let row = payments::method(&db, school, method).await.map_err(BillingError::from)?;
        if row.is_none_or(|row| row.state != MethodState::Pending) {
            return Ok(());
        }
        let url = match self.page_for(school, method).await {
            Err(CollectError::Provider(ProviderError::Rejected(why))) => {
                tracing::error!(%why, billing.method = %method, "billing.provider_rejected");
                None
            }
            other => Some(other?),
        };
        let mut tx = job.unit_of_work().begin().await.map_err(BillingError::from)?;
        let row = payments::lock_method(tx.conn(), school, method).await.map_err(BillingError::from)?;
        if let Some(mut row) = row.filter(|row| row.state == MethodState::Pending && row.deleted_at.is_none()) {
            row.state = if url.is_some() { MethodState::RequiresAction } else { MethodState::Failed };
            row.action_url = url;
            audit_state(&mut tx, &row);
            repo::save(tx.conn(), row, tx.now()).await?;
        }
        Ok(tx.commit_quietly().await.map_err(BillingError::from)?)
    }

    async fn page_for(&self, school: SchoolId, method: PaymentMethodId) -> Result<String, CollectError> {
        let customer = self.known_customer(school).await?;
        Ok(self.provider.set_up_method(&customer, school, method, &self.settings.public_url).await?)
    }

    /// The provider says that the method can be charged. The first one is charged by itself, open invoices at once.
    pub(super) async fn method_ready(
        &self,
        tx: &mut Tx,
        of: OfMethod,
        reference: String,
        at: DateTime<Utc>,
    ) -> Result<(), BillingError> {
        let OfMethod { school, method } = of;
        let Some(mut row) = payments::lock_method(tx.conn(), school, method).await? else { return Ok(()) };
        if row.state == MethodState::Active || reference.len() > 255 {
            return Ok(());
        }
        let first = row.deleted_at.is_none() && payments::default_method(tx.conn(), school).await?.is_none();
        (row.state, row.action_url, row.event_at) = (MethodState::Active, None, Some(at));
        row.provider_ref = Some(reference);
        row.is_default = first;
        audit_state(tx, &row);
        let row = repo::save(tx.conn(), row, tx.now()).await?;
        if first {
            invoices::collect_open(tx.conn(), school, tx.now()).await?;
        }
        // Removed while its owner was filling in the page.
        let next = if row.deleted_at.is_some() { jobs::FORGET_METHOD } else { jobs::DESCRIBE_METHOD };
        later(tx, next, of);
        Ok(())
    }

    /// The provider says that the method was not set up.
    pub(super) async fn method_failed(&self, tx: &mut Tx, of: OfMethod, at: DateTime<Utc>) -> Result<(), BillingError> {
        let Some(mut row) = payments::lock_method(tx.conn(), of.school, of.method).await? else { return Ok(()) };
        if matches!(row.state, MethodState::Pending | MethodState::RequiresAction) {
            (row.state, row.action_url, row.event_at) = (MethodState::Failed, None, Some(at));
            audit_state(tx, &row);
            repo::save(tx.conn(), row, tx.now()).await?;
        }
        Ok(())
    }

    /// Asks the provider what the method looks like. For jobs.
    pub(super) async fn describe_method(&self, job: &JobRun, of: OfMethod) -> Result<(), CollectError> {
        let OfMethod { school, method } = of;
        let db = self.platform.db.read(Scope::School(school));
        let row = payments::method(&db, school, method).await.map_err(BillingError::from)?;
        let Some(reference) = row.and_then(|row| row.provider_ref) else { return Ok(()) };
        let details = self.provider.method_details(&reference).await?;
        let tx = job.unit_of_work().begin().await.map_err(BillingError::from)?;
        if let Some(mut row) = payments::lock_method(tx.conn(), school, method).await.map_err(BillingError::from)? {
            let short = |text: String, most: usize| text.chars().take(most).collect::<String>();
            row.kind = Some(short(details.kind, 64));
            row.brand = details.brand.map(|brand| short(brand, 64));
            row.last4 = details.last4.map(|digits| short(digits, 8));
            (row.exp_month, row.exp_year) = (details.exp_month, details.exp_year);
            repo::save(tx.conn(), row, tx.now()).await?;
        }
        Ok(tx.commit_quietly().await.map_err(BillingError::from)?)
    }

    /// Has the provider forget the method. For jobs.
    pub(super) async fn forget_method(&self, of: OfMethod) -> Result<(), CollectError> {
        let OfMethod { school, method } = of;
        let tx = self.own_work().begin().await.map_err(BillingError::from)?;
        let row = payments::lock_method(tx.conn(), school, method).await.map_err(BillingError::from)?;
        tx.rollback().await;
        match row.and_then(|row| row.provider_ref) {
            Some(reference) => Ok(self.provider.forget_method(&reference).await?),
            None => Ok(()),
        }
    }
}

async fn locked(tx: &Tx, school: SchoolId, id: PaymentMethodId) -> Result<Model, BillingError> {
    let row = payments::lock_method(tx.conn(), school, id).await?;
    row.filter(|row| row.deleted_at.is_none()).ok_or(BillingError::NotFound)
}

fn audit_state(tx: &mut Tx, row: &Model) {
    let audit = Audit::of("billing.payment_method_changed", METHOD, row.id.uuid()).school(Some(row.school_id));
    tx.audit(audit.after(json!({"state": row.state, "is_default": row.is_default})));
}
