//! Payments through the provider. A request only writes down what is wanted; jobs ask the provider, and what it says, now or
//! later by an event, is written down here.

use chrono::{DateTime, Duration, Utc};
use lyceum_kernel::{Principal, SchoolId, Scope};
use lyceum_platform::jobs::{JobRun, NewJob};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::customers::CollectError;
use super::issuing::OfInvoice;
use super::telling::tell_of_failure;
use super::{BillingService, jobs, school_seen};
use crate::dto::payments::{PayInvoice, Payment};
use crate::error::BillingError;
use crate::model::invoice::{self, InvoiceState};
use crate::model::payment::{self, PaymentId, PaymentState};
use crate::model::payment_method::{self, MethodState};
use crate::policy::{self, Standing};
use crate::provider::{Charge, Charged, ProviderError};
use crate::repo;
use crate::repo::{invoices, payments};

/// Days after which a default payment method that was refused is charged again.
const AGAIN_AFTER_DAYS: [i64; 3] = [3, 5, 7];

/// Tries of a job after which a payment counts as failed, so that another may be begun. Should the money come all the same, the
/// event that tells so still counts.
const MOST_TRIES: u32 = 8;

/// The longest word of a provider's that is kept, in characters.
const MOST_WORD: usize = 120;

/// A job about one payment.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct OfPayment {
    pub(super) school: SchoolId,
    pub(super) payment: PaymentId,
}

fn clipped(text: Option<String>) -> Option<String> {
    text.map(|text| text.chars().filter(|c| !c.is_control()).take(MOST_WORD).collect())
}

impl BillingService {
    /// Begins a payment of an invoice.
    pub async fn pay_invoice(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (invoice::InvoiceId, PayInvoice),
    ) -> Result<Committed<Payment>, BillingError> {
        let school = school_seen(who)?;
        let mut tx = uow.begin().await?;
        let invoice = invoices::lock(tx.conn(), school, id).await?;
        let invoice = invoice.filter(|row| row.deleted_at.is_none() && row.state != InvoiceState::Draft);
        let invoice = invoice.ok_or(BillingError::NotFound)?;
        if !matches!(invoice.state, InvoiceState::Open | InvoiceState::Uncollectible) {
            return Err(BillingError::InvoiceState(invoice.state.as_str()));
        }
        if !self.provider.collects() {
            return Err(BillingError::NotCollected);
        }
        if let Some(method) = form.payment_method_id {
            let method = payments::method(tx.conn(), school, method).await?.ok_or(BillingError::MethodNotReady)?;
            if method.state != MethodState::Active {
                return Err(BillingError::MethodNotReady);
            }
        }
        let payment = begin(&mut tx, &invoice, form.payment_method_id).await?;
        let location = format!("/v1/billing/invoices/{id}/payments");
        Ok(tx.commit(Answer::accepted(Payment::from(payment)).location(location)).await?)
    }

    /// Charges an open invoice to the school's default payment method, if there is one, and says when to do so again.
    pub(super) async fn collect(&self, uow: UnitOfWork, of: OfInvoice) -> Result<(), BillingError> {
        let OfInvoice { school, invoice } = of;
        let mut tx = uow.begin().await?;
        let row = invoices::lock(tx.conn(), school, invoice).await?;
        let due =
            |row: &invoice::Model| row.state == InvoiceState::Open && row.collect_at.is_some_and(|at| at <= tx.now());
        let Some(mut row) = row.filter(due) else { return Ok(tx.commit_quietly().await?) };
        let method = payments::default_method(tx.conn(), school).await?;
        match method {
            // Whoever adds a method has the open invoices collected.
            None => row.collect_at = None,
            Some(method) => {
                if !payments::under_way(tx.conn(), school, invoice).await? {
                    begin(&mut tx, &row, Some(method.id)).await?;
                }
                let attempts = usize::try_from(row.collect_attempts).unwrap_or(usize::MAX);
                row.collect_at = AGAIN_AFTER_DAYS.get(attempts).map(|days| tx.now() + Duration::days(*days));
                row.collect_attempts += 1;
            }
        }
        repo::save(tx.conn(), row, tx.now()).await?;
        Ok(tx.commit_quietly().await?)
    }

    /// Asks the provider for the money. Every try carries the same key, so however often this runs it charges once.
    pub(super) async fn charge(&self, job: &JobRun, of: OfPayment) -> Result<(), CollectError> {
        let OfPayment { school, payment } = of;
        let db = self.platform.db.read(Scope::School(school));
        let row = payments::find(&db, school, payment).await.map_err(BillingError::from)?;
        let Some(row) = row.filter(|row| row.state == PaymentState::Pending) else { return Ok(()) };
        let invoice = invoices::find(&db, school, row.invoice_id).await.map_err(BillingError::from)?;
        let owed = |row: &invoice::Model| policy::may_become(row.state, InvoiceState::Paid);
        let news = match invoice.filter(owed) {
            None => Charged {
                state: PaymentState::Cancelled,
                reference: None,
                action_url: None,
                failure_code: Some("invoice_closed".to_owned()),
            },
            Some(invoice) => match self.ask(&row, &invoice).await {
                Err(CollectError::Provider(ProviderError::Away(_))) if job.attempt >= MOST_TRIES => {
                    failed("provider_unreachable".to_owned(), None)
                }
                Err(CollectError::Provider(ProviderError::Declined { code, reference })) => failed(code, reference),
                Err(CollectError::Provider(ProviderError::Rejected(why))) => {
                    tracing::error!(%why, billing.payment = %payment, "billing.provider_rejected");
                    failed("rejected".to_owned(), None)
                }
                other => other?,
            },
        };
        let mut tx = job.unit_of_work().begin().await.map_err(BillingError::from)?;
        // What the answer says is older than any event.
        self.hear(&mut tx, (school, payment), news, (None, None)).await?;
        Ok(tx.commit_quietly().await.map_err(BillingError::from)?)
    }

    async fn ask(&self, row: &payment::Model, invoice: &invoice::Model) -> Result<Charged, CollectError> {
        let school = row.school_id;
        let customer = self.known_customer(school).await?;
        let mut method = None;
        if let Some(id) = row.payment_method_id {
            let db = self.platform.db.read(Scope::School(school));
            let found = payments::method(&db, school, id).await.map_err(BillingError::from)?;
            let Some(payment_method::Model { provider_ref: Some(reference), .. }) = found else {
                return Ok(failed("payment_method_removed".to_owned(), None));
            };
            method = Some(reference);
        }
        let charge = Charge {
            school,
            payment: row.id,
            invoice: invoice.id,
            number: invoice.number.clone().unwrap_or_default(),
            amount: row.amount,
            currency: row.currency.clone(),
            customer,
            method,
            return_url: self.settings.public_url.clone(),
        };
        Ok(self.provider.charge(&charge).await?)
    }

    /// Writes down news of a payment, unless what is known is newer; a success pays the invoice.
    pub(super) async fn hear(
        &self,
        tx: &mut Tx,
        (school, id): (SchoolId, PaymentId),
        news: Charged,
        (at, sum): (Option<DateTime<Utc>>, Option<(i64, String)>),
    ) -> Result<(), BillingError> {
        let Some(known) = payments::find(tx.conn(), school, id).await? else { return Ok(()) };
        let invoice = invoices::lock(tx.conn(), school, known.invoice_id).await?;
        let (Some(invoice), Some(mut row)) = (invoice, payments::lock(tx.conn(), school, id).await?) else {
            return Ok(());
        };
        // Something else that bears our id is not what we asked for.
        let stranger = news.reference.is_some() && row.provider_ref.is_some() && news.reference != row.provider_ref;
        let standing = Standing { state: news.state, at };
        if stranger || !policy::supersedes(standing, Standing { state: row.state, at: row.event_at }) {
            return Ok(());
        }
        let was = row.state;
        let short = sum.is_some_and(|sum| sum != (row.amount, row.currency.clone()));
        let short = short && news.state == PaymentState::Succeeded;
        row.state = if short { PaymentState::Failed } else { news.state };
        row.event_at = at.or(row.event_at);
        row.provider_ref = row.provider_ref.or_else(|| clipped(news.reference));
        row.action_url = news.action_url.or(row.action_url);
        row.failure_code = if short { Some("sum_mismatch".to_owned()) } else { clipped(news.failure_code) };
        let row = repo::save(tx.conn(), row, tx.now()).await?;
        let audit = Audit::of("billing.payment_changed", "payment", id.uuid()).school(Some(school));
        let audit = audit.before(json!({"state": was}));
        tx.audit(audit.after(json!({"state": row.state, "failure_code": row.failure_code})));
        if row.state != PaymentState::Succeeded {
            if row.state == PaymentState::Failed && was != row.state && !short {
                tell_of_failure(tx, OfPayment { school, payment: id });
            }
            return Ok(());
        }
        if policy::may_become(invoice.state, InvoiceState::Paid) {
            let (at, number) = (at.unwrap_or(tx.now()).min(tx.now()), row.provider_ref);
            self.pay(tx, invoice, at, number).await?;
        } else {
            // Money for an invoice that is not owed: for staff to pay back.
            tx.audit(Audit::of("billing.payment_unmatched", "payment", id.uuid()).school(Some(school)).denied());
        }
        Ok(())
    }
}

fn failed(code: String, reference: Option<String>) -> Charged {
    Charged { state: PaymentState::Failed, reference, action_url: None, failure_code: Some(code) }
}

/// Writes down that a payment is wanted; a job does the rest. One at a time for an invoice, whose row is locked.
async fn begin(
    tx: &mut Tx,
    invoice: &invoice::Model,
    method: Option<payment_method::PaymentMethodId>,
) -> Result<payment::Model, BillingError> {
    let school = invoice.school_id;
    if payments::under_way(tx.conn(), school, invoice.id).await? {
        return Err(BillingError::PaymentUnderWay);
    }
    let payment = payment::Model {
        school_id: school,
        id: PaymentId::new(tx.now(), tx.entropy()),
        invoice_id: invoice.id,
        payment_method_id: method,
        state: PaymentState::Pending,
        amount: invoice.total,
        currency: invoice.currency.clone(),
        provider_ref: None,
        action_url: None,
        failure_code: None,
        event_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    repo::insert(tx.conn(), payment.clone()).await?;
    tx.enqueue(NewJob::new(jobs::CHARGE, &OfPayment { school, payment: payment.id }).school(Some(school)));
    let audit = Audit::of("billing.payment_begun", "payment", payment.id.uuid()).school(Some(school));
    tx.audit(audit.after(json!({"invoice_id": invoice.id, "amount": payment.amount, "currency": payment.currency})));
    Ok(payment)
}
