//! Reading invoices, and what becomes of issued ones.

use lyceum_kernel::{Page, PageRequest, Principal};
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::etag;
use serde_json::json;

use super::{BillingService, is_staff, review_later, school_of, school_seen};
use crate::dto::invoices::{Invoice, InvoiceFilter, InvoiceSummary, MarkPaid};
use crate::dto::payments::Payment;
use crate::error::BillingError;
use crate::model::invoice::{self, InvoiceId, InvoiceState};
use crate::pdf;
use crate::policy;
use crate::repo;
use crate::repo::invoices::Filter;
use crate::repo::{invoices, payments};

/// The kind of view in an invoice's entity tag.
pub const INVOICE: &str = "invoice";

/// A drawn invoice.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// The PDF.
    pub bytes: Vec<u8>,
    /// What to call the file.
    pub name: String,
}

impl BillingService {
    /// One page of the school's invoices, the latest first.
    pub async fn list_invoices(
        &self,
        who: &Principal,
        filter: &InvoiceFilter,
        page: &PageRequest,
    ) -> Result<Page<InvoiceSummary>, BillingError> {
        let school = school_of(who)?;
        let InvoiceFilter { state, updated_since, deleted } = filter;
        let filter =
            Filter { state: *state, drafts: is_staff(who), deleted: deleted.is_some(), updated_since: *updated_since };
        let page = invoices::page_of(&self.platform.db.read(who.scope()), school, filter, page).await?;
        Ok(page.map(|invoice| InvoiceSummary::from(&invoice)))
    }

    /// One invoice with its lines.
    pub async fn show_invoice(&self, who: &Principal, id: InvoiceId) -> Result<Invoice, BillingError> {
        let invoice = self.visible(who, id).await?;
        let lines = invoices::lines(&self.platform.db.read(who.scope()), invoice.school_id, id).await?;
        Ok(Invoice::of(invoice, lines))
    }

    async fn visible(&self, who: &Principal, id: InvoiceId) -> Result<invoice::Model, BillingError> {
        let invoice = invoices::find(&self.platform.db.read(who.scope()), school_seen(who)?, id).await?;
        let seen = |invoice: &invoice::Model| {
            invoice.deleted_at.is_none() && (invoice.state != InvoiceState::Draft || is_staff(who))
        };
        invoice.filter(seen).ok_or(BillingError::NotFound)
    }

    /// One invoice as a document.
    pub async fn draw_invoice(&self, who: &Principal, id: InvoiceId) -> Result<Drawn, BillingError> {
        let invoice = self.visible(who, id).await?;
        let lines = invoices::lines(&self.platform.db.read(who.scope()), invoice.school_id, id).await?;
        let name = invoice.number.clone().unwrap_or_else(|| "draft".to_owned());
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.'), "-");
        let document = pdf::Document::of(&invoice, lines, &self.settings.seller);
        Ok(Drawn { bytes: pdf::draw(&document).map_err(BillingError::Document)?, name: format!("{name}.pdf") })
    }

    /// One page of an invoice's payments, the latest first.
    pub async fn list_payments(
        &self,
        who: &Principal,
        id: InvoiceId,
        page: &PageRequest,
    ) -> Result<Page<Payment>, BillingError> {
        let invoice = self.visible(who, id).await?;
        let page = payments::page_of(&self.platform.db.read(who.scope()), invoice.school_id, id, page).await?;
        Ok(page.map(Payment::from))
    }

    /// Marks an invoice paid that was paid outside the provider.
    pub async fn mark_paid(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (InvoiceId, MarkPaid),
    ) -> Result<Committed<Invoice>, BillingError> {
        let school = school_seen(who)?;
        let mut tx = uow.begin().await?;
        let invoice = invoices::lock(tx.conn(), school, id).await?.filter(|invoice| invoice.deleted_at.is_none());
        let invoice = invoice.ok_or(BillingError::NotFound)?;
        if payments::under_way(tx.conn(), school, id).await? {
            return Err(BillingError::PaymentUnderWay);
        }
        let now = tx.now();
        let invoice = self.pay(&mut tx, invoice, now, form.reference.map(String::from)).await?;
        let lines = invoices::lines(tx.conn(), school, id).await?;
        let tag = etag(INVOICE, invoice.version);
        Ok(tx.commit(Answer::ok(Invoice::of(invoice, lines)).etag(tag)).await?)
    }

    /// Makes an invoice void, or gives up on it.
    pub async fn close_invoice(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, to): (InvoiceId, InvoiceState),
    ) -> Result<Committed<Invoice>, BillingError> {
        let school = school_seen(who)?;
        let mut tx = uow.begin().await?;
        let invoice = invoices::lock(tx.conn(), school, id).await?.filter(|invoice| invoice.deleted_at.is_none());
        let mut invoice = invoice.ok_or(BillingError::NotFound)?;
        if !policy::may_become(invoice.state, to) {
            return Err(BillingError::InvoiceState(invoice.state.as_str()));
        }
        if payments::under_way(tx.conn(), school, id).await? {
            return Err(BillingError::PaymentUnderWay);
        }
        let was = invoice.state;
        (invoice.state, invoice.closed_at, invoice.collect_at) = (to, Some(tx.now()), None);
        let invoice = repo::save(tx.conn(), invoice, tx.now()).await?;
        let lines = invoices::lines(tx.conn(), school, id).await?;
        let audit = Audit::of("billing.invoice_closed", INVOICE, id.uuid()).before(json!({"state": was}));
        tx.audit(audit.after(json!({"state": to})));
        review_later(&mut tx, school);
        let tag = etag(INVOICE, invoice.version);
        Ok(tx.commit(Answer::ok(Invoice::of(invoice, lines)).etag(tag)).await?)
    }
}
