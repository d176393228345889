//! Routes of payments and payment methods.

use lyceum_web::{
    Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Route, State, Tagged, UnitOfWork, Valid, delete, etag,
    get, patch, post, put,
};

use super::of_school;
use crate::dto::payments::{PatchPaymentMethod, PayInvoice, Payment, PaymentMethod, PutPaymentMethod};
use crate::error::BillingError;
use crate::gate::Administration;
use crate::model::invoice::InvoiceId;
use crate::model::payment_method::PaymentMethodId;
use crate::perm::{BillingManage, BillingRead};
use crate::service::{BillingService, METHOD};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let collected = |route: Route| {
        route.problem("paid-by-transfer", 409, "This deployment has no provider that charges; invoices say how to pay.")
    };
    let ready = |route: Route| route.problem("payment-method-not-ready", 409, "The payment method cannot be charged.");
    let routes = vec![
        ready(collected(post("/v1/billing/invoices/{id}/pay", pay_invoice)))
            .summary("Pay an invoice")
            .describe(
                "Answers at once with a payment that is `pending`; the provider is asked afterwards. Read it again under \
                 `…/payments`: where it `requires_action`, its `action_url` is the page to go to.",
            )
            .status(202)
            .problem("invoice-state", 409, "The invoice is not owed.")
            .problem("payment-under-way", 409, "Another payment of this invoice is under way."),
        get("/v1/billing/invoices/{id}/payments", list_payments)
            .summary("List an invoice's payments")
            .describe("Every try to pay it through the provider, the latest first."),
        get("/v1/billing/payment-methods", list_payment_methods)
            .summary("List the school's payment methods")
            .describe("What the provider keeps; numbers of cards are never here."),
        collected(post("/v1/billing/payment-methods", add_payment_method))
            .summary("Set up a payment method")
            .describe(
                "Answers at once with a method that is `pending`. Read it again: where it `requires_action`, its `action_url` is the \
                 provider's page. The first one that is ready is charged by itself.",
            )
            .status(202)
            .versioned(),
        get("/v1/billing/payment-methods/{id}", show_payment_method)
            .summary("Read a payment method")
            .describe("How far its setting up has come, and what it looks like."),
        ready(put("/v1/billing/payment-methods/{id}", replace_payment_method))
            .summary("Choose whether a payment method is charged by itself")
            .describe("The one before no longer is."),
        ready(patch("/v1/billing/payment-methods/{id}", patch_payment_method))
            .summary("Change whether a payment method is charged by itself")
            .describe("A merge patch (RFC 7396)."),
        delete("/v1/billing/payment-methods/{id}", remove_payment_method)
            .summary("Remove a payment method")
            .describe("For good: the provider forgets it as well."),
    ];
    routes.into_iter().map(of_school).collect()
}

async fn pay_invoice(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<InvoiceId>,
    form: Valid<PayInvoice>,
) -> Result<Committed<Payment>, BillingError> {
    service.pay_invoice(&caller, work, (id.0, form.into_inner())).await
}

async fn list_payments(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
    id: PathId<InvoiceId>,
    paging: Paging,
) -> Result<Listing<Payment>, BillingError> {
    service.list_payments(&caller, id.0, &paging).await.map(Listing)
}

async fn list_payment_methods(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
    paging: Paging,
) -> Result<Listing<PaymentMethod>, BillingError> {
    service.list_methods(&caller, &paging).await.map(Listing)
}

async fn add_payment_method(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
) -> Result<Committed<PaymentMethod>, BillingError> {
    service.begin_method(&caller, work).await
}

async fn show_payment_method(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
    id: PathId<PaymentMethodId>,
) -> Result<Tagged<PaymentMethod>, BillingError> {
    let method = service.show_method(&caller, id.0).await?;
    let tag = etag(METHOD, method.version);
    Ok(Json::new(method).etag(tag))
}

async fn replace_payment_method(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PaymentMethodId>,
    expected: IfMatch,
    form: Valid<PutPaymentMethod>,
) -> Result<Committed<PaymentMethod>, BillingError> {
    service.change_method(&caller, work, &expected, (id.0, Some(form.is_default))).await
}

async fn patch_payment_method(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PaymentMethodId>,
    expected: IfMatch,
    form: Patch<PatchPaymentMethod>,
) -> Result<Committed<PaymentMethod>, BillingError> {
    service.change_method(&caller, work, &expected, (id.0, form.is_default)).await
}

async fn remove_payment_method(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PaymentMethodId>,
    expected: IfMatch,
) -> Result<Committed<()>, BillingError> {
    service.delete_method(&caller, work, &expected, id.0).await
}
