//! Routes of plans and prices.

use lyceum_web::{
    Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged, UnitOfWork, Valid, delete,
    etag, get, patch, post, put,
};

use crate::dto::catalogue::{
    CreatePrice, PatchPlan, PatchPrice, Plan, PlanFilter, Price, PriceFilter, PutPlan, PutPrice,
};
use crate::error::BillingError;
use crate::gate::{Administration, PlatformStaff};
use crate::model::plan::PlanId;
use crate::model::price::PriceId;
use crate::perm::{BillingCatalogue, BillingRead};
use crate::service::{BillingService, PLAN, PRICE};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let taken = |route: Route| route.problem("plan-code-taken", 409, "Another plan has this code.");
    let mut routes = vec![
        get("/v1/billing/plans", list_plans)
            .summary("List plans")
            .describe("What the deployment sells, in the order of creation."),
        taken(post("/v1/billing/plans", create_plan))
            .summary("Create a plan")
            .describe("A plan is sold once it has a price.")
            .status(201)
            .versioned(),
        get("/v1/billing/plans/{id}", show_plan).summary("Read a plan").describe("One plan that is not deleted."),
        taken(put("/v1/billing/plans/{id}", replace_plan))
            .summary("Replace a plan")
            .describe("What is left out is set to its default. Schools that have the plan see the change at once."),
        taken(patch("/v1/billing/plans/{id}", patch_plan))
            .summary("Change a plan")
            .describe("A merge patch (RFC 7396)."),
        delete("/v1/billing/plans/{id}", delete_plan)
            .summary("Delete a plan")
            .describe("Hides it. Schools that have it keep it.")
            .problem("plan-on-sale", 409, "The plan has prices that are for sale."),
        post("/v1/billing/plans/{id}/restore", restore_plan)
            .summary("Restore a plan")
            .describe("Brings a deleted plan back as it was.")
            .versioned()
            .problem("not-deleted", 409, "The plan is not deleted."),
    ];
    routes.extend(price_routes());
    routes
}

fn price_routes() -> Vec<Route> {
    vec![
        get("/v1/billing/prices", list_prices)
            .summary("List prices")
            .describe("What plans cost: for one seat and one interval, in minor units, without tax."),
        post("/v1/billing/prices", create_price)
            .summary("Create a price")
            .describe("Amount, currency and interval never change: for another amount make another price and withdraw this one.")
            .status(201)
            .versioned()
            .problem("not-found", 404, "There is no such plan."),
        get("/v1/billing/prices/{id}", show_price).summary("Read a price").describe("One price that is not deleted."),
        put("/v1/billing/prices/{id}", replace_price)
            .summary("Replace a price's nickname and whether it is for sale")
            .describe("Schools that pay the price go on paying it."),
        patch("/v1/billing/prices/{id}", patch_price)
            .summary("Change a price's nickname or whether it is for sale")
            .describe("A merge patch (RFC 7396)."),
        delete("/v1/billing/prices/{id}", delete_price)
            .summary("Delete a price")
            .describe("Hides it and withdraws it from sale. Schools that pay it go on paying it."),
        post("/v1/billing/prices/{id}/restore", restore_price)
            .summary("Restore a price")
            .describe("Brings a deleted price back; it is not for sale until somebody says so.")
            .versioned()
            .problem("not-deleted", 409, "The price is not deleted."),
    ]
}

async fn list_plans(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
    filter: Query<PlanFilter>,
    paging: Paging,
) -> Result<Listing<Plan>, BillingError> {
    service.list_plans(&caller, &filter, &paging).await.map(Listing)
}

async fn create_plan(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    form: Valid<PutPlan>,
) -> Result<Committed<Plan>, BillingError> {
    service.create_plan(work, form.into_inner()).await
}

async fn show_plan(
    _: Administration<BillingRead>,
    service: State<BillingService>,
    id: PathId<PlanId>,
) -> Result<Tagged<Plan>, BillingError> {
    let plan = service.show_plan(id.0).await?;
    let tag = etag(PLAN, plan.version);
    Ok(Json::new(plan).etag(tag))
}

async fn replace_plan(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PlanId>,
    expected: IfMatch,
    form: Valid<PutPlan>,
) -> Result<Committed<Plan>, BillingError> {
    service.replace_plan(work, &expected, (id.0, form.into_inner())).await
}

async fn patch_plan(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PlanId>,
    expected: IfMatch,
    form: Patch<PatchPlan>,
) -> Result<Committed<Plan>, BillingError> {
    service.patch_plan(work, &expected, (id.0, form.into_inner())).await
}

async fn delete_plan(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PlanId>,
    expected: IfMatch,
) -> Result<Committed<()>, BillingError> {
    service.delete_plan(work, &expected, id.0).await
}

async fn restore_plan(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PlanId>,
) -> Result<Committed<Plan>, BillingError> {
    service.restore_plan(work, id.0).await
}

async fn list_prices(
    caller: Administration<BillingRead>,
    service: State<BillingService>,
    filter: Query<PriceFilter>,
    paging: Paging,
) -> Result<Listing<Price>, BillingError> {
    service.list_prices(&caller, &filter, &paging).await.map(Listing)
}

async fn create_price(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    form: Valid<CreatePrice>,
) -> Result<Committed<Price>, BillingError> {
    service.create_price(work, form.into_inner()).await
}

async fn show_price(
    _: Administration<BillingRead>,
    service: State<BillingService>,
    id: PathId<PriceId>,
) -> Result<Tagged<Price>, BillingError> {
    let price = service.show_price(id.0).await?;
    let tag = etag(PRICE, price.version);
    Ok(Json::new(price).etag(tag))
}

async fn replace_price(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PriceId>,
    expected: IfMatch,
    form: Valid<PutPrice>,
) -> Result<Committed<Price>, BillingError> {
    service.replace_price(work, &expected, (id.0, form.into_inner())).await
}

async fn patch_price(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PriceId>,
    expected: IfMatch,
    form: Patch<PatchPrice>,
) -> Result<Committed<Price>, BillingError> {
    service.patch_price(work, &expected, (id.0, form.into_inner())).await
}

async fn delete_price(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PriceId>,
    expected: IfMatch,
) -> Result<Committed<()>, BillingError> {
    service.delete_price(work, &expected, id.0).await
}

async fn restore_price(
    _: PlatformStaff<BillingCatalogue>,
    service: State<BillingService>,
    work: UnitOfWork,
    id: PathId<PriceId>,
) -> Result<Committed<Price>, BillingError> {
    service.restore_price(work, id.0).await
}
