//! What time does to subscriptions: renewal, overdue invoices, lapse.

use chrono::{DateTime, Duration, Utc};
use lyceum_kernel::{SchoolId, Scope};
use lyceum_platform::jobs::NewJob;
use lyceum_platform::uow::{Tx, UnitOfWork};

use super::issuing::OfInvoice;
use super::subscriptions::{announce, current, ended};
use super::{BillingService, jobs, terms_of};
use crate::error::BillingError;
use crate::model::subscription::{CancelReason, Model, SubscriptionState};
use crate::repo;
use crate::repo::{invoices, subscriptions};

/// Schools looked at with one query.
const BATCH: u64 = 100;

/// Most periods that are made up for at once, after a long stop.
const MOST_PERIODS: usize = 36;

impl BillingService {
    /// Looks at every school that time has done something to, each in a unit of work of its own; one that fails does not keep the
    /// others waiting.
    pub(super) async fn sweep(&self) -> Result<(), BillingError> {
        let now = self.platform.clock.now();
        let grace = now - Duration::days(self.settings.grace_days.into());
        let db = self.platform.db.read(Scope::Platform);
        let mut after = None;
        loop {
            let schools = invoices::overdue_schools(&db, now, after, BATCH).await?;
            let Some(last) = self.review_all(&schools).await else { break };
            after = Some(last);
        }
        after = None;
        loop {
            let schools = subscriptions::due(&db, now, grace, after, BATCH).await?;
            let Some(last) = self.review_all(&schools).await else { break };
            after = Some(last);
        }
        self.collect_due(now).await
    }

    async fn review_all(&self, schools: &[SchoolId]) -> Option<SchoolId> {
        for school in schools {
            if let Err(error) = self.review(self.own_work(), *school).await {
                tracing::warn!(%error, billing.school = %school, "billing.review_failed");
            }
        }
        schools.last().copied()
    }

    async fn collect_due(&self, now: DateTime<Utc>) -> Result<(), BillingError> {
        if !self.provider.collects() {
            return Ok(());
        }
        let due = invoices::collectable(&self.platform.db.read(Scope::Platform), now, BATCH).await?;
        if due.is_empty() {
            return Ok(());
        }
        let mut tx = self.own_work().begin().await?;
        for (school, invoice) in due {
            tx.enqueue(NewJob::new(jobs::COLLECT, &OfInvoice { school, invoice }).school(Some(school)));
        }
        Ok(tx.commit_quietly().await?)
    }

    /// Brings a school's subscription up to the moment.
    pub(super) async fn review(&self, uow: UnitOfWork, school: SchoolId) -> Result<(), BillingError> {
        // A deleted school owes what it owes, but is not renewed.
        let Some(known) = self.schools.school(school).await.map_err(BillingError::Schools)? else {
            return Ok(uow.begin().await?.commit_quietly().await?);
        };
        let mut tx = uow.begin().await?;
        let Some(before) = subscriptions::lock(tx.conn(), school).await? else { return Ok(tx.commit_quietly().await?) };
        let overdue = invoices::any_overdue(tx.conn(), school, tx.now()).await?;
        let mut row = judged(before.clone(), overdue, tx.now(), self.settings.grace_days);
        for _ in 0..MOST_PERIODS {
            let in_grace = row.state == SubscriptionState::PastDue && row.lapsed_at.is_none();
            if !row.state.is_live() || tx.now() < row.period_end || in_grace {
                break;
            }
            row = self.turn(&mut tx, row, &known.name).await?;
        }
        if row != before {
            let row = repo::save(tx.conn(), row, tx.now()).await?;
            announce(&mut tx, Some(&before), &row, "billing.subscription_reviewed");
        }
        Ok(tx.commit_quietly().await?)
    }

    /// The period is over: the subscription is renewed and invoiced, or ends.
    async fn turn(&self, tx: &mut Tx, mut row: Model, school_name: &str) -> Result<Model, BillingError> {
        if row.cancel_at_period_end {
            return Ok(ended(&row, tx.now(), CancelReason::Requested));
        }
        if row.state == SubscriptionState::PastDue {
            return Ok(ended(&row, tx.now(), CancelReason::Unpaid));
        }
        row.price_id = row.next_price_id.take().unwrap_or(row.price_id);
        row.seats = row.next_seats.take().unwrap_or(row.seats);
        let (price, plan) = current(tx, row.price_id).await?;
        let interval = price.interval;
        // Periods are counted from where the trial ended, or from where an interval of another length began.
        let counted = interval.begin(row.anchor_at, row.period_number + 1) == Some(row.period_end);
        if row.state == SubscriptionState::Trial || !counted {
            (row.anchor_at, row.period_number) = (row.period_end, 0);
        } else {
            row.period_number += 1;
        }
        row.state = SubscriptionState::Active;
        row.period_start = row.period_end;
        let end = interval.begin(row.anchor_at, row.period_number + 1);
        row.period_end = end.ok_or(BillingError::Internal("a period beyond the end of time"))?;
        self.invoice_period(tx, &row, (&price, &plan), school_name).await?;
        Ok(row)
    }

    /// Tells a school its terms, until what it was told last is what holds: two that tell at the same time may overtake one
    /// another, and the slower one notices.
    pub(super) async fn tell(&self, school: SchoolId) -> Result<(), BillingError> {
        let db = self.platform.db.read(Scope::School(school));
        let mut told = None;
        loop {
            let terms = terms_of(subscriptions::find(&db, school).await?.as_ref());
            if told == Some(terms) {
                return Ok(());
            }
            self.schools.apply_terms(self.own_work(), school, terms).await.map_err(BillingError::Schools)?;
            told = Some(terms);
        }
    }
}

/// What overdue invoices make of a subscription.
fn judged(mut row: Model, overdue: bool, now: DateTime<Utc>, grace_days: i32) -> Model {
    match (row.state, overdue) {
        (SubscriptionState::Active, true) => {
            (row.state, row.past_due_since) = (SubscriptionState::PastDue, Some(now));
        }
        (SubscriptionState::PastDue, false) => {
            (row.state, row.past_due_since, row.lapsed_at) = (SubscriptionState::Active, None, None);
        }
        _ => {}
    }
    let graceless = row.past_due_since.is_some_and(|since| now - since >= Duration::days(grace_days.into()));
    if row.state == SubscriptionState::PastDue && graceless && row.lapsed_at.is_none() {
        row.lapsed_at = Some(now);
    }
    row
}
