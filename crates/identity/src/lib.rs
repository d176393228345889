//! Accounts, credentials, sessions and tokens: who somebody is, and how they prove it.
//!
//! # What holds
//!
//! - An e-mail address (case-folded) and a username belong to one account at most; an account has at least one of the two.
//! - Passwords are stored as Argon2id only, hashed one per core at a time off the async threads, and each path of a login computes
//!   one hash, whether or not there is such an account.
//! - No token is stored: refresh tokens and one-time tokens are derived from their rows and kept as SHA-256; access tokens are
//!   Ed25519 JWTs of 15 minutes. A session that is ended, an account that is closed and a permission that is taken count with
//!   the next request on this node, and within two seconds on all others.
//! - A refresh token is good once. Sent again within the grace period it gets the same pair; later it ends its session.
//! - A password that staff chose opens nothing but one's own account until it is replaced.
//! - Every change and every refusal of a login writes its audit row in the same transaction. Ordinary renewals of tokens are
//!   recorded in the session's row alone.
//!
//! # Events
//!
//! Out: [`AccountRegistered`](lyceum_kernel::events::identity::AccountRegistered),
//! [`AccountActivated`](lyceum_kernel::events::identity::AccountActivated),
//! [`ProfileChanged`](lyceum_kernel::events::identity::ProfileChanged),
//! [`AccountErased`](lyceum_kernel::events::identity::AccountErased). In: none.
//!
//! # For the gateway
//!
//! [`IdentityService::start`] with a [`PermissionSource`](ports::PermissionSource), [`routes`], a [`TokenAuthenticator`] for
//! web, [`jobs`] for the runner, [`mail::TEMPLATES`] for the platform and [`perm::ALL`] for the catalogue.

#![expect(unreachable_pub, reason = "modules are private; what is public in one is what its neighbours may use")]

mod dto;
mod error;
mod letters;
pub mod mail;
mod mail_jobs;
mod model;
mod password;
pub mod perm;
mod policy;
pub mod ports;
mod recovery_codes;
mod repo;
mod router;
mod service;
mod token;
mod totp;

use std::sync::Arc;
use std::time::Duration;

use lyceum_platform::jobs::JobRegistry;

pub mod directory {
    //! The accounts of the deployment as its staff see them: requests and views of [`IdentityService`](crate::IdentityService)'s
    //! `list_users`, `show_user`, `create_user`, `patch_user`, `delete_user`, `restore_user` and `send_user_reset`.

    pub use crate::dto::registration::Acknowledged;
    pub use crate::dto::text::{EmailAddress, FullName, NewPassword, Username};
    pub use crate::dto::users::{CreateUser, Deleted, PatchUser, User, UserFilter, UserSort};
}

pub use error::IdentityError;
pub use model::entity_tables;
pub use router::routes;
pub use service::keys::KEY_LEAD;
pub use service::opening::{AccountSummary, AccountToOpen};
pub use service::provision::NewAccount;
pub use service::{IdentityService, Settings};
pub use token::authenticator::{TokenAuthenticator, account_tag, session_tag};

use service::keys::{ROTATE_KEYS, RotateKeys};
use service::sessions::{SWEEP, Sweep};

/// The jobs of identity, to be merged with those of the other contexts and given to the runner.
pub fn jobs(service: &Arc<IdentityService>) -> JobRegistry {
    mail_jobs::register(JobRegistry::new(), service)
        .handler(RotateKeys(Arc::clone(service)))
        .periodic(ROTATE_KEYS, Duration::from_hours(1))
        .handler(Sweep(Arc::clone(service)))
        .periodic(SWEEP, Duration::from_hours(24))
}
