//! Routes of whom invoices are addressed to.

use lyceum_web::{Committed, IfMatch, Json, Patch, Route, State, Tagged, UnitOfWork, Valid, etag, get, patch, put};

use super::of_school;
use crate::dto::customers::{Customer, PatchCustomer, PutCustomer};
use crate::error::BillingError;
use crate::gate::Administration;
use crate::perm::{BillingManage, BillingRead};
use crate::service::{BillingService, CUSTOMER};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let unknown = |route: Route| route.problem("not-found", 404, "The school is deleted.");
    let routes = vec![
        unknown(get("/v1/billing/customer", show_customer))
            .summary("Read whom invoices are addressed to")
            .describe("The school's name, until somebody says otherwise."),
        unknown(put("/v1/billing/customer", replace_customer))
            .summary("Replace whom invoices are addressed to")
            .describe("Issued invoices keep what they bear."),
        unknown(patch("/v1/billing/customer", patch_customer))
            .summary("Change whom invoices are addressed to")
            .describe("A merge patch (RFC 7396). Issued invoices keep what they bear."),
    ];
    routes.into_iter().map(of_school).collect()
}

async fn show_customer(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
) -> Result<Tagged<Customer>, BillingError> {
    let customer = service.show_customer(&caller).await?;
    let tag = etag(CUSTOMER, customer.version);
    Ok(Json::new(customer).etag(tag))
}

async fn replace_customer(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    expected: IfMatch,
    form: Valid<PutCustomer>,
) -> Result<Committed<Customer>, BillingError> {
    service.replace_customer(&caller, work, &expected, form.into_inner()).await
}

async fn patch_customer(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    expected: IfMatch,
    form: Patch<PatchCustomer>,
) -> Result<Committed<Customer>, BillingError> {
    service.patch_customer(&caller, work, &expected, form.into_inner()).await
}
