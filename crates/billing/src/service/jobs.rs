//! The jobs of billing: time, the provider, letters, and telling schools their terms.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lyceum_platform::jobs::{JobError, JobHandler, JobRegistry, JobRun};

use super::collecting::OfPayment;
use super::customers::CollectError;
use super::issuing::OfInvoice;
use super::methods::OfMethod;
use super::{BillingService, OfSchool};
use crate::error::BillingError;
use crate::provider::ProviderError;

/// Looks at everything that time has done something to.
const SWEEP: &str = "billing.sweep";
/// Brings one school's subscription up to the moment.
pub(super) const REVIEW: &str = "billing.review";
/// Tells a school its terms.
pub(super) const TELL_SCHOOL: &str = "billing.tell_school";
/// Charges an invoice to the default payment method.
pub(super) const COLLECT: &str = "billing.collect";
/// Asks the provider for the money of one payment.
pub(super) const CHARGE: &str = "billing.charge";
/// Tells the provider a school's name and address.
pub(super) const UPDATE_CUSTOMER: &str = "billing.update_customer";
/// Gets the provider's page on which a payment method is set up.
pub(super) const SET_UP_METHOD: &str = "billing.set_up_method";
/// Asks the provider what a payment method looks like.
pub(super) const DESCRIBE_METHOD: &str = "billing.describe_method";
/// Has the provider forget a payment method.
pub(super) const FORGET_METHOD: &str = "billing.forget_method";

/// Writes to the school that an invoice was issued.
pub(super) const TELL_OF_INVOICE: &str = "billing.tell_of_invoice";
/// Writes to the school that a payment failed.
pub(super) const TELL_OF_FAILURE: &str = "billing.tell_of_failure";

/// How often time is looked at.
const SWEEP_EVERY: Duration = Duration::from_mins(5);

/// One kind of job.
struct Work {
    kind: &'static str,
    service: Arc<BillingService>,
}

#[async_trait]
impl JobHandler for Work {
    fn kind(&self) -> &'static str {
        self.kind
    }

    async fn run(&self, job: JobRun) -> Result<(), JobError> {
        let service = &self.service;
        let done = match self.kind {
            SWEEP => service.sweep().await.map_err(CollectError::from),
            REVIEW => {
                service.review(job.unit_of_work(), job.payload::<OfSchool>()?.school).await.map_err(CollectError::from)
            }
            TELL_SCHOOL => service.tell(job.payload::<OfSchool>()?.school).await.map_err(CollectError::from),
            COLLECT => {
                service.collect(job.unit_of_work(), job.payload::<OfInvoice>()?).await.map_err(CollectError::from)
            }
            TELL_OF_INVOICE => {
                let of = job.payload::<OfInvoice>()?;
                service.write_of_invoice(job.unit_of_work(), of).await.map_err(CollectError::from)
            }
            TELL_OF_FAILURE => {
                let of = job.payload::<OfPayment>()?;
                service.write_of_failure(job.unit_of_work(), of).await.map_err(CollectError::from)
            }
            CHARGE => service.charge(&job, job.payload::<OfPayment>()?).await,
            UPDATE_CUSTOMER => service.update_customer(job.payload::<OfSchool>()?.school).await,
            SET_UP_METHOD => service.set_up_method(&job, job.payload::<OfMethod>()?).await,
            DESCRIBE_METHOD => service.describe_method(&job, job.payload::<OfMethod>()?).await,
            _ => service.forget_method(job.payload::<OfMethod>()?).await,
        };
        done.map_err(|error| match error {
            // No other try will be answered otherwise.
            CollectError::Provider(ProviderError::Rejected(_) | ProviderError::Unsupported)
            | CollectError::Billing(BillingError::NotFound) => JobError::park(error),
            error => JobError::Retry(error.into()),
        })
    }
}

/// The jobs of billing, to be merged with those of the other contexts and given to the runner.
pub fn jobs(service: &Arc<BillingService>) -> JobRegistry {
    let kinds = [
        SWEEP,
        REVIEW,
        TELL_SCHOOL,
        TELL_OF_INVOICE,
        TELL_OF_FAILURE,
        COLLECT,
        CHARGE,
        UPDATE_CUSTOMER,
        SET_UP_METHOD,
        DESCRIBE_METHOD,
        FORGET_METHOD,
    ];
    let registry = kinds
        .into_iter()
        .fold(JobRegistry::new(), |registry, kind| registry.handler(Work { kind, service: Arc::clone(service) }));
    registry.periodic(SWEEP, SWEEP_EVERY)
}
