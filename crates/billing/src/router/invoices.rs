//! Routes of invoices.

use lyceum_web::{
    Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged, UnitOfWork, Valid, delete,
    etag, get, patch, post, put,
};

use super::answers::PdfFile;
use super::of_school;
use crate::dto::invoices::{Invoice, InvoiceFilter, InvoiceSummary, MarkPaid, PatchInvoice, PutInvoice};
use crate::error::BillingError;
use crate::gate::{Administration, PlatformStaff};
use crate::model::invoice::{InvoiceId, InvoiceState};
use crate::perm::{BillingRead, BillingSettle};
use crate::service::{BillingService, INVOICE};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let negative = |route: Route| route.problem("negative-total", 409, "The lines come to less than nothing.");
    let state = |route: Route| route.problem("invoice-state", 409, "The invoice is not in a state that allows it.");
    let settled = |route: Route| {
        state(route).versioned().problem("payment-under-way", 409, "A payment through the provider is under way.")
    };
    let routes = vec![
        get("/v1/billing/invoices", list_invoices)
            .summary("List the school's invoices")
            .describe("The latest first. Drafts are seen by super admins only."),
        negative(post("/v1/billing/invoices", create_invoice))
            .summary("Draft an invoice for the active school")
            .describe("It gets its number, and is owed, once it is finalised. Tax is rounded line by line, half up.")
            .status(201)
            .versioned(),
        get("/v1/billing/invoices/{id}", show_invoice)
            .summary("Read an invoice")
            .describe("`draft → open → paid`, `open → void`, `open → uncollectible → paid` or `void`."),
        get("/v1/billing/invoices/{id}.pdf", invoice_pdf)
            .summary("Read an invoice as a PDF")
            .describe("The document as it was issued, with its present state."),
        state(negative(put("/v1/billing/invoices/{id}", replace_invoice)))
            .summary("Replace a draft")
            .describe("Issued invoices are not changed: make them void and write another."),
        state(negative(patch("/v1/billing/invoices/{id}", patch_invoice)))
            .summary("Change a draft")
            .describe("A merge patch (RFC 7396); `lines` takes the place of all lines."),
        state(delete("/v1/billing/invoices/{id}", delete_invoice))
            .summary("Delete a draft")
            .describe("It never had a number, so none is missing. It can be restored."),
        post("/v1/billing/invoices/{id}/restore", restore_invoice)
            .summary("Restore a draft")
            .describe("Brings a deleted draft back as it was.")
            .versioned()
            .problem("not-deleted", 409, "The draft is not deleted."),
        state(post("/v1/billing/invoices/{id}/finalise", finalise_invoice))
            .summary("Issue an invoice")
            .describe("Gives the draft the school's next number, in the same transaction: numbers have no gaps. From now on it is owed.")
            .versioned(),
        settled(post("/v1/billing/invoices/{id}/mark-paid", mark_invoice_paid))
            .summary("Mark an invoice paid")
            .describe("For what was paid by transfer. The school's subscription is looked at at once: it may write again."),
        settled(post("/v1/billing/invoices/{id}/void", void_invoice))
            .summary("Make an invoice void")
            .describe("For what was issued by mistake. It keeps its number and is not owed."),
        settled(post("/v1/billing/invoices/{id}/mark-uncollectible", give_invoice_up))
            .summary("Give up on an invoice")
            .describe("It is not waited for any longer, but may still be paid."),
    ];
    routes.into_iter().map(of_school).collect()
}

async fn list_invoices(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
    filter: Query<InvoiceFilter>,
    paging: Paging,
) -> Result<Listing<InvoiceSummary>, BillingError> {
    service.list_invoices(&caller, &filter, &paging).await.map(Listing)
}

async fn create_invoice(
    caller: PlatformStaff<BillingSettle>,
    service: State<BillingService>,
    work: UnitOfWork,
    form: Valid<PutInvoice>,
) -> Result<Committed<Invoice>, BillingError> {
    service.create_invoice(&caller, work, form.into_inner()).await
}

async fn show_invoice(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
    id: PathId<InvoiceId>,
) -> Result<Tagged<Invoice>, BillingError> {
    let invoice = service.show_invoice(&caller, id.0).await?;
    let tag = etag(INVOICE, invoice.version);
    Ok(Json::new(invoice).etag(tag))
}

async fn invoice_pdf(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
    id: PathId<InvoiceId>,
) -> Result<PdfFile, BillingError> {
    service.draw_invoice(&caller, id.0).await.map(PdfFile)
}

async fn replace_invoice(
    caller: PlatformStaff<BillingSettle>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<InvoiceId>,
    expected: IfMatch,
    form: Valid<PutInvoice>,
) -> Result<Committed<Invoice>, BillingError> {
    service.replace_invoice(&caller, work, &expected, (id.0, form.into_inner())).await
}

async fn patch_invoice(
    caller: PlatformStaff<BillingSettle>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<InvoiceId>,
    expected: IfMatch,
    form: Patch<PatchInvoice>,
) -> Result<Committed<Invoice>, BillingError> {
    service.patch_invoice(&caller, work, &expected, (id.0, form.into_inner())).await
}

async fn delete_invoice(
    caller: PlatformStaff<BillingSettle>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<InvoiceId>,
    expected: IfMatch,
) -> Result<Committed<()>, BillingError> {
    service.delete_invoice(&caller, work, &expected, id.0).await
}

async fn restore_invoice(
    caller: PlatformStaff<BillingSettle>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<InvoiceId>,
) -> Result<Committed<Invoice>, BillingError> {
    service.restore_invoice(&caller, work, id.0).await
}

async fn finalise_invoice(
    caller: PlatformStaff<BillingSettle>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<InvoiceId>,
) -> Result<Committed<Invoice>, BillingError> {
    service.finalise_invoice(&caller, work, id.0).await
}

async fn mark_invoice_paid(
    caller: PlatformStaff<BillingSettle>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<InvoiceId>,
    form: Valid<MarkPaid>,
) -> Result<Committed<Invoice>, BillingError> {
    service.mark_paid(&caller, work, (id.0, form.into_inner())).await
}

async fn void_invoice(
    caller: PlatformStaff<BillingSettle>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<InvoiceId>,
) -> Result<Committed<Invoice>, BillingError> {
    service.close_invoice(&caller, work, (id.0, InvoiceState::Void)).await
}

async fn give_invoice_up(
    caller: PlatformStaff<BillingSettle>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<InvoiceId>,
) -> Result<Committed<Invoice>, BillingError> {
    service.close_invoice(&caller, work, (id.0, InvoiceState::Uncollectible)).await
}
