//! Plans, subscriptions with seats, invoices, payments and the providers that collect them.
//!
//! # What holds
//!
//! - Money is whole minor units and an ISO 4217 code. Tax is rounded line by line, half up; totals are sums of lines.
//! - A school has at most one subscription: `trial → active ⇄ past_due → cancelled`. What it allows (seats, and whether the school may
//!   write) is told to whoever enforces it, after the change is committed, until they know; nothing here counts seats.
//! - An invoice gets its number in the transaction that issues it: a school's numbers run from 1 without gaps. `draft → open → paid`,
//!   `open → void`, `open → uncollectible → paid` or `void`. An issued invoice changes in nothing but its state.
//! - The provider is called by jobs only, never within a transaction, with a key that stays the same over all tries. Its events
//!   take effect once each, in any order: a success is final.
//! - The school is told by mail of invoices and of payments that fail: at the address that it gave for its invoices, else those who
//!   run it.
//! - Whoever is only a pupil, teacher or instructor gets 403 on every path, whatever was granted to them.
//! - Every change writes its audit row in the same transaction.
//!
//! # Events
//!
//! Out: [`InvoicePaid`](lyceum_kernel::events::billing::InvoicePaid),
//! [`SubscriptionChanged`](lyceum_kernel::events::billing::SubscriptionChanged). In: none.
//!
//! # For the gateway
//!
//! [`BillingService::new`] with a [provider](provider::configured) and [`Schools`](ports::Schools), [`routes`], [`jobs`] for the
//! runner, [`TEMPLATES`] for the mailer, [`perm::ALL`] for the catalogue, [`entity_tables`] for the test of the schema.

#![expect(unreachable_pub, reason = "modules are private; what is public in one is what its neighbours may use")]

mod dto;
mod error;
mod gate;
mod letters;
mod model;
mod money;
mod pdf;
pub mod perm;
mod policy;
pub mod ports;
pub mod provider;
mod repo;
mod router;
mod service;
mod settings;

pub use error::BillingError;
pub use letters::TEMPLATES;
pub use model::entity_tables;
pub use router::routes;
pub use service::{BillingService, Sale, jobs};
