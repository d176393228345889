//! Selling to a school what is not on offer yet: how a demo, or whoever moves schools here, comes by a subscription that runs.

use lyceum_kernel::SchoolId;
use lyceum_platform::uow::{Audit, UnitOfWork};

use super::issuing::{NewInvoice, NewLine};
use super::subscriptions::announce;
use super::{BillingService, PLAN, PRICE};
use crate::error::BillingError;
use crate::model::invoice::InvoiceOrigin;
use crate::model::plan::{self, PlanId};
use crate::model::price::{self, Interval, PriceId};
use crate::model::subscription::{Model, SubscriptionId, SubscriptionState};
use crate::repo;
use crate::repo::{invoices, subscriptions};

/// What is sold: a plan of its own, by the seat and month.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    /// The plan's short name, unique.
    pub code: &'static str,
    /// The plan's name.
    pub name: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// For one seat and month, in minor units, without tax.
    pub unit_amount: i64,
    /// How many seats.
    pub seats: i32,
    /// What is invoiced once beside it: the words, and the sum in minor units without tax.
    pub once: (&'static str, i64),
}

impl BillingService {
    /// Makes the plan and its price and subscribes the school from now on. The first month is invoiced and paid; what is invoiced
    /// once is still to be paid. A school that ever subscribed is left alone.
    ///
    /// # Errors
    /// [`BillingError::NotFound`] if there is no such school, [`BillingError::CodeTaken`] if there is such a plan.
    pub async fn sell(&self, uow: UnitOfWork, school: SchoolId, sale: Sale) -> Result<(), BillingError> {
        let known = self.school(school).await?;
        let mut tx = uow.begin().await?;
        if subscriptions::lock(tx.conn(), school).await?.is_some() {
            return Ok(tx.commit_quietly().await?);
        }
        let now = tx.now();
        let plan = offered_plan(PlanId::new(now, tx.entropy()), now, &sale);
        let price = offered_price(PriceId::new(now, tx.entropy()), &plan, &sale);
        repo::insert(tx.conn(), plan.clone()).await?;
        repo::insert(tx.conn(), price.clone()).await?;
        tx.audit(Audit::of("billing.plan_created", PLAN, plan.id.uuid()));
        tx.audit(Audit::of("billing.price_created", PRICE, price.id.uuid()));
        let beyond = BillingError::Internal("a period beyond the end of time");
        let row = Model {
            school_id: school,
            id: SubscriptionId::new(now, tx.entropy()),
            price_id: price.id,
            state: SubscriptionState::Active,
            seats: sale.seats,
            next_seats: None,
            next_price_id: None,
            anchor_at: now,
            period_number: 0,
            period_start: now,
            period_end: price.interval.begin(now, 1).ok_or(beyond)?,
            trial_ends_at: None,
            cancel_at_period_end: false,
            past_due_since: None,
            lapsed_at: None,
            cancelled_at: None,
            cancel_reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        repo::insert(tx.conn(), row.clone()).await?;
        let first = self.invoice_period(&mut tx, &row, (&price, &plan), &known.name).await?;
        let first = invoices::lock(tx.conn(), school, first).await?.ok_or(BillingError::NotFound)?;
        self.pay(&mut tx, first, now, Some("bank transfer".to_owned())).await?;
        let (description, unit_amount) = sale.once;
        let line = NewLine {
            description: description.to_owned(),
            quantity: 1,
            unit_amount,
            tax_basis_points: self.settings.tax_basis_points,
            period: None,
        };
        let new = NewInvoice {
            origin: InvoiceOrigin::Manual,
            currency: sale.currency.to_owned(),
            terms_days: self.settings.terms_days,
            note: None,
            lines: vec![line],
        };
        let (draft, _) = self.draft(&tx, school, new).await?;
        self.issue(&mut tx, draft, &known.name).await?;
        announce(&mut tx, None, &row, "billing.subscription_started");
        Ok(tx.commit_quietly().await?)
    }
}

fn offered_plan(id: PlanId, now: chrono::DateTime<chrono::Utc>, sale: &Sale) -> plan::Model {
    plan::Model {
        id,
        code: sale.code.to_owned(),
        name: sale.name.to_owned(),
        description: None,
        trial_days: 0,
        max_seats: None,
        is_active: true,
        version: 1,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    }
}

fn offered_price(id: PriceId, plan: &plan::Model, sale: &Sale) -> price::Model {
    price::Model {
        id,
        plan_id: plan.id,
        currency: sale.currency.to_owned(),
        unit_amount: sale.unit_amount,
        interval: Interval::Month,
        nickname: None,
        is_active: true,
        version: 1,
        created_at: plan.created_at,
        updated_at: plan.updated_at,
        deleted_at: None,
    }
}
