//! Work that happens after the answer: the outbox, its workers and periodic duties.
//!
//! One table, `jobs`. A row is written in the transaction of its cause ([`outbox::insert_many`]), so the work exists exactly
//! when its cause does. A [`JobRunner`] claims what is due by a lease that a heartbeat extends; each claim raises
//! `attempt`, and every later write about the job names the attempt it belongs to, so a worker that lost its lease changes
//! nothing. What fails is tried again after a growing pause and in the end *parked*: it stays in the table with its last
//! error until an operator calls [`outbox::retry_parked`]. A process killed at any point costs at most one lease.
//!
//! Delivery is therefore *at least once*: a handler is idempotent by job or event id, or writes through
//! [`JobRun::unit_of_work`], whose commit finishes the job in the same transaction.

mod claim;
mod error;
mod gauges;
mod housekeeping;
pub mod job;
mod new_job;
pub mod outbox;
mod pace;
mod periodic;
mod registry;
mod retry;
mod run;
mod runner;
#[cfg(test)]
pub(crate) mod tests;
mod worker;

pub use error::JobError;
pub use job::{JobState, Model as Job};
pub use new_job::NewJob;
pub use pace::Pace;
pub use registry::{JobHandler, JobRegistry};
pub use retry::RetryPolicy;
pub use run::{JobFence, JobRun};
pub use runner::{JobRunner, Ran, RanOutcome, RunnerHandle};
