//! Plans.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Page, PageRequest, Principal, Scope};
use lyceum_platform::uow::{Audit, Committed, Tx, UnitOfWork};
use lyceum_web::IfMatch;
use sea_orm::DbErr;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Article, change, delete, made, nothing, restore};
use crate::dto::catalogue::{PatchPlan, Plan, PlanFilter, PutPlan};
use crate::error::BillingError;
use crate::model::plan::{self, PlanId};
use crate::repo;
use crate::repo::plans;
use crate::service::{BillingService, is_staff};

/// The kind of view in a plan's entity tag.
pub const PLAN: &str = "plan";

impl Article for plan::Model {
    type Id = PlanId;
    type View = Plan;
    const KIND: &'static str = PLAN;
    const PLACE: &'static str = "/v1/billing/plans";
    const CHANGED: &'static str = "billing.plan_changed";
    const DELETED: &'static str = "billing.plan_deleted";
    const RESTORED: &'static str = "billing.plan_restored";

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
        json!({
            "code": self.code, "name": self.name, "trial_days": self.trial_days, "max_seats": self.max_seats,
            "is_active": self.is_active,
        })
    }

    async fn locked(tx: &Tx, id: PlanId) -> Result<Option<Self>, DbErr> {
        plans::lock_plan(tx.conn(), id).await
    }

    async fn saved(self, tx: &Tx) -> Result<Self, BillingError> {
        repo::save(tx.conn(), self, tx.now()).await
    }

    async fn withdraw(&mut self, tx: &Tx) -> Result<(), BillingError> {
        if plans::on_sale(tx.conn(), self.id).await? { Err(BillingError::PlanOnSale) } else { Ok(()) }
    }
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
            return Ok(nothing());
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
        tx.audit(Audit::of("billing.plan_created", PLAN, plan.id.uuid()).after(plan.told()));
        made(tx, plan).await
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
        change(uow, expected, id, edit).await
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
        change(uow, expected, id, edit).await
    }

    /// Deletes a plan, softly. Schools that have it keep it.
    pub async fn delete_plan(
        &self,
        uow: UnitOfWork,
        expected: &IfMatch,
        id: PlanId,
    ) -> Result<Committed<()>, BillingError> {
        delete::<plan::Model>(uow, expected, id).await
    }

    /// Brings a deleted plan back.
    pub async fn restore_plan(&self, uow: UnitOfWork, id: PlanId) -> Result<Committed<Plan>, BillingError> {
        restore::<plan::Model>(uow, id).await
    }
}
