//! Schools, their members and groups, and how people join them.
//!
//! # What holds
//!
//! - A school is a tenant: every row of it names it, and every query names the school or the platform (`platform::db::ScopedTable`).
//! - A person has one membership in a school at most, with roles of that school; a username, an address and an external id belong
//!   to one member at most.
//! - People come in through one function, [`TenancyService::join`], in one transaction with their account, roles, groups and seat.
//!   Seats are counted where they are taken: `seats_used` never passes `seat_limit`.
//! - Adding an address that the deployment knows looks just like adding an unknown one; its owner accepts by mail.
//! - An invite lets in as many as it says and no more, and only while whoever made it may give its role themselves.
//! - Nobody gives or takes a role above their own or beyond what they hold; a school never loses its last administrator.
//! - Whoever leaves a school has no access to it with the next request on this node, and within two seconds on all others.
//!
//! # Events
//!
//! Out: [`lyceum_kernel::events::tenancy`]. In: `ProfileChanged` (copies of names), `AccountActivated`, `AccountErased`.

#![expect(unreachable_pub, reason = "modules are private; what is public in one is what its neighbours may use")]

mod consumers;
mod dto;
mod error;
mod letters;
mod model;
pub mod perm;
mod policy;
pub mod ports;
mod repo;
mod router;
mod service;

pub use consumers::{ACTIVATED, ERASED, PROFILE_CHANGED, jobs};
pub use dto::{Deleted, Sort};
pub use error::TenancyError;
pub use letters::TEMPLATES;
pub use model::entity_tables;
pub use model::membership::Model as Membership;
pub use router::routes;
pub use service::TenancyService;
pub use service::access::MemberStanding;
pub use service::arrivals::Entry;
pub use service::facts::{Address, MemberName};
pub use service::groups::NewGroup;
pub use service::invites::NewInvite;
pub use service::joining::{Joined, Joining, NewPerson, Newcomer, Outcome, Seat};
pub use service::schools::NewSchool;
pub use service::signup::NewRequest;
