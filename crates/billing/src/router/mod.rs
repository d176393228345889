//! The route table of billing. Each file has `routes()`; all of them are added here. Everything stays usable while a school has
//! lapsed: it is how a school gets out of that.

mod answers;
mod catalogue;
mod customers;
mod invoices;
mod payments;
mod reports;
mod subscriptions;
mod webhooks;

use std::sync::Arc;

use lyceum_web::{NoContent, Route, Routes};

use crate::error::BillingError;
use crate::gate::Nowhere;
use crate::perm::BillingRead;
use crate::service::BillingService;

/// All routes of billing, served by `service`.
pub fn routes(service: &Arc<BillingService>) -> Routes {
    let files = [
        catalogue::routes(),
        subscriptions::routes(),
        customers::routes(),
        invoices::routes(),
        payments::routes(),
        reports::routes(),
        webhooks::routes(),
    ];
    let about = "Plans, the school's subscription with its seats, invoices and payments.";
    let table = Routes::new("billing", about).state(Arc::clone(service));
    let table = files.into_iter().flatten().map(Route::while_suspended).fold(table, Routes::add);
    table.elsewhere("/v1/billing/{path}*", nowhere)
}

async fn nowhere(_: Nowhere<BillingRead>) -> Result<NoContent, BillingError> {
    Err(BillingError::NotFound)
}

/// What a route about the active school can run into.
fn of_school(route: Route) -> Route {
    route.problem("no-active-school", 409, "The caller has no active school.")
}
