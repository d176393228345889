//! Requests of passwords.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::text::{CurrentPassword, EmailAddress, NewPassword, OneTimeToken};

/// The password is forgotten.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotPassword {
    /// Where the link goes, if an account has this address.
    #[validate(custom(function = "EmailAddress::check"))]
    pub email: EmailAddress,
}

/// A new password, by a link from a mail (forgotten password or invitation).
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// From the link in the mail.
    pub token: OneTimeToken,
    /// The password to be.
    pub password: NewPassword,
}

/// A new password in place of one that is known.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password as it is.
    pub current_password: CurrentPassword,
    /// The password to be.
    pub new_password: NewPassword,
}
