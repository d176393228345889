//! Plans and prices.

use chrono::{DateTime, Utc};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{Currency, Line, Paragraph, PlanCode};
use crate::model::plan::{self, PlanId};
use crate::model::price::{self, Interval, PriceId};
use crate::repo::plans::Filter;

/// Which deleted things to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deleted {
    /// Only the deleted ones.
    Only,
}

/// Which plans to list.
#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
pub struct PlanFilter {
    /// Only those for sale, or those not.
    pub is_active: Option<bool>,
    /// `only` lists the deleted ones; super admins only, others get an empty list.
    #[param(inline)]
    pub deleted: Option<Deleted>,
}

impl PlanFilter {
    /// As the queries take it.
    pub fn filter(&self) -> Filter {
        Filter { is_active: self.is_active, deleted: self.deleted.is_some(), plan: None }
    }
}

/// Which prices to list.
#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
pub struct PriceFilter {
    /// Only those of this plan.
    pub plan_id: Option<PlanId>,
    /// Only those for sale, or those not.
    pub is_active: Option<bool>,
    /// `only` lists the deleted ones; super admins only, others get an empty list.
    #[param(inline)]
    pub deleted: Option<Deleted>,
}

impl PriceFilter {
    /// As the queries take it.
    pub fn filter(&self) -> Filter {
        Filter { is_active: self.is_active, deleted: self.deleted.is_some(), plan: self.plan_id }
    }
}

/// What the deployment sells.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2b01", "code": "standard", "name": "Standard", "description": "Everything, by the seat.",
    "trial_days": 30, "max_seats": 5000, "is_active": true, "version": 1, "created_at": "2026-11-21T08:00:00Z",
    "updated_at": "2026-11-21T08:00:00Z", "deleted_at": null
}))]
pub struct Plan {
    /// The plan.
    pub id: PlanId,
    /// Its short name.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What is in it.
    pub description: Option<String>,
    /// For how many days a school may try it, once.
    pub trial_days: i32,
    /// Most seats that it is sold with.
    pub max_seats: Option<i32>,
    /// Whether it can be subscribed to.
    pub is_active: bool,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<plan::Model> for Plan {
    fn from(plan: plan::Model) -> Self {
        let plan::Model {
            id,
            code,
            name,
            description,
            trial_days,
            max_seats,
            is_active,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = plan;
        Self {
            id,
            code,
            name,
            description,
            trial_days,
            max_seats,
            is_active,
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

const fn yes() -> bool {
    true
}

/// A plan to be made, or the whole of what can be changed about one.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "standard", "name": "Standard", "trial_days": 30}))]
pub struct PutPlan {
    /// Its short name, unique.
    pub code: PlanCode,
    /// Its name for people.
    pub name: Line,
    /// What is in it.
    #[serde(default)]
    pub description: Option<Paragraph>,
    /// For how many days a school may try it, once; 0 for not at all.
    #[serde(default)]
    #[validate(range(min = 0, max = 366))]
    #[schema(minimum = 0, maximum = 366, default = 0)]
    pub trial_days: i32,
    /// Most seats that it is sold with; any number if none.
    #[serde(default)]
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000)]
    pub max_seats: Option<i32>,
    /// Whether it can be subscribed to. Schools that have it keep it.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub is_active: bool,
}

/// A merge patch of a plan.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Standard 2027", "max_seats": null}))]
pub struct PatchPlan {
    /// Its short name, unique.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(nullable = false)]
    pub code: Option<PlanCode>,
    /// Its name for people.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(nullable = false)]
    pub name: Option<Line>,
    /// What is in it.
    #[serde(default)]
    #[schema(value_type = Option<Paragraph>)]
    pub description: MergeField<Paragraph>,
    /// For how many days a school may try it, once.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(range(min = 0, max = 366))]
    #[schema(minimum = 0, maximum = 366, nullable = false)]
    pub trial_days: Option<i32>,
    /// Most seats that it is sold with.
    #[serde(default)]
    #[validate(range(min = 1, max = 100_000))]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 100_000)]
    pub max_seats: MergeField<i32>,
    /// Whether it can be subscribed to.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(nullable = false)]
    pub is_active: Option<bool>,
}

/// A price of a plan. Its amount, currency and interval never change: make another, and withdraw this one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c01", "plan_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2b01", "currency": "EUR",
    "unit_amount": 250, "interval": "month", "nickname": null, "is_active": true, "version": 1,
    "created_at": "2026-11-21T08:00:00Z", "updated_at": "2026-11-21T08:00:00Z", "deleted_at": null
}))]
pub struct Price {
    /// The price.
    pub id: PriceId,
    /// Of which plan.
    pub plan_id: PlanId,
    /// ISO 4217.
    pub currency: String,
    /// For one seat and one interval, in minor units, without tax.
    pub unit_amount: i64,
    /// How long a period is.
    pub interval: Interval,
    /// What staff call it.
    pub nickname: Option<String>,
    /// Whether it can be subscribed to.
    pub is_active: bool,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<price::Model> for Price {
    fn from(price: price::Model) -> Self {
        let price::Model {
            id,
            plan_id,
            currency,
            unit_amount,
            interval,
            nickname,
            is_active,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = price;
        Self {
            id,
            plan_id,
            currency,
            unit_amount,
            interval,
            nickname,
            is_active,
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

/// A price to be made.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "plan_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2b01", "currency": "EUR", "unit_amount": 250, "interval": "month"
}))]
pub struct CreatePrice {
    /// Of which plan.
    pub plan_id: PlanId,
    /// ISO 4217.
    pub currency: Currency,
    /// For one seat and one interval, in minor units, without tax.
    #[validate(range(min = 0, max = 100_000_000))]
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub unit_amount: i64,
    /// How long a period is.
    pub interval: Interval,
    /// What staff call it.
    #[serde(default)]
    pub nickname: Option<Line>,
    /// Whether it can be subscribed to.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub is_active: bool,
}

/// The whole of what can be changed about a price.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"nickname": "2026", "is_active": false}))]
pub struct PutPrice {
    /// What staff call it.
    #[serde(default)]
    pub nickname: Option<Line>,
    /// Whether it can be subscribed to. Schools that pay it go on paying it.
    pub is_active: bool,
}

/// A merge patch of a price.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": false}))]
pub struct PatchPrice {
    /// What staff call it.
    #[serde(default)]
    #[schema(value_type = Option<Line>)]
    pub nickname: MergeField<Line>,
    /// Whether it can be subscribed to.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(nullable = false)]
    pub is_active: Option<bool>,
}
