//! The use cases of billing.
//!
//! [`BillingService`] holds what all of them need; each file adds the methods of one matter. Rows are always locked in one order:
//! subscription, customer, invoice, payment, payment method.

mod catalogue;
mod charging;
mod collecting;
mod customers;
mod drafts;
mod invoices;
mod issuing;
mod jobs;
mod methods;
mod renewal;
mod reports;
mod selling;
mod subscriptions;
mod telling;
mod webhooks;

use std::sync::Arc;

use lyceum_kernel::{PlatformRole, Principal, RequestId, SchoolId};
use lyceum_platform::jobs::NewJob;
use lyceum_platform::platform::Platform;
use lyceum_platform::uow::{Cause, Tx, UnitOfWork};
use serde::{Deserialize, Serialize};

pub use catalogue::{PLAN, PRICE};
pub use customers::CUSTOMER;
pub use invoices::{Drawn, INVOICE};
pub use issuing::Buyer;
pub use jobs::jobs;
pub use methods::METHOD;
pub use selling::Sale;
pub use subscriptions::SUBSCRIPTION;
pub use webhooks::Received;

use crate::error::BillingError;
use crate::model::subscription;
use crate::ports::{School, Schools, Terms};
use crate::provider::PaymentProvider;
use crate::settings::Settings;

/// Everything billing does. One per process, shared by routes and jobs.
pub struct BillingService {
    platform: Platform,
    settings: Settings,
    provider: Arc<dyn PaymentProvider>,
    schools: Arc<dyn Schools>,
}

impl std::fmt::Debug for BillingService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BillingService").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A job about one school.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct OfSchool {
    school: SchoolId,
}

impl BillingService {
    /// Puts the service together.
    pub fn new(platform: Platform, provider: Arc<dyn PaymentProvider>, schools: Arc<dyn Schools>) -> Arc<Self> {
        let settings = Settings::from(platform.config.as_ref());
        Arc::new(Self { platform, settings, provider, schools })
    }

    /// The school, which must be there.
    async fn school(&self, id: SchoolId) -> Result<School, BillingError> {
        self.schools.school(id).await.map_err(BillingError::Schools)?.ok_or(BillingError::NotFound)
    }

    /// A unit of work of nobody's.
    fn own_work(&self) -> UnitOfWork {
        let request = RequestId::new(self.platform.clock.now(), &*self.platform.entropy);
        self.platform.unit_of_work(Cause::new(request))
    }
}

/// The active school of whoever calls.
fn school_of(who: &Principal) -> Result<SchoolId, BillingError> {
    who.school_id.ok_or(BillingError::NoSchool)
}

/// The same where a thing of a school is named: without a school there is nothing to be seen.
fn school_seen(who: &Principal) -> Result<SchoolId, BillingError> {
    who.school_id.ok_or(BillingError::NotFound)
}

/// Whether the caller sees drafts and what was deleted.
fn is_staff(who: &Principal) -> bool {
    who.platform_role == PlatformRole::SuperAdmin
}

/// What a subscription allows: seats as paid for, and only reading once it has lapsed.
fn terms_of(subscription: Option<&subscription::Model>) -> Terms {
    Terms {
        seat_limit: subscription.map(|row| u32::try_from(row.seats).unwrap_or_default()),
        lapsed: subscription.is_some_and(|row| row.lapsed_at.is_some()),
    }
}

/// Tells the school its terms once this is committed.
fn tell_school(tx: &mut Tx, school: SchoolId) {
    tx.enqueue(NewJob::new(jobs::TELL_SCHOOL, &OfSchool { school }).school(Some(school)));
}

/// Looks at the school's subscription once this is committed.
fn review_later(tx: &mut Tx, school: SchoolId) {
    tx.enqueue(NewJob::new(jobs::REVIEW, &OfSchool { school }).school(Some(school)));
}
