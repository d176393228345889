//! Requests and views of registration and activation.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};

use super::text::{EmailAddress, FullName, NewPassword, OneTimeToken, Username, examine, fault, verdict};

/// Longest code of an invite.
const INVITE_CODE_MAX: usize = 200;

/// Longest slug.
const SCHOOL_MAX: usize = 63;

/// Somebody wants an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Where the activation link goes.
    pub email: EmailAddress,
    /// The password to log in with.
    pub password: NewPassword,
    /// A name to log in with beside the address.
    #[serde(default)]
    pub username: Option<Username>,
    /// What people call them.
    #[serde(default)]
    pub full_name: Option<FullName>,
    /// The code of an invite, redeemed once the address is proven.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, example = json!("lyc_inv_AZOq3k1"))]
    pub invite_code: Option<SecretString>,
    /// Slug or id of a school that lets people in by themselves: they belong to it once the address is proven. An invite says its
    /// own school.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 63, example = json!("northfield"))]
    pub school: Option<String>,
}

impl Validate for Register {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        examine(&mut errors, "email", Some(&self.email), EmailAddress::check);
        examine(&mut errors, "password", Some(&self.password), NewPassword::check);
        examine(&mut errors, "username", self.username.as_ref(), Username::check);
        examine(&mut errors, "full_name", self.full_name.as_ref(), FullName::check);
        examine(&mut errors, "invite_code", self.invite_code.as_ref(), |code| {
            let sound = (1..=INVITE_CODE_MAX).contains(&code.expose_secret().chars().count());
            if sound { Ok(()) } else { Err(fault("length", "must have 1 to 200 characters")) }
        });
        examine(&mut errors, "school", self.school.as_ref(), |school| {
            let sound = (1..=SCHOOL_MAX).contains(&school.chars().count());
            if sound { Ok(()) } else { Err(fault("length", "must have 1 to 63 characters")) }
        });
        verdict(errors)
    }
}

/// A link was followed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Activate {
    /// From the link in the mail.
    pub token: OneTimeToken,
}

/// The mail got lost.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendActivation {
    /// The address that was registered.
    #[validate(custom(function = "EmailAddress::check"))]
    pub email: EmailAddress,
}

/// The request was taken. The same whether or not there is such an account: what happens next happens by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"detail": "If the address can be used, a message is on its way to it."}))]
pub struct Acknowledged {
    /// For people.
    pub detail: String,
}

impl Acknowledged {
    /// The one answer.
    pub fn mail_on_its_way() -> Self {
        Self { detail: "If the address can be used, a message is on its way to it.".to_owned() }
    }
}
