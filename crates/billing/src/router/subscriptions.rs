//! Routes of the school's subscription and its use of seats.

use lyceum_web::{
    Committed, IfMatch, Json, Patch, Route, State, Tagged, UnitOfWork, Valid, delete, etag, get, patch, post, put,
};

use super::of_school;
use crate::dto::subscriptions::{PatchSubscription, PutSubscription, StartSubscription, Subscription, Usage};
use crate::error::BillingError;
use crate::gate::Administration;
use crate::perm::{BillingManage, BillingRead};
use crate::service::{BillingService, SUBSCRIPTION};

const STATES: &str = "`trial` → `active` ⇄ `past_due` (an invoice is overdue) → `cancelled`. A school that is cancelled, or past due for longer than \
    the days of grace, can read but not write, until it pays or subscribes anew; what is below `/v1/billing` stays usable.";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let unknown = |route: Route| route.problem("not-found", 404, "The school never subscribed.");
    let chosen = |route: Route| {
        route
            .problem("not-for-sale", 409, "The plan or its price is not for sale.")
            .problem("too-many-seats", 409, "The plan is not sold with so many seats.")
            .problem("seats-in-use", 409, "More seats are taken than would be left.")
    };
    let changed =
        |route: Route| {
            unknown(chosen(route))
                .problem("subscription-over", 409, "The subscription is over: start another.")
                .problem("other-currency", 409, "The price is in another currency.")
        };
    let routes = vec![
        unknown(get("/v1/billing/subscription", show_subscription))
            .summary("Read the school's subscription")
            .describe(STATES),
        chosen(post("/v1/billing/subscription", start_subscription))
            .summary("Subscribe the school")
            .describe("A plan with trial days is tried first, once a school; else the first period is invoiced at once.")
            .status(201)
            .versioned()
            .problem("already-subscribed", 409, "The school has a subscription that is not over."),
        changed(put("/v1/billing/subscription", replace_subscription))
            .summary("Replace what can be changed about the subscription")
            .describe(
                "More seats hold at once and are invoiced for the rest of the period, by the second, rounded half up for one seat; \
                 fewer seats and another price hold from the next period on, in a trial at once.",
            ),
        changed(patch("/v1/billing/subscription", patch_subscription))
            .summary("Change seats, price or renewal")
            .describe(
                "A merge patch (RFC 7396). `\"cancel_at_period_end\": true` ends the subscription with its period, `false` renews it \
                 after all. More seats hold at once, fewer from the next period on.",
            ),
        unknown(delete("/v1/billing/subscription", cancel_subscription))
            .summary("Cancel the subscription at once")
            .describe("Nothing is paid back, what is owed stays owed, and the school can only read from now on.")
            .problem("subscription-over", 409, "The subscription is over already."),
        get("/v1/billing/usage", show_usage)
            .summary("Read the school's use of seats")
            .describe("Seats taken of seats paid for. A school that never subscribed has no limit."),
    ];
    routes.into_iter().map(of_school).collect()
}

async fn show_subscription(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
) -> Result<Tagged<Subscription>, BillingError> {
    let subscription = service.show_subscription(&caller).await?;
    let tag = etag(SUBSCRIPTION, subscription.version);
    Ok(Json::new(subscription).etag(tag))
}

async fn start_subscription(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    form: Valid<StartSubscription>,
) -> Result<Committed<Subscription>, BillingError> {
    service.start_subscription(&caller, work, form.into_inner()).await
}

async fn replace_subscription(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    expected: IfMatch,
    form: Valid<PutSubscription>,
) -> Result<Committed<Subscription>, BillingError> {
    service.replace_subscription(&caller, work, &expected, form.into_inner()).await
}

async fn patch_subscription(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    expected: IfMatch,
    form: Patch<PatchSubscription>,
) -> Result<Committed<Subscription>, BillingError> {
    service.patch_subscription(&caller, work, &expected, form.into_inner()).await
}

async fn cancel_subscription(
    caller: Administration<BillingManage>,
    service: State<BillingService>,
    work: UnitOfWork,
    expected: IfMatch,
) -> Result<Committed<()>, BillingError> {
    service.cancel_subscription(&caller, work, &expected).await
}

async fn show_usage(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
) -> Result<Json<Usage>, BillingError> {
    service.usage(&caller).await.map(Json::new)
}
