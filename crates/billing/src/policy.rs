//! Rules as pure functions: who comes in, and which state follows which.

use chrono::{DateTime, Utc};

use crate::model::invoice::InvoiceState;
use crate::model::payment::PaymentState;

/// Roles that have nothing to do with billing, whatever they were granted.
const TEACHING_ROLES: [&str; 3] = ["student", "teacher", "instructor"];

/// The platform's role that says nothing.
const MEMBER: &str = "member";

/// Whether somebody with these roles (those in the active school, and the one on the deployment) has a role that billing is open
/// to: any beside pupil, teacher and instructor.
pub fn may_enter<'a>(roles: impl IntoIterator<Item = &'a str>) -> bool {
    roles.into_iter().any(|role| role != MEMBER && !TEACHING_ROLES.contains(&role))
}

/// Whether an invoice may go from one state to another.
pub const fn may_become(from: InvoiceState, to: InvoiceState) -> bool {
    use InvoiceState::{Draft, Open, Paid, Uncollectible, Void};
    matches!((from, to), (Draft, Open) | (Open, Paid | Void | Uncollectible) | (Uncollectible, Paid | Void))
}

/// A place in a payment's life: a state, and when the provider says it was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: PaymentState,
    /// The time of the event that told it; none before the first.
    pub at: Option<DateTime<Utc>>,
}

/// Whether news of a payment replaces what is known. Providers deliver events twice and in any order: a success is final, later
/// news beats earlier, and of two with one time (providers count whole seconds) the one further on in a payment's life.
pub fn supersedes(news: Standing, known: Standing) -> bool {
    const fn rank(state: PaymentState) -> u8 {
        match state {
            PaymentState::Pending => 0,
            PaymentState::RequiresAction => 1,
            PaymentState::Processing => 2,
            PaymentState::Failed => 3,
            PaymentState::Cancelled => 4,
            PaymentState::Succeeded => 5,
        }
    }
    if known.state == PaymentState::Succeeded {
        return false;
    }
    news.state == PaymentState::Succeeded || (news.at, rank(news.state)) > (known.at, rank(known.state))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sea_orm::Iterable;

    use super::*;

    #[test]
    fn pupils_and_teachers_stay_out_and_so_does_nobody() {
        for roles in [&[][..], &["member"], &["student", "member"], &["teacher", "instructor", "student", "member"]] {
            assert!(!may_enter(roles.iter().copied()), "{roles:?}");
        }
        for roles in [&["teacher", "school_admin", "member"][..], &["bursar", "member"], &["super_admin"]] {
            assert!(may_enter(roles.iter().copied()), "{roles:?}");
        }
    }

    #[test]
    fn paid_and_void_are_final_and_only_drafts_are_issued() {
        for to in InvoiceState::iter() {
            assert!(!may_become(InvoiceState::Paid, to) && !may_become(InvoiceState::Void, to));
            assert!(!may_become(to, InvoiceState::Draft));
            assert_eq!(may_become(to, InvoiceState::Open), to == InvoiceState::Draft);
        }
    }

    fn news() -> impl Strategy<Value = Standing> {
        let state = prop::sample::select(PaymentState::iter().collect::<Vec<_>>());
        (state, 0_i64..4).prop_map(|(state, at)| Standing { state, at: DateTime::from_timestamp(at, 0) })
    }

    fn after(events: &[Standing]) -> PaymentState {
        let start = Standing { state: PaymentState::Pending, at: None };
        events.iter().fold(start, |known, news| if supersedes(*news, known) { *news } else { known }).state
    }

    proptest! {
        #[test]
        fn the_order_and_number_of_deliveries_do_not_matter(
            events in prop::collection::vec(news(), 0..6), seed in any::<prop::sample::Index>(),
        ) {
            let mut shuffled = events.clone();
            if !shuffled.is_empty() {
                let place = seed.index(shuffled.len());
                shuffled.rotate_left(place);
                shuffled.reverse();
                let again = shuffled[place];
                shuffled.push(again);
            }
            prop_assert_eq!(after(&events), after(&shuffled));
        }
    }
}
