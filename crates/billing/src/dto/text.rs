//! The kinds of text that clients send.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use validator::ValidateEmail;

use crate::money;

/// Declares a newtype over text that reads itself only from what its schema accepts.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $check:expr, $wrong:literal, $schema:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err($wrong) }
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

fn is_line(text: &str) -> bool {
    let chars = text.chars().count();
    (1..=200).contains(&chars) && !text.chars().any(is_control) && text.chars().any(|c| c != ' ')
}

/// The C0 controls and DEL, as the patterns have it.
const fn is_control(c: char) -> bool {
    c.is_ascii_control()
}

text!(
    /// One line of text.
    Line,
    is_line,
    "must be 1 to 200 characters without control characters, not only spaces",
    string("Northfield School")
        .min_length(Some(1))
        .max_length(Some(200))
        .pattern(Some("^[^\\u0000-\\u001f\\u007f]*[^\\u0000-\\u0020\\u007f][^\\u0000-\\u001f\\u007f]*$"))
        .description(Some("1 to 200 characters without control characters, not only spaces."))
        .build()
);

text!(
    /// Text of several lines.
    Paragraph,
    |text| text.chars().count() <= 1_000 && !text.chars().any(|c| is_control(c) && c != '\n'),
    "must be at most 1000 characters without control characters but line feeds",
    string("1 School Lane\nNorthfield")
        .max_length(Some(1_000))
        .pattern(Some("^[^\\u0000-\\u0009\\u000b-\\u001f\\u007f]*$"))
        .description(Some("At most 1,000 characters; lines are separated by line feeds."))
        .build()
);

text!(
    /// A plan's short name.
    PlanCode,
    |text| {
        let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (2..=64).contains(&text.len()) && text.bytes().all(sound)
    },
    "must be 2 to 64 of a to z, 0 to 9 and hyphen",
    string("standard")
        .min_length(Some(2))
        .max_length(Some(64))
        .pattern(Some("^[a-z0-9-]{2,64}$"))
        .description(Some("2 to 64 of a to z, 0 to 9 and hyphen; unique."))
        .build()
);

text!(
    /// ISO 4217.
    Currency,
    money::is_currency,
    "is no ISO 4217 code of a currency in circulation",
    string("EUR")
        .enum_values(Some(money::CURRENCIES))
        .description(Some("The ISO 4217 code of a currency. Amounts are whole numbers of its minor unit."))
        .build()
);

text!(
    /// ISO 3166-1 alpha-2.
    Country,
    |text| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()),
    "must be two capital letters",
    string("DE")
        .min_length(Some(2))
        .max_length(Some(2))
        .pattern(Some("^[A-Z]{2}$"))
        .description(Some("An ISO 3166-1 alpha-2 code."))
        .build()
);

/// The same addresses as accounts have.
const EMAIL_PATTERN: &str = "^(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$";

text!(
    /// An e-mail address.
    Email,
    |text| {
        let atoms = text.split_once('@').is_some_and(|(local, _)| !local.split('.').any(str::is_empty));
        text.len() <= 254 && text.is_ascii() && atoms && text.validate_email()
    },
    "is not an e-mail address",
    string("bursar@northfield.example")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .min_length(Some(3))
        .max_length(Some(254))
        .pattern(Some(EMAIL_PATTERN))
        .build()
);
