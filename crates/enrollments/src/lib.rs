//! Enrolments: who takes part in which course, as what, and until when.
//!
//! # What holds
//!
//! - Somebody has at most one enrolment in a course that is not deleted. What may become of it is a pure function
//!   (`policy::may_become`).
//! - A course has one row of settings and counters. Whoever takes or frees a place, or draws a number for the waiting line, holds it:
//!   so a course never has more students than places, and the line has an order. A newcomer passes nobody who waits.
//! - A place that falls free is an event; whoever is next gets it when that is heard.
//! - Enrolments in a deleted course are not there, and are just as they were when it comes back.
//! - A block is completed once by each enrolment; what is taken back is kept, and is there again when the block is completed again. An
//!   enrolment knows how many of its course's blocks are completed: whoever completes shares the course's plan, whoever brings the plan
//!   up to date holds it and counts again what it changes.
//! - A block that asks for its test to be passed, or handed in, is completed and not completed by that alone: events say when to look,
//!   what is asked of the tests then decides. So it happens once, whatever is told how often and in which order.
//! - A course is completed with the last of its blocks, and others are told of it once. It stays completed when blocks are added; it is
//!   open again when its learner takes one back.
//! - Roll-ups follow enrolments by themselves: what an enrolment contributes follows from its row, what was counted of it stands beside.
//! - What comes in bulk is judged row by row before anything is applied, and applied in small batches; the same once more changes nothing.
//! - Who leaves the school is withdrawn from its courses; who comes back gets back what they had, as far as there is room.
//!
//! # Events
//!
//! Out: [`lyceum_kernel::events::enrollments`]. In: `PlaceFreed`, `MemberAccepted`, `MemberLeft`, `MemberReturned`, `InviteRedeemed`,
//! `CourseDeleted`, `CoursePublished`, `CourseRestored`, `AccountErased`; and for progress `BlockCreated`, `BlocksDeleted`,
//! `BlocksRestored`, `CourseRearranged`, `GroupMemberAdded`, `GroupMemberRemoved`, `AttemptGraded`, `AttemptAwaitsMarking`.

#![expect(unreachable_pub, reason = "modules are private; what is public in one is what its neighbours may use")]

mod consumers;
mod counting;
mod dto;
mod error;
mod letters;
mod model;
pub mod perm;
mod policy;
pub mod ports;
mod progress;
mod repo;
mod router;
mod service;

pub use consumers::{
    COURSE_CHANGED, ERASED, INVITE_REDEEMED, MEMBER_ACCEPTED, MEMBER_MOVED, PLACE_FREED, TEST_TAKEN, jobs,
};
pub use counting::{GROUP_CHANGED, PLAN_CHANGED};
pub use error::EnrollmentError;
pub use letters::TEMPLATES;
pub use model::enrollment::{Role, Status};
pub use model::entity_tables;
pub use router::routes;
pub use service::planting::NewEnrollment;
pub use service::recording::NewCompletion;
pub use service::{EnrollmentsService, Neighbours};
