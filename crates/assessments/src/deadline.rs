//! When an attempt ends: one pure function of everything that has a say in it, with its parts.
//!
//! - The limit counts from the start: `time_limit_s`, made longer by per cent and by minutes.
//! - The window ends at `closes_at`, **later by the same extra time**: extra time that a lock date cuts off would be none.
//! - The earlier of the two is the deadline; without either there is none.
//! - Until the end of the grace period behind it answers and submissions are still taken.
//!
//! What is said for a person goes before what is said for their groups, and that before the test's own settings, field by field;
//! of several groups the most generous counts.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The test's own settings of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Nobody starts before.
    pub opens_at: Option<DateTime<Utc>>,
    /// Nobody answers after.
    pub closes_at: Option<DateTime<Utc>>,
    /// How long an attempt takes at most, in seconds.
    pub time_limit_s: Option<u32>,
    /// How long after the deadline answers are still taken, in seconds.
    pub grace_s: u32,
}

/// What is different for a person or a group. What is not said stays as the test has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Another beginning.
    pub opens_at: Option<DateTime<Utc>>,
    /// Another end.
    pub closes_at: Option<DateTime<Utc>>,
    /// Another limit, in seconds.
    pub time_limit_s: Option<u32>,
    /// Minutes more.
    pub added_minutes: Option<u32>,
    /// Per cent of the limit more.
    pub added_percent: Option<u32>,
    /// Another number of attempts; 0 for any.
    pub max_attempts: Option<u32>,
}

impl Allowance {
    /// The more generous of two, field by field: the earlier beginning, the later end, more time, more attempts.
    #[must_use]
    pub fn or_better(self, other: Self) -> Self {
        let most = |a: Option<u32>, b: Option<u32>| a.max(b);
        let attempts = match (self.max_attempts, other.max_attempts) {
            (Some(0), _) | (_, Some(0)) => Some(0),
            (a, b) => a.max(b),
        };
        Self {
            opens_at: match (self.opens_at, other.opens_at) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
            closes_at: self.closes_at.max(other.closes_at),
            time_limit_s: most(self.time_limit_s, other.time_limit_s),
            added_minutes: most(self.added_minutes, other.added_minutes),
            added_percent: most(self.added_percent, other.added_percent),
            max_attempts: attempts,
        }
    }

    /// This one, and where it says nothing the other.
    #[must_use]
    pub fn before(self, other: Self) -> Self {
        Self {
            opens_at: self.opens_at.or(other.opens_at),
            closes_at: self.closes_at.or(other.closes_at),
            time_limit_s: self.time_limit_s.or(other.time_limit_s),
            added_minutes: self.added_minutes.or(other.added_minutes),
            added_percent: self.added_percent.or(other.added_percent),
            max_attempts: self.max_attempts.or(other.max_attempts),
        }
    }

    /// What holds for somebody: their own, and behind it the best of their groups'.
    pub fn of(own: Option<Self>, groups: impl IntoIterator<Item = Self>) -> Self {
        let groups = groups.into_iter().reduce(Self::or_better).unwrap_or_default();
        own.unwrap_or_default().before(groups)
    }
}

/// The deadline of an attempt and what it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deadline {
    /// When the attempt ends; none if nothing ends it.
    pub at: Option<DateTime<Utc>>,
    /// Until when answers are taken: the deadline and the grace period.
    pub accepted_until: Option<DateTime<Utc>>,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// The limit without extra time, in seconds.
    pub time_limit_s: Option<u32>,
    /// Extra time in all, in seconds: per cent of the limit, minutes, and what an invigilator added.
    pub extra_s: u32,
    /// When the limit with the extra time is over.
    pub limit_ends_at: Option<DateTime<Utc>>,
    /// When the test closes, with the extra time.
    pub closes_at: Option<DateTime<Utc>>,
    /// The grace period, in seconds.
    pub grace_s: u32,
}

impl Deadline {
    /// The deadline of an attempt that was started at a moment, with seconds that were added while it ran.
    pub fn of(window: Window, allowance: Allowance, started_at: DateTime<Utc>, added_s: u32) -> Self {
        let limit = allowance.time_limit_s.or(window.time_limit_s);
        let percent = u64::from(limit.unwrap_or(0)) * u64::from(allowance.added_percent.unwrap_or(0)) / 100;
        let extra = percent + u64::from(allowance.added_minutes.unwrap_or(0)) * 60 + u64::from(added_s);
        let extra_s = u32::try_from(extra).unwrap_or(u32::MAX);
        let extra = seconds(extra_s);
        let limit_ends_at = limit.and_then(|limit| later(started_at, seconds(limit) + extra));
        let closes_at = allowance.closes_at.or(window.closes_at).and_then(|end| later(end, extra));
        let at = match (limit_ends_at, closes_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let accepted_until = at.and_then(|at| later(at, seconds(window.grace_s)));
        let (time_limit_s, grace_s) = (limit, window.grace_s);
        Self { at, accepted_until, started_at, time_limit_s, extra_s, limit_ends_at, closes_at, grace_s }
    }

    /// Whether answers are taken at a moment. The last moment counts.
    pub fn takes_answers(&self, now: DateTime<Utc>) -> bool {
        self.accepted_until.is_none_or(|until| now <= until)
    }
}

/// Whether somebody can start at a moment, as far as time is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Not yet.
    NotYet(DateTime<Utc>),
    /// Now.
    Open,
    /// No more. (Who starts at the very end has the extra time left.)
    Over,
}

/// Whether a test is open to somebody at a moment.
pub fn opening(window: Window, allowance: Allowance, now: DateTime<Utc>) -> Opening {
    match (allowance.opens_at.or(window.opens_at), allowance.closes_at.or(window.closes_at)) {
        (Some(opens), _) if now < opens => Opening::NotYet(opens),
        (_, Some(closes)) if now >= closes => Opening::Over,
        _ => Opening::Open,
    }
}

fn seconds(seconds: u32) -> TimeDelta {
    TimeDelta::seconds(i64::from(seconds))
}

/// None where the calendar ends: nobody waits that long.
fn later(moment: DateTime<Utc>, by: TimeDelta) -> Option<DateTime<Utc>> {
    moment.checked_add_signed(by)
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn window() -> impl Strategy<Value = Window> {
        let moment = || option::of((0_i64..100_000).prop_map(at));
        (moment(), moment(), option::of(0_u32..20_000), 0_u32..600).prop_map(|(opens_at, closes_at, limit, grace_s)| {
            Window { opens_at, closes_at, time_limit_s: limit, grace_s }
        })
    }

    fn allowance() -> impl Strategy<Value = Allowance> {
        let moment = || option::of((0_i64..100_000).prop_map(at));
        let some = |most: u32| option::of(0..most);
        (moment(), moment(), some(20_000), some(300), some(200), some(5)).prop_map(
            |(opens_at, closes_at, time_limit_s, added_minutes, added_percent, max_attempts)| Allowance {
                opens_at,
                closes_at,
                time_limit_s,
                added_minutes,
                added_percent,
                max_attempts,
            },
        )
    }

    proptest! {
        #[test]
        fn it_is_the_earlier_of_limit_and_window(w in window(), a in allowance(), start in 0_i64..100_000, more in 0_u32..9_000) {
            let deadline = Deadline::of(w, a, at(start), more);
            let expected = [deadline.limit_ends_at, deadline.closes_at].into_iter().flatten().min();
            prop_assert_eq!(deadline.at, expected);
            prop_assert_eq!(deadline.at.is_none(), deadline.time_limit_s.is_none() && a.closes_at.or(w.closes_at).is_none());
            if let (Some(at), Some(until)) = (deadline.at, deadline.accepted_until) {
                prop_assert_eq!(until - at, TimeDelta::seconds(i64::from(w.grace_s)));
                prop_assert!(deadline.takes_answers(at) && deadline.takes_answers(until));
                prop_assert!(!deadline.takes_answers(until + TimeDelta::microseconds(1)));
            }
        }

        #[test]
        fn added_time_is_never_cut_off(w in window(), a in allowance(), start in 0_i64..100_000, more in 1_u32..9_000) {
            let (before, after) = (Deadline::of(w, a, at(start), 0), Deadline::of(w, a, at(start), more));
            let gained = before.at.zip(after.at).map(|(before, after)| after - before);
            prop_assert!(gained.is_none_or(|gained| gained == TimeDelta::seconds(i64::from(more))));
            prop_assert_eq!(before.at.is_none(), after.at.is_none());
        }

        #[test]
        fn a_better_allowance_never_takes_time_away(w in window(), a in allowance(), b in allowance(), start in 0_i64..100_000) {
            let both = a.or_better(b);
            prop_assert_eq!(both, b.or_better(a));
            let end = |allowance| Deadline::of(w, allowance, at(start), 0).at;
            // Where one of them says nothing, the test's own value would have stood; only what is said is compared.
            if let (Some(x), Some(y), Some(z)) = (end(a), end(b), end(both))
                && a.closes_at.is_some() == b.closes_at.is_some()
                && a.time_limit_s.is_some() == b.time_limit_s.is_some()
            {
                prop_assert!(z >= x.max(y));
            }
        }

        #[test]
        fn ones_own_goes_before_the_groups(own in allowance(), group in allowance()) {
            let all = Allowance::of(Some(own), [group]);
            prop_assert_eq!(all.closes_at, own.closes_at.or(group.closes_at));
            prop_assert_eq!(all.added_minutes, own.added_minutes.or(group.added_minutes));
            prop_assert_eq!(Allowance::of(None, [group]), group);
            prop_assert_eq!(Allowance::of(None, []), Allowance::default());
        }
    }

    #[test]
    fn a_quarter_more_time_goes_beyond_the_lock_date() {
        let window = Window { opens_at: Some(at(0)), closes_at: Some(at(3600)), time_limit_s: Some(3600), grace_s: 0 };
        let allowance = Allowance { added_percent: Some(25), ..Allowance::default() };
        assert_eq!(Deadline::of(window, allowance, at(0), 0).at, Some(at(4500)));
        assert_eq!(opening(window, allowance, at(-1)), Opening::NotYet(at(0)));
        assert_eq!(opening(window, allowance, at(3599)), Opening::Open);
        assert_eq!(opening(window, allowance, at(3600)), Opening::Over);
    }
}
