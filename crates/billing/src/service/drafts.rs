//! Invoices that staff write: drafts, and issuing them.

use lyceum_kernel::{Principal, SchoolId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use super::invoices::INVOICE;
use super::issuing::{NewInvoice, NewLine, rows_of, totals_of};
use super::{BillingService, school_of, school_seen};
use crate::dto::invoices::{Invoice, PatchInvoice, PutInvoice, PutLine};
use crate::error::BillingError;
use crate::model::invoice::{self, InvoiceId, InvoiceOrigin, InvoiceState};
use crate::repo;
use crate::repo::invoices;

fn told(invoice: &invoice::Model) -> Value {
    json!({"state": invoice.state, "currency": invoice.currency, "total": invoice.total, "tax": invoice.tax})
}

fn new_line(line: PutLine) -> NewLine {
    NewLine {
        description: line.description.into(),
        quantity: line.quantity,
        unit_amount: line.unit_amount,
        tax_basis_points: line.tax_basis_points,
        period: None,
    }
}

/// A draft, locked; issued invoices are not changed.
async fn locked_draft(tx: &Tx, school: SchoolId, id: InvoiceId) -> Result<invoice::Model, BillingError> {
    let found = invoices::lock(tx.conn(), school, id).await?.filter(|invoice| invoice.deleted_at.is_none());
    let found = found.ok_or(BillingError::NotFound)?;
    if found.state == InvoiceState::Draft { Ok(found) } else { Err(BillingError::InvoiceState(found.state.as_str())) }
}

impl BillingService {
    /// Writes a draft for the active school.
    pub async fn create_invoice(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: PutInvoice,
    ) -> Result<Committed<Invoice>, BillingError> {
        let school = school_of(who)?;
        let mut tx = uow.begin().await?;
        let new = NewInvoice {
            origin: InvoiceOrigin::Manual,
            currency: form.currency.into(),
            terms_days: form.terms_days,
            note: form.note.map(String::from),
            lines: form.lines.into_iter().map(new_line).collect(),
        };
        let (invoice, lines) = self.draft(&tx, school, new).await?;
        tx.audit(Audit::of("billing.invoice_drafted", INVOICE, invoice.id.uuid()).after(told(&invoice)));
        let location = format!("/v1/billing/invoices/{}", invoice.id);
        let tag = etag(INVOICE, invoice.version);
        Ok(tx.commit(Answer::created(Invoice::of(invoice, lines)).location(location).etag(tag)).await?)
    }

    /// Replaces a draft.
    pub async fn replace_invoice(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        (id, form): (InvoiceId, PutInvoice),
    ) -> Result<Committed<Invoice>, BillingError> {
        let lines = form.lines.into_iter().map(new_line).collect();
        let edit = |draft: invoice::Model| invoice::Model {
            currency: form.currency.into(),
            terms_days: form.terms_days,
            note: form.note.map(String::from),
            ..draft
        };
        self.change_invoice(who, uow, expected, (id, Some(lines)), edit).await
    }

    /// Changes what a patch names of a draft.
    pub async fn patch_invoice(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        (id, form): (InvoiceId, PatchInvoice),
    ) -> Result<Committed<Invoice>, BillingError> {
        let lines = form.lines.map(|lines| lines.into_iter().map(new_line).collect());
        let edit = |draft: invoice::Model| invoice::Model {
            currency: form.currency.map_or(draft.currency, String::from),
            terms_days: form.terms_days.unwrap_or(draft.terms_days),
            note: form.note.map(String::from).apply_to(draft.note),
            ..draft
        };
        self.change_invoice(who, uow, expected, (id, lines), edit).await
    }

    async fn change_invoice(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        (id, lines): (InvoiceId, Option<Vec<NewLine>>),
        edit: impl FnOnce(invoice::Model) -> invoice::Model + Send,
    ) -> Result<Committed<Invoice>, BillingError> {
        let school = school_seen(who)?;
        let mut tx = uow.begin().await?;
        let before = locked_draft(&tx, school, id).await?;
        expected.require(&etag(INVOICE, before.version)).map_err(|_| BillingError::Stale)?;
        let audit = Audit::of("billing.invoice_changed", INVOICE, id.uuid()).before(told(&before));
        let mut draft = edit(before);
        if let Some(lines) = lines {
            let totals = totals_of(&lines)?;
            (draft.subtotal, draft.tax, draft.total) = (totals.subtotal, totals.tax, totals.total);
            invoices::delete_lines(tx.conn(), school, id).await?;
            invoices::insert_lines(tx.conn(), rows_of(&tx, school, id, lines)?).await?;
        }
        let draft = repo::save(tx.conn(), draft, tx.now()).await?;
        let lines = invoices::lines(tx.conn(), school, id).await?;
        tx.audit(audit.after(told(&draft)));
        let tag = etag(INVOICE, draft.version);
        Ok(tx.commit(Answer::ok(Invoice::of(draft, lines)).etag(tag)).await?)
    }

    /// Deletes a draft, softly.
    pub async fn delete_invoice(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        id: InvoiceId,
    ) -> Result<Committed<()>, BillingError> {
        let mut tx = uow.begin().await?;
        let mut draft = locked_draft(&tx, school_seen(who)?, id).await?;
        expected.require(&etag(INVOICE, draft.version)).map_err(|_| BillingError::Stale)?;
        let audit = Audit::of("billing.invoice_deleted", INVOICE, id.uuid()).before(told(&draft));
        draft.deleted_at = Some(tx.now());
        repo::save(tx.conn(), draft, tx.now()).await?;
        tx.audit(audit);
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted draft back.
    pub async fn restore_invoice(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: InvoiceId,
    ) -> Result<Committed<Invoice>, BillingError> {
        let school = school_seen(who)?;
        let mut tx = uow.begin().await?;
        let mut draft = invoices::lock(tx.conn(), school, id).await?.ok_or(BillingError::NotFound)?;
        if draft.deleted_at.take().is_none() {
            return Err(BillingError::NotDeleted);
        }
        let draft = repo::save(tx.conn(), draft, tx.now()).await?;
        let lines = invoices::lines(tx.conn(), school, id).await?;
        tx.audit(Audit::of("billing.invoice_restored", INVOICE, id.uuid()).after(told(&draft)));
        let tag = etag(INVOICE, draft.version);
        Ok(tx.commit(Answer::ok(Invoice::of(draft, lines)).etag(tag)).await?)
    }

    /// Gives a draft its number and has it owed.
    pub async fn finalise_invoice(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: InvoiceId,
    ) -> Result<Committed<Invoice>, BillingError> {
        let school = school_seen(who)?;
        let name = self.school(school).await?.name;
        let mut tx = uow.begin().await?;
        let draft = locked_draft(&tx, school, id).await?;
        let invoice = self.issue(&mut tx, draft, &name).await?;
        let lines = invoices::lines(tx.conn(), school, id).await?;
        let tag = etag(INVOICE, invoice.version);
        Ok(tx.commit(Answer::ok(Invoice::of(invoice, lines)).etag(tag)).await?)
    }
}
