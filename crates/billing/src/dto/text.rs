//! The kinds of text that clients send.

use lyceum_web::text;
use lyceum_web::text::{EMAIL_MAX, EMAIL_PATTERN, LINE_PATTERN, is_email, is_line};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

use crate::money;

fn string(example: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).examples([example])
}

/// The C0 controls and DEL, as the patterns have it.
const fn is_control(c: char) -> bool {
    c.is_ascii_control()
}

text!(
    /// One line of text.
    Line,
    string("Northfield School")
        .min_length(Some(1))
        .max_length(Some(200))
        .pattern(Some(LINE_PATTERN))
        .description(Some("1 to 200 characters without control characters, not only spaces.")),
    |text| is_line(text, 200),
    "must be 1 to 200 characters without control characters, not only spaces"
);

text!(
    /// Text of several lines.
    Paragraph,
    string("1 School Lane\nNorthfield")
        .max_length(Some(1_000))
        .pattern(Some("^[^\\u0000-\\u0009\\u000b-\\u001f\\u007f]*$"))
        .description(Some("At most 1,000 characters; lines are separated by line feeds.")),
    |text| text.chars().count() <= 1_000 && !text.chars().any(|c| is_control(c) && c != '\n'),
    "must be at most 1000 characters without control characters but line feeds"
);

text!(
    /// A plan's short name.
    PlanCode,
    string("standard")
        .min_length(Some(2))
        .max_length(Some(64))
        .pattern(Some("^[a-z0-9-]{2,64}$"))
        .description(Some("2 to 64 of a to z, 0 to 9 and hyphen; unique.")),
    |text| {
        let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (2..=64).contains(&text.len()) && text.bytes().all(sound)
    },
    "must be 2 to 64 of a to z, 0 to 9 and hyphen"
);

text!(
    /// ISO 4217.
    Currency,
    string("EUR")
        .enum_values(Some(money::CURRENCIES))
        .description(Some("The ISO 4217 code of a currency. Amounts are whole numbers of its minor unit.")),
    money::is_currency,
    "is no ISO 4217 code of a currency in circulation"
);

text!(
    /// ISO 3166-1 alpha-2.
    Country,
    string("DE")
        .min_length(Some(2))
        .max_length(Some(2))
        .pattern(Some("^[A-Z]{2}$"))
        .description(Some("An ISO 3166-1 alpha-2 code.")),
    |text| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()),
    "must be two capital letters"
);

text!(
    /// An e-mail address.
    Email,
    string("bursar@northfield.example")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .min_length(Some(3))
        .max_length(Some(EMAIL_MAX))
        .pattern(Some(EMAIL_PATTERN)),
    is_email,
    "is not an e-mail address"
);
