//! Assessments: what teachers ask, what students answer, and what it is worth.
//!
//! # What holds
//!
//! - A question says something only in a revision, and a revision never changes: tests pin one or follow the latest, attempts keep
//!   what they saw.
//! - What those see who answer is a type of its own for each type of question; it has no place for the key.
//! - Points are whole millionths everywhere; a share of them is rounded once.
//! - When an attempt ends is said by one pure function, `deadline`. The server's clock decides.
//! - A person has at most one open attempt at a test, and an attempt ends once: whoever saves, hands in, closes or marks holds its row.
//! - An attempt keeps the ids of the revisions that it asks. Those never change and are at hand in memory, so that a start writes one
//!   small row and grading reads no questions.
//! - How questions are marked where that is not by what was seen (a corrected key, void, full credit) stands with the test; whoever
//!   marks an attempt, when it ends or later, marks it so. What a regrade changes is kept and can be put back.
//! - Statistics are kept at hand attempt by attempt, and brought up by what has changed since: nothing is counted twice, nor anew.
//!
//! # Events
//!
//! Out: [`lyceum_kernel::events::assessments`]. In: `AccountErased`.

#![expect(unreachable_pub, reason = "modules are private; what is public in one is what its neighbours may use")]

mod consumers;
mod deadline;
mod dto;
mod error;
mod exchange;
mod grading;
mod model;
mod network;
mod paper;
pub mod perm;
mod points;
mod policy;
pub mod ports;
mod question;
mod repo;
mod router;
mod scores;
mod service;
mod shuffle;
mod statistics;
mod tally;

pub use consumers::{CLOSE_OVERDUE, ERASED, jobs};
pub use error::AssessmentError;
pub use model::entity_tables;
pub use router::routes;
pub use service::planting::{PlantedAnswer, PlantedAttempt};
pub use service::{AssessmentsService, Neighbours};
