//! The kinds of text that clients send: each says in the API document exactly what it accepts, and accepts exactly that.

use std::borrow::Cow;

use lyceum_web::text::{EMAIL_MAX, EMAIL_PATTERN, LINE_PATTERN, is_email};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use validator::{ValidationError, ValidationErrors};

use crate::dto::auth::GivenPassword;
use crate::password::policy::{MAX_CHARS, MIN_CHARS, NEW_PASSWORD_PATTERN, shape};

const USERNAME_PATTERN: &str = "^[A-Za-z0-9._-]{3,64}$";

const LOCALE_PATTERN: &str = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$";

const TOTP_PATTERN: &str = "^[0-9]{6}$";

/// Declares a newtype over text with its schema.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $schema:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text as sent.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

fn string(example: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).examples([example])
}

/// Adds what a rule says of a value, if there is a value. For requests that validate by hand.
pub(super) fn examine<T>(
    errors: &mut ValidationErrors,
    field: &'static str,
    value: Option<&T>,
    rule: impl Fn(&T) -> Result<(), ValidationError>,
) {
    if let Some(Err(error)) = value.map(rule) {
        errors.add(field, error);
    }
}

/// What a validation by hand ends with.
pub(super) fn verdict(errors: ValidationErrors) -> Result<(), ValidationErrors> {
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

pub(super) fn fault(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(Cow::Borrowed(message))
}

text!(
    /// An e-mail address. Case does not matter when it is looked up.
    EmailAddress,
    string("ada@example.org")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .min_length(Some(3))
        .max_length(Some(EMAIL_MAX))
        .pattern(Some(EMAIL_PATTERN))
        .description(Some("An e-mail address of at most 254 characters. Case does not matter when it is looked up."))
        .build()
);

impl EmailAddress {
    /// Whether it is an address that mail can be sent to.
    pub fn check(&self) -> Result<(), ValidationError> {
        if is_email(&self.0) { Ok(()) } else { Err(fault("email", "is not an e-mail address")) }
    }
}

text!(
    /// A username.
    Username,
    string("ada.lovelace")
        .min_length(Some(3))
        .max_length(Some(64))
        .pattern(Some(USERNAME_PATTERN))
        .description(Some("Letters a to z, digits, dot, underscore and hyphen; 3 to 64 of them. Unique whatever its case."))
        .build()
);

impl Username {
    /// Whether it consists of 3 to 64 letters, digits, dots, underscores and hyphens.
    pub fn check(&self) -> Result<(), ValidationError> {
        let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (3..=64).contains(&self.0.len()) && self.0.bytes().all(sound) {
            Ok(())
        } else {
            Err(fault("username", "must be 3 to 64 letters, digits, dots, underscores or hyphens"))
        }
    }
}

text!(
    /// What people call somebody.
    FullName,
    string("Ada Lovelace")
        .min_length(Some(1))
        .max_length(Some(200))
        .pattern(Some(LINE_PATTERN))
        .description(Some("1 to 200 characters, not only spaces, no control characters."))
        .build()
);

impl FullName {
    /// Whether it is 1 to 200 characters, not only spaces, with no control characters.
    pub fn check(&self) -> Result<(), ValidationError> {
        let control = |c: char| c <= '\u{1f}' || c == '\u{7f}';
        let length = self.0.chars().count();
        if (1..=200).contains(&length) && !self.0.contains(control) && self.0.contains(|c| c != ' ') {
            Ok(())
        } else {
            Err(fault("full_name", "must be 1 to 200 characters, not only spaces, with no control characters"))
        }
    }
}

text!(
    /// A language (BCP 47).
    Locale,
    string("en-GB")
        .min_length(Some(2))
        .max_length(Some(30))
        .pattern(Some(LOCALE_PATTERN))
        .description(Some("A language tag (BCP 47)."))
        .build()
);

impl Locale {
    /// Whether it has the shape of a language tag: a language of two or three letters and up to three subtags.
    pub fn check(&self) -> Result<(), ValidationError> {
        let mut parts = self.0.split('-');
        let language = parts.next().unwrap_or_default();
        let subtags: Vec<_> = parts.collect();
        let alphanumeric =
            |part: &&str| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let sound = (2..=3).contains(&language.len())
            && language.bytes().all(|b| b.is_ascii_alphabetic())
            && subtags.len() <= 3
            && subtags.iter().all(alphanumeric);
        if sound { Ok(()) } else { Err(fault("locale", "is not a language tag (BCP 47)")) }
    }
}

text!(
    /// A time zone of the IANA database.
    TimeZone,
    string("Europe/London")
        .enum_values(Some(chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())))
        .description(Some("A time zone of the IANA database."))
        .build()
);

impl TimeZone {
    /// Whether the IANA database has it.
    pub fn check(&self) -> Result<(), ValidationError> {
        match self.0.parse::<chrono_tz::Tz>() {
            Ok(zone) if zone.name() == self.0 => Ok(()),
            _ => Err(fault("time_zone", "is not a time zone of the IANA database")),
        }
    }
}

text!(
    /// Six digits from an authenticator app.
    TotpCode,
    string("287082")
        .min_length(Some(6))
        .max_length(Some(6))
        .pattern(Some(TOTP_PATTERN))
        .description(Some("Six digits from an authenticator app (RFC 6238)."))
        .build()
);

impl TotpCode {
    /// Whether it is six digits.
    pub fn check(&self) -> Result<(), ValidationError> {
        if self.0.len() == 6 && self.0.bytes().all(|b| b.is_ascii_digit()) {
            Ok(())
        } else {
            Err(fault("totp", "must be six digits"))
        }
    }
}

/// A one-time token from a link in a mail. Never printed.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct OneTimeToken(SecretString);

impl OneTimeToken {
    /// The text, to be looked up.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for OneTimeToken {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl PartialSchema for OneTimeToken {
    fn schema() -> RefOr<Schema> {
        string("act_AZOq3k1…")
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .description(Some("The token from the link in the mail."))
            .build()
            .into()
    }
}

impl ToSchema for OneTimeToken {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("OneTimeToken")
    }
}

/// The password that somebody has, as proof of who they are: 1 to 256 characters. Never printed.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "GivenPassword")]
pub struct CurrentPassword(pub SecretString);

impl From<GivenPassword> for CurrentPassword {
    fn from(given: GivenPassword) -> Self {
        Self(given.into_secret())
    }
}

impl PartialSchema for CurrentPassword {
    fn schema() -> RefOr<Schema> {
        string("correct horse battery staple")
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .min_length(Some(1))
            .max_length(Some(MAX_CHARS))
            .description(Some("The password of the account, as proof of who asks."))
            .build()
            .into()
    }
}

impl ToSchema for CurrentPassword {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("CurrentPassword")
    }
}

/// A password that somebody chooses. Whether it is an easy one is found out in the service. Never printed.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct NewPassword(pub SecretString);

impl NewPassword {
    /// Whether it is 8 to 256 characters, not one repeated. For requests that validate by hand: what the validator derives
    /// would keep the password with the fault.
    pub fn check(&self) -> Result<(), ValidationError> {
        shape(self.0.expose_secret()).map_err(|(code, message)| fault(code, message))
    }
}

impl PartialSchema for NewPassword {
    fn schema() -> RefOr<Schema> {
        string("correct horse battery staple")
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .min_length(Some(MIN_CHARS))
            .max_length(Some(MAX_CHARS))
            .pattern(Some(NEW_PASSWORD_PATTERN))
            .description(Some(
                "8 to 256 characters of any kind, not one repeated, none of them cut off. Passwords that are known to be common, or made of the \
                 account's own names, are refused.",
            ))
            .build()
            .into()
    }
}

impl ToSchema for NewPassword {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("NewPassword")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["ada@example.org", "a.b+c@x", "o'neil@school.example", "A@B.C"] {
            assert!(EmailAddress(good.to_owned()).check().is_ok(), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            ".a@x.org",
            "a..b@x.org",
            "a.@x.org",
            "a b@x.org",
            "é@x.org",
            "a@-x",
            &long,
        ] {
            assert!(EmailAddress(bad.to_owned()).check().is_err(), "{bad}");
        }
    }

    #[test]
    fn usernames_names_and_languages() {
        assert!(Username("ada.lovelace-1_".to_owned()).check().is_ok());
        for bad in ["ab", "a b c", "ada@home", "ädä", &"a".repeat(65)] {
            assert!(Username(bad.to_owned()).check().is_err(), "{bad}");
        }
        assert!(FullName("Ada".to_owned()).check().is_ok());
        assert!(FullName("é".repeat(200)).check().is_ok());
        for bad in ["", "   ", "a\nb", &"é".repeat(201)] {
            assert!(FullName(bad.to_owned()).check().is_err(), "{bad:?}");
        }
        for good in ["en", "en-GB", "zh-Hant-TW", "gsw"] {
            assert!(Locale(good.to_owned()).check().is_ok(), "{good}");
        }
        for bad in ["", "e", "english", "en_GB", "en-", "en-GB-x"] {
            assert!(Locale(bad.to_owned()).check().is_err(), "{bad}");
        }
    }

    #[test]
    fn zones() {
        assert!(TimeZone("Europe/London".to_owned()).check().is_ok());
        assert!(TimeZone("UTC".to_owned()).check().is_ok());
        assert!(TimeZone("Mars/Olympus".to_owned()).check().is_err());
        assert!(TimeZone("europe/london".to_owned()).check().is_err());
    }
}
