//! Prices of plans.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Page, PageRequest, Principal, Scope};
use lyceum_platform::uow::{Audit, Committed, Tx, UnitOfWork};
use lyceum_web::IfMatch;
use sea_orm::DbErr;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Article, change, delete, made, nothing, restore};
use crate::dto::catalogue::{CreatePrice, PatchPrice, Price, PriceFilter, PutPrice};
use crate::error::BillingError;
use crate::model::price::{self, PriceId};
use crate::repo;
use crate::repo::plans;
use crate::service::{BillingService, is_staff};

/// The kind of view in a price's entity tag.
pub const PRICE: &str = "price";

impl Article for price::Model {
    type Id = PriceId;
    type View = Price;
    const KIND: &'static str = PRICE;
    const PLACE: &'static str = "/v1/billing/prices";
    const CHANGED: &'static str = "billing.price_changed";
    const DELETED: &'static str = "billing.price_deleted";
    const RESTORED: &'static str = "billing.price_restored";

    fn id(&self) -> Uuid {
        self.id.uuid()
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn deleted_at(&mut self) -> &mut Option<DateTime<Utc>> {
        &mut self.deleted_at
    }

    fn told(&self) -> Value {
        json!({"nickname": self.nickname, "is_active": self.is_active})
    }

    async fn locked(tx: &Tx, id: PriceId) -> Result<Option<Self>, DbErr> {
        plans::lock_price(tx.conn(), id).await
    }

    async fn saved(self, tx: &Tx) -> Result<Self, BillingError> {
        repo::save(tx.conn(), self, tx.now()).await
    }

    async fn withdraw(&mut self, _: &Tx) -> Result<(), BillingError> {
        self.is_active = false;
        Ok(())
    }
}

impl BillingService {
    /// One page of prices.
    pub async fn list_prices(
        &self,
        who: &Principal,
        filter: &PriceFilter,
        page: &PageRequest,
    ) -> Result<Page<Price>, BillingError> {
        if filter.deleted.is_some() && !is_staff(who) {
            return Ok(nothing());
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
        made(tx, price).await
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
        change(uow, expected, id, edit).await
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
        change(uow, expected, id, edit).await
    }

    /// Deletes a price, softly. Schools that pay it go on paying it.
    pub async fn delete_price(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        id: PriceId,
    ) -> Result<Committed<()>, BillingError> {
        delete::<price::Model>(uow, expected, id).await
    }

    /// Brings a deleted price back; it is not for sale until somebody says so.
    pub async fn restore_price(&self, uow: UnitOfWork, id: PriceId) -> Result<Committed<Price>, BillingError> {
        restore::<price::Model>(uow, id).await
    }
}
