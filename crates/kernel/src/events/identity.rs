//! What identity tells the others.

use serde::{Deserialize, Serialize};

use super::event;
use crate::UserId;

/// Somebody made an account. It may not be activated yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRegistered {
    /// The account.
    pub user_id: UserId,
}
event!(AccountRegistered, "identity.account_registered.v1");

/// The owner proved the e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountActivated {
    /// The account.
    pub user_id: UserId,
}
event!(AccountActivated, "identity.account_activated.v1");

/// A name, username or e-mail address changed; whoever keeps a copy updates it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileChanged {
    /// The account.
    pub user_id: UserId,
    /// The username now.
    pub username: Option<String>,
    /// The address now.
    pub email: Option<String>,
    /// The full name now.
    pub full_name: Option<String>,
}
event!(ProfileChanged, "identity.profile_changed.v1");

/// A person asked to be forgotten. Every context erases what it holds of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountErased {
    /// The account, now anonymous.
    pub user_id: UserId,
}
event!(AccountErased, "identity.account_erased.v1");
