//! Roles, the permissions that they grant, and where somebody who has them stands.
//!
//! # What holds
//!
//! - Each context declares its permissions; the gateway gathers them into one catalogue. What is not in it cannot be granted.
//! - The eight built-in roles are rows of the platform. A school that changes one gets its own version, which keeps id, name and
//!   rank; it may have up to 200 roles of its own. A name means the school's own row if there is one, else what is built in.
//! - Nobody makes, changes, deletes or restores a role of a rank above their own, nor grants or takes a permission that they
//!   do not hold. Refusals are in the audit log like deeds.
//! - A change counts with the next request on this node and within two seconds on all others: what a combination of roles comes to
//!   is cached under the stamps of the school's roles and of the built-in ones, and so is every authenticated caller.
//! - A super admin holds every permission there is and ever will be.
//!
//! # For the gateway
//!
//! [`RbacService::new`] with the catalogue and a [`RoleUse`](ports::RoleUse), [`routes`], [`perm::ALL`] for the catalogue.
//! [`RbacService::standing_of`] answers what identity asks, [`RbacService::rank_of`], [`RbacService::permissions_of`] and
//! [`RbacService::assignable`] what those ask who give roles to people.

#![expect(unreachable_pub, reason = "modules are private; what is public in one is what its neighbours may use")]

mod dto;
mod error;
mod model;
pub mod perm;
mod policy;
pub mod ports;
mod repo;
mod router;
mod service;

pub use error::RbacError;
pub use model::{RoleId, entity_tables};
pub use policy::Refusal;
pub use router::routes;
pub use service::{AssignableRole, OWN_ROLES_MAX, ROLES_TAG, RbacService};
