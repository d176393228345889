//! Requests of passwords.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};

use super::text::{CurrentPassword, EmailAddress, NewPassword, OneTimeToken, examine, verdict};

/// The password is forgotten.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotPassword {
    /// Where the link goes, if an account has this address.
    #[validate(custom(function = "EmailAddress::check"))]
    pub email: EmailAddress,
}

/// A new password, by a link from a mail (forgotten password or invitation).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// From the link in the mail.
    pub token: OneTimeToken,
    /// The password to be.
    pub password: NewPassword,
}

impl Validate for ResetPassword {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        examine(&mut errors, "password", Some(&self.password), NewPassword::check);
        verdict(errors)
    }
}

/// A new password in place of one that is known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password as it is.
    pub current_password: CurrentPassword,
    /// The password to be.
    pub new_password: NewPassword,
}

impl Validate for ChangePassword {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        examine(&mut errors, "new_password", Some(&self.new_password), NewPassword::check);
        verdict(errors)
    }
}
