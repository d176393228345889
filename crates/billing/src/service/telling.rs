//! Letters about invoices and payments. Jobs write them: whom they go to is asked outside of the transaction that they tell of.

use lyceum_kernel::{SchoolId, Scope};
use lyceum_platform::jobs::NewJob;
use lyceum_platform::mail::Letter;
use lyceum_platform::uow::{Tx, UnitOfWork};
use serde_json::{Value, json};

use super::collecting::OfPayment;
use super::issuing::OfInvoice;
use super::{BillingService, jobs};
use crate::error::BillingError;
use crate::letters::{INVOICE_ISSUED, PAYMENT_FAILED};
use crate::model::invoice::{self, InvoiceState};
use crate::model::payment::PaymentState;
use crate::money;
use crate::ports::{Contact, School};
use crate::repo::{invoices, payments, subscriptions};

/// Most people who get a letter.
const MOST_READERS: u64 = 5;

/// Has the school told of an invoice once this is committed.
pub(super) fn tell_of_invoice(tx: &mut Tx, invoice: &invoice::Model) {
    let of = OfInvoice { school: invoice.school_id, invoice: invoice.id };
    tx.enqueue(NewJob::new(jobs::TELL_OF_INVOICE, &of).school(Some(of.school)));
}

/// Has the school told of a payment that failed once this is committed.
pub(super) fn tell_of_failure(tx: &mut Tx, of: OfPayment) {
    tx.enqueue(NewJob::new(jobs::TELL_OF_FAILURE, &of).school(Some(of.school)));
}

impl BillingService {
    /// Writes that an invoice was issued. One that is not owed any longer needs no letter.
    pub(super) async fn write_of_invoice(&self, uow: UnitOfWork, of: OfInvoice) -> Result<(), BillingError> {
        let invoice = invoices::find(&self.platform.db.read(Scope::School(of.school)), of.school, of.invoice).await?;
        let invoice = invoice.filter(|invoice| invoice.state == InvoiceState::Open);
        let due = invoice.as_ref().and_then(|invoice| invoice.due_at).map(|due| due.format("%-d %B %Y").to_string());
        let instructions = if self.provider.collects() { &[][..] } else { &self.settings.seller.instructions };
        self.write(uow, invoice, INVOICE_ISSUED, json!({ "due": due, "instructions": instructions })).await
    }

    /// Writes that the provider could not collect an invoice, if it is still owed.
    pub(super) async fn write_of_failure(&self, uow: UnitOfWork, of: OfPayment) -> Result<(), BillingError> {
        let db = self.platform.db.read(Scope::School(of.school));
        let payment = payments::find(&db, of.school, of.payment).await?;
        let Some(payment) = payment.filter(|payment| payment.state == PaymentState::Failed) else {
            return Ok(uow.begin().await?.commit_quietly().await?);
        };
        let owed = |invoice: &invoice::Model| matches!(invoice.state, InvoiceState::Open | InvoiceState::Uncollectible);
        let invoice = invoices::find(&db, of.school, payment.invoice_id).await?.filter(owed);
        let reason = payment.failure_code.unwrap_or_else(|| "declined".to_owned()).replace('_', " ");
        self.write(uow, invoice, PAYMENT_FAILED, json!({ "reason": reason })).await
    }

    async fn write(
        &self,
        uow: UnitOfWork,
        invoice: Option<invoice::Model>,
        template: &'static str,
        mut data: Value,
    ) -> Result<(), BillingError> {
        let mut letters = Vec::new();
        if let Some(invoice) = invoice
            && let Some(School { name, .. }) =
                self.schools.school(invoice.school_id).await.map_err(BillingError::Schools)?
        {
            data["school"] = name.into();
            data["number"] = invoice.number.clone().into();
            data["total"] = money::shown(invoice.total, &invoice.currency).into();
            data["document"] = format!("{}/v1/billing/invoices/{}.pdf", self.settings.public_url, invoice.id).into();
            for Contact { email, name } in self.readers(invoice.school_id).await? {
                letters.push(Letter::new(email, template).to_name(name).data(&data).school(Some(invoice.school_id)));
            }
        }
        let mut tx = uow.begin().await?;
        for letter in letters {
            tx.post(letter);
        }
        Ok(tx.commit_quietly().await?)
    }

    /// Who gets a school's letters about money.
    async fn readers(&self, school: SchoolId) -> Result<Vec<Contact>, BillingError> {
        let customer = subscriptions::customer(&self.platform.db.read(Scope::School(school)), school).await?;
        match customer.and_then(|customer| Some(Contact { email: customer.email?, name: Some(customer.name) })) {
            Some(contact) => Ok(vec![contact]),
            None => self.schools.administrators(school, MOST_READERS).await.map_err(BillingError::Schools),
        }
    }
}
