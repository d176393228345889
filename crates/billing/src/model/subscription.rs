//! Subscriptions: at most one a school, the same row from its first trial to its last cancellation. A school table.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

use super::price::PriceId;

lyceum_kernel::id!(SubscriptionId, "A school's subscription.");

super::word!(
    /// Where a subscription stands.
    SubscriptionState {
        /// Being tried: nothing is owed yet.
        Trial = "trial",
        /// In force.
        Active = "active",
        /// An invoice is overdue. After the days of grace the school can read, but not write.
        PastDue = "past_due",
        /// Over. The school can read, but not write, until it subscribes anew.
        Cancelled = "cancelled",
    }
);

impl SubscriptionState {
    /// Whether the subscription is not over.
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Cancelled)
    }
}

super::word!(
    /// Why a subscription is over.
    CancelReason {
        /// The school wanted it so.
        Requested = "requested",
        /// An invoice was still overdue at the end of the period.
        Unpaid = "unpaid",
    }
);

/// A row of `subscriptions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscriptions")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The subscription.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SubscriptionId,
    /// What is paid for a seat.
    pub price_id: PriceId,
    /// Where it stands.
    pub state: SubscriptionState,
    /// Seats paid for.
    pub seats: i32,
    /// Seats from the next period on, if others.
    pub next_seats: Option<i32>,
    /// The price from the next period on, if another.
    pub next_price_id: Option<PriceId>,
    /// What periods are counted from.
    pub anchor_at: DateTime<Utc>,
    /// Which period it is in, from 0.
    pub period_number: i32,
    /// When the period began.
    pub period_start: DateTime<Utc>,
    /// When the period ends.
    pub period_end: DateTime<Utc>,
    /// When the trial ends or ended; a school has one trial.
    pub trial_ends_at: Option<DateTime<Utc>>,
    /// Whether it ends with the period.
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
    /// When it was first made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}
super::unrelated!();
