//! Starting, changing and ending a school's subscription.

use chrono::{DateTime, Duration, Utc};
use lyceum_kernel::events::billing::SubscriptionChanged;
use lyceum_kernel::{Principal, SchoolId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use super::{BillingService, school_of, tell_school, terms_of};
use crate::dto::subscriptions::{PatchSubscription, PutSubscription, StartSubscription, Subscription, Usage};
use crate::error::BillingError;
use crate::model::price::PriceId;
use crate::model::subscription::{CancelReason, Model, SubscriptionId, SubscriptionState};
use crate::model::{plan, price};
use crate::repo;
use crate::repo::{plans, subscriptions};

/// The kind of view in a subscription's entity tag.
pub const SUBSCRIPTION: &str = "subscription";

/// What is to be changed.
struct Edit {
    price: Option<PriceId>,
    seats: Option<i32>,
    cancel_at_period_end: Option<bool>,
}

/// What the audit trail tells of a subscription.
pub(super) fn told(row: &Model) -> Value {
    json!({
        "state": row.state, "price_id": row.price_id, "seats": row.seats, "next_price_id": row.next_price_id,
        "next_seats": row.next_seats, "period_end": row.period_end, "cancel_at_period_end": row.cancel_at_period_end,
        "lapsed_at": row.lapsed_at, "cancel_reason": row.cancel_reason,
    })
}

/// Audits a change of a subscription, tells whoever listens, and the school its terms if they are others.
pub(super) fn announce(tx: &mut Tx, before: Option<&Model>, after: &Model, action: &'static str) {
    let school = after.school_id;
    let mut audit = Audit::of(action, SUBSCRIPTION, after.id.uuid()).school(Some(school)).after(told(after));
    if let Some(before) = before {
        audit = audit.before(told(before));
    }
    tx.audit(audit);
    if before.is_none_or(|before| before.state != after.state) {
        tx.emit(&SubscriptionChanged { school_id: school, state: after.state.as_str().to_owned() });
    }
    if before.is_none() || terms_of(before) != terms_of(Some(after)) {
        tell_school(tx, school);
    }
}

fn check_seats(seats: i32, plan: &plan::Model) -> Result<(), BillingError> {
    match plan.max_seats {
        Some(most) if seats > most => Err(BillingError::TooManySeats(most)),
        _ => Ok(()),
    }
}

async fn for_sale(tx: &Tx, id: PriceId) -> Result<(price::Model, plan::Model), BillingError> {
    let found = plans::price_and_plan(tx.conn(), id).await?.ok_or(BillingError::NotForSale)?;
    let (price, plan) = &found;
    let sold = price.is_active && price.deleted_at.is_none() && plan.is_active && plan.deleted_at.is_none();
    if sold { Ok(found) } else { Err(BillingError::NotForSale) }
}

impl BillingService {
    /// The school's subscription.
    pub async fn show_subscription(&self, who: &Principal) -> Result<Subscription, BillingError> {
        let row = subscriptions::find(&self.platform.db.read(who.scope()), school_of(who)?).await?;
        row.map(Subscription::from).ok_or(BillingError::NotFound)
    }

    /// The school's use of seats.
    pub async fn usage(&self, who: &Principal) -> Result<Usage, BillingError> {
        let school = school_of(who)?;
        let row = subscriptions::find(&self.platform.db.read(who.scope()), school).await?;
        let seats_used = self.school(school).await?.seats_used;
        let terms = terms_of(row.as_ref());
        Ok(Usage {
            seats_used,
            seat_limit: terms.seat_limit,
            seats_left: terms.seat_limit.map(|limit| u64::from(limit).saturating_sub(seats_used)),
            state: row.map(|row| row.state),
            read_only: terms.lapsed,
        })
    }

    /// Subscribes the school: to a trial, once, where the plan has one; else the first period is invoiced at once.
    pub async fn start_subscription(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: StartSubscription,
    ) -> Result<Committed<Subscription>, BillingError> {
        let school = school_of(who)?;
        let known = self.school(school).await?;
        let mut tx = uow.begin().await?;
        let before = subscriptions::lock(tx.conn(), school).await?;
        if before.as_ref().is_some_and(|row| row.state.is_live()) {
            return Err(BillingError::AlreadySubscribed);
        }
        let (price, plan) = for_sale(&tx, form.price_id).await?;
        check_seats(form.seats, &plan)?;
        if u64::try_from(form.seats).unwrap_or_default() < known.seats_used {
            return Err(BillingError::SeatsInUse(known.seats_used));
        }
        let row = begun(&tx, school, before.as_ref(), (&price, &plan), form.seats)?;
        let row = if before.is_some() {
            repo::save(tx.conn(), row, tx.now()).await?
        } else {
            repo::insert(tx.conn(), row.clone()).await?;
            row
        };
        if row.state == SubscriptionState::Active {
            self.invoice_period(&mut tx, &row, (&price, &plan), &known.name).await?;
        }
        announce(&mut tx, before.as_ref(), &row, "billing.subscription_started");
        let tag = etag(SUBSCRIPTION, row.version);
        let answer = Answer::created(Subscription::from(row)).location("/v1/billing/subscription").etag(tag);
        Ok(tx.commit(answer).await?)
    }

    /// Replaces what can be changed about the subscription.
    pub async fn replace_subscription(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        form: PutSubscription,
    ) -> Result<Committed<Subscription>, BillingError> {
        let edit = Edit {
            price: Some(form.price_id),
            seats: Some(form.seats),
            cancel_at_period_end: Some(form.cancel_at_period_end),
        };
        self.change_subscription(who, uow, expected, edit).await
    }

    /// Changes what a patch names of the subscription.
    pub async fn patch_subscription(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        form: PatchSubscription,
    ) -> Result<Committed<Subscription>, BillingError> {
        let PatchSubscription { price_id: price, seats, cancel_at_period_end } = form;
        self.change_subscription(who, uow, expected, Edit { price, seats, cancel_at_period_end }).await
    }

    async fn change_subscription(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
        edit: Edit,
    ) -> Result<Committed<Subscription>, BillingError> {
        let school = school_of(who)?;
        let known = self.school(school).await?;
        let mut tx = uow.begin().await?;
        let before = subscriptions::lock(tx.conn(), school).await?.ok_or(BillingError::NotFound)?;
        expected.require(&etag(SUBSCRIPTION, before.version)).map_err(|_| BillingError::Stale)?;
        if !before.state.is_live() {
            return Err(BillingError::SubscriptionOver);
        }
        let mut row = before.clone();
        let (price, mut plan) = current(&tx, row.price_id).await?;
        if let Some(id) = edit.price {
            plan = choose_price(&tx, &mut row, (&price, plan), id).await?;
        }
        if let Some(seats) = edit.seats {
            check_seats(seats, &plan)?;
            choose_seats(&mut row, seats, known.seats_used)?;
        }
        row.cancel_at_period_end = edit.cancel_at_period_end.unwrap_or(row.cancel_at_period_end);
        let more = row.seats - before.seats;
        if more > 0 && row.state != SubscriptionState::Trial {
            self.invoice_seats(&mut tx, &row, more, &price, &known.name).await?;
        }
        let row = repo::save(tx.conn(), row, tx.now()).await?;
        announce(&mut tx, Some(&before), &row, "billing.subscription_changed");
        let tag = etag(SUBSCRIPTION, row.version);
        Ok(tx.commit(Answer::ok(Subscription::from(row)).etag(tag)).await?)
    }

    /// Ends the subscription at once. Nothing is paid back; what is owed stays owed.
    pub async fn cancel_subscription(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        expected: &IfMatch,
    ) -> Result<Committed<()>, BillingError> {
        let school = school_of(who)?;
        let mut tx = uow.begin().await?;
        let before = subscriptions::lock(tx.conn(), school).await?.ok_or(BillingError::NotFound)?;
        expected.require(&etag(SUBSCRIPTION, before.version)).map_err(|_| BillingError::Stale)?;
        if !before.state.is_live() {
            return Err(BillingError::SubscriptionOver);
        }
        let row = ended(&before, tx.now(), CancelReason::Requested);
        let row = repo::save(tx.conn(), row, tx.now()).await?;
        announce(&mut tx, Some(&before), &row, "billing.subscription_cancelled");
        Ok(tx.commit(Answer::no_content()).await?)
    }
}

/// The price and plan that a subscription has, for sale or not.
pub(super) async fn current(tx: &Tx, price: PriceId) -> Result<(price::Model, plan::Model), BillingError> {
    let found = plans::price_and_plan(tx.conn(), price).await?;
    found.ok_or(BillingError::Internal("a subscription to a price that is not there"))
}

/// A subscription that begins now.
fn begun(
    tx: &Tx,
    school: SchoolId,
    before: Option<&Model>,
    (price, plan): (&price::Model, &plan::Model),
    seats: i32,
) -> Result<Model, BillingError> {
    let now = tx.now();
    let tried = before.is_some_and(|row| row.trial_ends_at.is_some());
    let trial_ends = (plan.trial_days > 0 && !tried).then(|| now + Duration::days(plan.trial_days.into()));
    let beyond = BillingError::Internal("a period beyond the end of time");
    let period_end = trial_ends.or_else(|| price.interval.begin(now, 1)).ok_or(beyond)?;
    Ok(Model {
        school_id: school,
        id: before.map_or_else(|| SubscriptionId::new(now, tx.entropy()), |row| row.id),
        price_id: price.id,
        state: if trial_ends.is_some() { SubscriptionState::Trial } else { SubscriptionState::Active },
        seats,
        next_seats: None,
        next_price_id: None,
        anchor_at: now,
        period_number: 0,
        period_start: now,
        period_end,
        trial_ends_at: trial_ends.or_else(|| before.and_then(|row| row.trial_ends_at)),
        cancel_at_period_end: false,
        past_due_since: None,
        lapsed_at: None,
        cancelled_at: None,
        cancel_reason: None,
        version: before.map_or(1, |row| row.version),
        created_at: before.map_or(now, |row| row.created_at),
        updated_at: now,
    })
}

/// A subscription that ends now.
pub(super) fn ended(row: &Model, now: DateTime<Utc>, reason: CancelReason) -> Model {
    Model {
        state: SubscriptionState::Cancelled,
        next_seats: None,
        next_price_id: None,
        cancel_at_period_end: false,
        past_due_since: None,
        lapsed_at: row.lapsed_at.or(Some(now)),
        cancelled_at: Some(now),
        cancel_reason: Some(reason),
        ..row.clone()
    }
}

/// Another price: at once in a trial, else from the next period on. Answers the plan that seats are checked against.
async fn choose_price(
    tx: &Tx,
    row: &mut Model,
    (price, plan): (&price::Model, plan::Model),
    id: PriceId,
) -> Result<plan::Model, BillingError> {
    if id == row.price_id {
        row.next_price_id = None;
        return Ok(plan);
    }
    let (next, next_plan) = for_sale(tx, id).await?;
    if next.currency != price.currency {
        return Err(BillingError::OtherCurrency);
    }
    check_seats(row.next_seats.unwrap_or(row.seats), &next_plan)?;
    if row.state == SubscriptionState::Trial {
        row.price_id = id;
    } else {
        row.next_price_id = Some(id);
    }
    Ok(next_plan)
}

/// More seats at once; fewer at once in a trial, else from the next period on; never fewer than are taken.
fn choose_seats(row: &mut Model, seats: i32, used: u64) -> Result<(), BillingError> {
    if u64::try_from(seats).unwrap_or_default() < used {
        return Err(BillingError::SeatsInUse(used));
    }
    if seats >= row.seats || row.state == SubscriptionState::Trial {
        (row.seats, row.next_seats) = (seats, None);
    } else {
        row.next_seats = Some(seats);
    }
    Ok(())
}
