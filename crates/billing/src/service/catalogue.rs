//! Plans and prices.

use lyceum_kernel::{Page, PageRequest, Principal, Scope};
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::json;

use super::{BillingService, is_staff};
use crate::dto::catalogue::{
    CreatePrice, PatchPlan, PatchPrice, Plan, PlanFilter, Price, PriceFilter, PutPlan, PutPrice,
};
use crate::error::BillingError;
use crate::model::plan::{self, PlanId};
use crate::model::price::{self, PriceId};
use crate::repo;
use crate::repo::plans;

/// The kind of view in a plan's entity tag.
pub const PLAN: &str = "plan";

/// The kind of view in a price's entity tag.
pub const PRICE: &str = "price";

fn told(plan: &plan::Model) -> serde_json::Value {
    json!({
        "code": plan.code, "name": plan.name, "trial_days": plan.trial_days, "max_seats": plan.max_seats,
        "is_active": plan.is_active,
    })
}

fn empty<T>() -> Page<T> {
    Page { items: Vec::new(), next: None, total: Some(0) }
}

impl BillingService {
    /// One page of plans.
    pub async fn list_plans(
        &self,
        who: &Principal,
        filter: &PlanFilter,
        page: &PageRequest,
    ) -> Result<Page<Plan>, BillingError> {
        if filter.deleted.is_some() && !is_staff(who) {
            return Ok(empty());
        }
        let db = self.platform.db.read(Scope::Platform);
        Ok(plans::page_of_plans(&db, filter.filter(), page).await?.map(Plan::from))
    }

    /// One plan.
    pub async fn show_plan(&self, id: PlanId) -> Result<Plan, BillingError> {
        let plan = plans::plan(&self.platform.db.read(Scope::Platform), id).await?;
        plan.filter(|plan| plan.deleted_at.is_none()).map(Plan::from).ok_or(BillingError::NotFound)
    }

    /// Makes a plan.
    pub async fn create_plan(&self, uow: UnitOfWork, form: PutPlan) -> Result<Committed<Plan>, BillingError> {
        let mut tx = uow.begin().await?;
        let plan = plan::Model {
            id: PlanId::new(tx.now(), tx.entropy()),
            code: form.code.into(),
            name: form.name.into(),
            description: form.description.map(String::from),
            trial_days: form.trial_days,
            max_seats: form.max_seats,
            is_active: form.is_active,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
        };
        repo::insert(tx.conn(), plan.clone()).await?;
        tx.audit(Audit::of("billing.plan_created", PLAN, plan.id.uuid()).after(told(&plan)));
        let answer = Answer::created(Plan::from(plan.clone()));
        let answer = answer.location(format!("/v1/billing/plans/{}", plan.id)).etag(etag(PLAN, plan.version));
        Ok(tx.commit(answer).await?)
    }

    /// Replaces what can be changed about a plan.
    pub async fn replace_plan(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        (id, form): (PlanId, PutPlan),
    ) -> Result<Committed<Plan>, BillingError> {
        let edit = |plan: plan::Model| plan::Model {
            code: form.code.into(),
            name: form.name.into(),
            description: form.description.map(String::from),
            trial_days: form.trial_days,
            max_seats: form.max_seats,
            is_active: form.is_active,
            ..plan
        };
        self.change_plan(uow, expected, id, "billing.plan_changed", edit).await
    }

    /// Changes what a patch names of a plan.
    pub async fn patch_plan(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        (id, form): (PlanId, PatchPlan),
    ) -> Result<Committed<Plan>, BillingError> {
        let edit = |plan: plan::Model| plan::Model {
            code: form.code.map_or(plan.code, String::from),
            name: form.name.map_or(plan.name, String::from),
            description: form.description.map(String::from).apply_to(plan.description),
            trial_days: form.trial_days.unwrap_or(plan.trial_days),
            max_seats: form.max_seats.apply_to(plan.max_seats),
            is_active: form.is_active.unwrap_or(plan.is_active),
            ..plan
        };
        self.change_plan(uow, expected, id, "billing.plan_changed", edit).await
    }

    async fn change_plan(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        id: PlanId,
        action: &'static str,
        edit: impl FnOnce(plan::Model) -> plan::Model + Send,
    ) -> Result<Committed<Plan>, BillingError> {
        let mut tx = uow.begin().await?;
        let before = plans::lock_plan(tx.conn(), id).await?.filter(|plan| plan.deleted_at.is_none());
        let before = before.ok_or(BillingError::NotFound)?;
        expected.require(&etag(PLAN, before.version)).map_err(|_| BillingError::Stale)?;
        let audit = Audit::of(action, PLAN, id.uuid()).before(told(&before));
        let plan = repo::save(tx.conn(), edit(before), tx.now()).await?;
        tx.audit(audit.after(told(&plan)));
        let tag = etag(PLAN, plan.version);
        Ok(tx.commit(Answer::ok(Plan::from(plan)).etag(tag)).await?)
    }

    /// Deletes a plan, softly. Schools that have it keep it.
    pub async fn delete_plan(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        id: PlanId,
    ) -> Result<Committed<()>, BillingError> {
        let mut tx = uow.begin().await?;
        let plan = plans::lock_plan(tx.conn(), id).await?.filter(|plan| plan.deleted_at.is_none());
        let mut plan = plan.ok_or(BillingError::NotFound)?;
        expected.require(&etag(PLAN, plan.version)).map_err(|_| BillingError::Stale)?;
        if plans::on_sale(tx.conn(), id).await? {
            return Err(BillingError::PlanOnSale);
        }
        plan.deleted_at = Some(tx.now());
        repo::save(tx.conn(), plan, tx.now()).await?;
        tx.audit(Audit::of("billing.plan_deleted", PLAN, id.uuid()));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted plan back.
    pub async fn restore_plan(&self, uow: UnitOfWork, id: PlanId) -> Result<Committed<Plan>, BillingError> {
        let mut tx = uow.begin().await?;
        let mut plan = plans::lock_plan(tx.conn(), id).await?.ok_or(BillingError::NotFound)?;
        if plan.deleted_at.take().is_none() {
            return Err(BillingError::NotDeleted);
        }
        let plan = repo::save(tx.conn(), plan, tx.now()).await?;
        tx.audit(Audit::of("billing.plan_restored", PLAN, id.uuid()));
        let tag = etag(PLAN, plan.version);
        Ok(tx.commit(Answer::ok(Plan::from(plan)).etag(tag)).await?)
    }

    /// One page of prices.
    pub async fn list_prices(
        &self,
        who: &Principal,
        filter: &PriceFilter,
        page: &PageRequest,
    ) -> Result<Page<Price>, BillingError> {
        if filter.deleted.is_some() && !is_staff(who) {
            return Ok(empty());
        }
        let db = self.platform.db.read(Scope::Platform);
        Ok(plans::page_of_prices(&db, filter.filter(), page).await?.map(Price::from))
    }

    /// One price.
    pub async fn show_price(&self, id: PriceId) -> Result<Price, BillingError> {
        let price = plans::price(&self.platform.db.read(Scope::Platform), id).await?;
        price.filter(|price| price.deleted_at.is_none()).map(Price::from).ok_or(BillingError::NotFound)
    }

    /// Makes a price of a plan.
    pub async fn create_price(&self, uow: UnitOfWork, form: CreatePrice) -> Result<Committed<Price>, BillingError> {
        let mut tx = uow.begin().await?;
        let plan = plans::lock_plan(tx.conn(), form.plan_id).await?.filter(|plan| plan.deleted_at.is_none());
        let plan = plan.ok_or(BillingError::NotFound)?;
        let price = price::Model {
            id: PriceId::new(tx.now(), tx.entropy()),
            plan_id: plan.id,
            currency: form.currency.into(),
            unit_amount: form.unit_amount,
            interval: form.interval,
            nickname: form.nickname.map(String::from),
            is_active: form.is_active,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
        };
        repo::insert(tx.conn(), price.clone()).await?;
        tx.audit(Audit::of("billing.price_created", PRICE, price.id.uuid()).after(json!({
            "plan_id": price.plan_id, "currency": price.currency, "unit_amount": price.unit_amount,
            "interval": price.interval, "is_active": price.is_active,
        })));
        let answer = Answer::created(Price::from(price.clone()));
        let answer = answer.location(format!("/v1/billing/prices/{}", price.id)).etag(etag(PRICE, price.version));
        Ok(tx.commit(answer).await?)
    }

    /// Replaces what can be changed about a price.
    pub async fn replace_price(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        (id, form): (PriceId, PutPrice),
    ) -> Result<Committed<Price>, BillingError> {
        let edit = |price: price::Model| {
            let nickname = form.nickname.map(String::from);
            price::Model { nickname, is_active: form.is_active, ..price }
        };
        self.change_price(uow, expected, id, edit).await
    }

    /// Changes what a patch names of a price.
    pub async fn patch_price(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        (id, form): (PriceId, PatchPrice),
    ) -> Result<Committed<Price>, BillingError> {
        let edit = |price: price::Model| price::Model {
            nickname: form.nickname.map(String::from).apply_to(price.nickname),
            is_active: form.is_active.unwrap_or(price.is_active),
            ..price
        };
        self.change_price(uow, expected, id, edit).await
    }

    async fn change_price(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        id: PriceId,
        edit: impl FnOnce(price::Model) -> price::Model + Send,
    ) -> Result<Committed<Price>, BillingError> {
        let mut tx = uow.begin().await?;
        let before = plans::lock_price(tx.conn(), id).await?.filter(|price| price.deleted_at.is_none());
        let before = before.ok_or(BillingError::NotFound)?;
        expected.require(&etag(PRICE, before.version)).map_err(|_| BillingError::Stale)?;
        let told = |price: &price::Model| json!({"nickname": price.nickname, "is_active": price.is_active});
        let audit = Audit::of("billing.price_changed", PRICE, id.uuid()).before(told(&before));
        let price = repo::save(tx.conn(), edit(before), tx.now()).await?;
        tx.audit(audit.after(told(&price)));
        let tag = etag(PRICE, price.version);
        Ok(tx.commit(Answer::ok(Price::from(price)).etag(tag)).await?)
    }

    /// Deletes a price, softly. Schools that pay it go on paying it.
    pub async fn delete_price(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        id: PriceId,
    ) -> Result<Committed<()>, BillingError> {
        let mut tx = uow.begin().await?;
        let price = plans::lock_price(tx.conn(), id).await?.filter(|price| price.deleted_at.is_none());
        let mut price = price.ok_or(BillingError::NotFound)?;
        expected.require(&etag(PRICE, price.version)).map_err(|_| BillingError::Stale)?;
        (price.deleted_at, price.is_active) = (Some(tx.now()), false);
        repo::save(tx.conn(), price, tx.now()).await?;
        tx.audit(Audit::of("billing.price_deleted", PRICE, id.uuid()));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted price back; it is not for sale until somebody says so.
    pub async fn restore_price(&self, uow: UnitOfWork, id: PriceId) -> Result<Committed<Price>, BillingError> {
        let mut tx = uow.begin().await?;
        let mut price = plans::lock_price(tx.conn(), id).await?.ok_or(BillingError::NotFound)?;
        if price.deleted_at.take().is_none() {
            return Err(BillingError::NotDeleted);
        }
        let price = repo::save(tx.conn(), price, tx.now()).await?;
        tx.audit(Audit::of("billing.price_restored", PRICE, id.uuid()));
        let tag = etag(PRICE, price.version);
        Ok(tx.commit(Answer::ok(Price::from(price)).etag(tag)).await?)
    }
}
