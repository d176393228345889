//! The school's subscription and its use of seats.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::model::price::PriceId;
use crate::model::subscription::{self, CancelReason, SubscriptionId, SubscriptionState};

/// The school's subscription.
///
/// `trial → active → cancelled`; `active → past_due` when an invoice is overdue, and back when all are paid. `past_due → cancelled` at
/// the end of the period. A school whose subscription is cancelled, or past due for longer than the days of grace, has lapsed: it
/// can read, but not write anything but what is below `/v1/billing`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2d01", "state": "active", "price_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c01",
    "seats": 250, "next_price_id": null, "next_seats": null, "current_period_start": "2026-11-01T00:00:00Z",
    "current_period_end": "2026-12-01T00:00:00Z", "trial_ends_at": null, "cancel_at_period_end": false, "past_due_since": null,
    "lapsed_at": null, "cancelled_at": null, "cancel_reason": null, "version": 4, "created_at": "2026-10-01T00:00:00Z",
    "updated_at": "2026-11-01T00:00:03Z"
}))]
pub struct Subscription {
    /// The subscription.
    pub id: SubscriptionId,
    /// Where it stands.
    pub state: SubscriptionState,
    /// What is paid for a seat.
    pub price_id: PriceId,
    /// Seats paid for.
    pub seats: i32,
    /// The price from the next period on, if another.
    pub next_price_id: Option<PriceId>,
    /// Seats from the next period on, if fewer.
    pub next_seats: Option<i32>,
    /// When the period began.
    pub current_period_start: DateTime<Utc>,
    /// When it ends: the subscription is then renewed, or over.
    pub current_period_end: DateTime<Utc>,
    /// When the trial ends or ended.
    pub trial_ends_at: Option<DateTime<Utc>>,
    /// Whether it is over at the end of the period.
    pub cancel_at_period_end: bool,
    /// Since when an invoice is overdue.
    pub past_due_since: Option<DateTime<Utc>>,
    /// Since when the school can only read.
    pub lapsed_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Why it ended.
    pub cancel_reason: Option<CancelReason>,
    /// Raised by every change.
    pub version: i64,
    /// When the school first subscribed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<subscription::Model> for Subscription {
    fn from(subscription: subscription::Model) -> Self {
        let subscription::Model {
            school_id: _,
            id,
            price_id,
            state,
            seats,
            next_seats,
            next_price_id,
            anchor_at: _,
            period_number: _,
            period_start,
            period_end,
            trial_ends_at,
            cancel_at_period_end,
            past_due_since,
            lapsed_at,
            cancelled_at,
            cancel_reason,
            version,
            created_at,
            updated_at,
        } = subscription;
        Self {
            id,
            state,
            price_id,
            seats,
            next_price_id,
            next_seats,
            current_period_start: period_start,
            current_period_end: period_end,
            trial_ends_at,
            cancel_at_period_end,
            past_due_since,
            lapsed_at,
            cancelled_at,
            cancel_reason,
            version,
            created_at,
            updated_at,
        }
    }
}

/// A subscription to be started.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"price_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c01", "seats": 250}))]
pub struct StartSubscription {
    /// What is paid for a seat; it tells the plan, the currency and the interval.
    pub price_id: PriceId,
    /// How many seats.
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000)]
    pub seats: i32,
}

/// The whole of what can be changed about a subscription.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"price_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c01", "seats": 300}))]
pub struct PutSubscription {
    /// What is paid for a seat; another price holds from the next period on.
    pub price_id: PriceId,
    /// How many seats. More hold at once, and the rest of the period is invoiced; fewer hold from the next period on.
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000)]
    pub seats: i32,
    /// Whether it is over at the end of the period.
    #[serde(default)]
    #[schema(default = false)]
    pub cancel_at_period_end: bool,
}

/// A merge patch of a subscription.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"cancel_at_period_end": true}))]
pub struct PatchSubscription {
    /// What is paid for a seat; another price holds from the next period on.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(nullable = false)]
    pub price_id: Option<PriceId>,
    /// How many seats. More hold at once, and the rest of the period is invoiced; fewer hold from the next period on.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000, nullable = false)]
    pub seats: Option<i32>,
    /// Whether it is over at the end of the period.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(nullable = false)]
    pub cancel_at_period_end: Option<bool>,
}

/// The school's use of seats.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"seats_used": 212, "seat_limit": 250, "seats_left": 38, "state": "active", "read_only": false}))]
pub struct Usage {
    /// Seats taken: people of the school who are not inactive.
    pub seats_used: u64,
    /// Seats paid for; any number if the school never subscribed.
    pub seat_limit: Option<u32>,
    /// Seats that may still be taken.
    pub seats_left: Option<u64>,
    /// Where the subscription stands, if there is one.
    pub state: Option<SubscriptionState>,
    /// Whether the school has lapsed.
    pub read_only: bool,
}
