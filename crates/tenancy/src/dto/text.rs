//! The kinds of text that clients send: each says in the API document exactly what it accepts, and accepts exactly that.

use std::borrow::Cow;

use lyceum_web::text;
use lyceum_web::text::{EMAIL_PATTERN, LINE_PATTERN, is_email, is_line, string};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

const USERNAME_PATTERN: &str = "^[A-Za-z0-9._-]{3,64}$";
const LOCALE_PATTERN: &str = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$";
const SLUG_PATTERN: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
const ROLE_PATTERN: &str = "^[a-z][a-z0-9_]{1,62}[a-z0-9]$";
const COLOUR_PATTERN: &str = "^#[0-9A-Fa-f]{6}$";
const PASSWORD_PATTERN: &str = r"^(?!([\s\S])\1*$)[^\u0000]{8,256}$";

fn is_username(text: &str) -> bool {
    (3..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn is_slug(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_role(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (3..=64).contains(&text.len())
        && text.bytes().all(inner)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('_')
}

fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let subtags: Vec<_> = parts.collect();
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.len() <= 3
        && subtags.iter().all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_time_zone(text: &str) -> bool {
    text.parse::<chrono_tz::Tz>().is_ok_and(|zone| zone.name() == text)
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

text!(
    /// An e-mail address. Case does not matter when it is looked up.
    EmailAddress,
    string("ada@example.org", (3, 254), EMAIL_PATTERN, "An e-mail address of at most 254 characters. Case does not matter when it is looked up.")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email))),
    is_email,
    "must be an e-mail address"
);

text!(
    /// A username.
    Username,
    string(
        "ada.lovelace",
        (3, 64),
        USERNAME_PATTERN,
        "Letters a to z, digits, dot, underscore and hyphen; 3 to 64 of them. Unique whatever its case."
    ),
    is_username,
    "must be 3 to 64 letters, digits, dots, underscores or hyphens"
);

text!(
    /// What people call somebody.
    FullName,
    string("Ada Lovelace", (1, 200), LINE_PATTERN, "1 to 200 characters, not only spaces, no control characters."),
    |text| is_line(text, 200),
    "must be 1 to 200 characters, not only spaces, with no control characters"
);

text!(
    /// What a school or a group is called.
    Name,
    string("Northfield School", (1, 200), LINE_PATTERN, "1 to 200 characters, not only spaces, no control characters."),
    |text| is_line(text, 200),
    "must be 1 to 200 characters, not only spaces, with no control characters"
);

text!(
    /// A school's name in addresses.
    Slug,
    string("northfield", (1, 63), SLUG_PATTERN, "Small letters, digits and inner hyphens. Unique on the deployment."),
    is_slug,
    "must be 1 to 63 small letters, digits and inner hyphens"
);

text!(
    /// The name of a role.
    RoleName,
    string("teacher", (3, 64), ROLE_PATTERN, "The name of a role, as `/v1/roles` lists it."),
    is_role,
    "must be the name of a role"
);

text!(
    /// A year, grade or level, in a school's own words.
    Level,
    string("Year 9", (1, 64), LINE_PATTERN, "Year, grade or level, in the school's own words."),
    |text| is_line(text, 64),
    "must be 1 to 64 characters, not only spaces, with no control characters"
);

text!(
    /// An id in a school's own records.
    ExternalId,
    string("S-2026-0017", (1, 128), LINE_PATTERN, "The id in the school's own records; unique in the school."),
    |text| is_line(text, 128),
    "must be 1 to 128 characters, not only spaces, with no control characters"
);

text!(
    /// A language (BCP 47).
    Locale,
    string("en-GB", (2, 30), LOCALE_PATTERN, "A language tag (BCP 47)."),
    is_locale,
    "must be a language tag (BCP 47)"
);

text!(
    /// A time zone of the IANA database.
    TimeZone,
    ObjectBuilder::new()
        .schema_type(Type::String)
        .examples(["Europe/London"])
        .enum_values(Some(chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())))
        .description(Some("A time zone of the IANA database.")),
    is_time_zone,
    "must be a time zone of the IANA database"
);

text!(
    /// A colour.
    Colour,
    string("#1f6feb", (7, 7), COLOUR_PATTERN, "Red, green and blue in hexadecimal."),
    is_colour,
    "must be a colour such as #1f6feb"
);

/// A first password that staff choose: 8 to 256 characters that are not all the same. Never printed.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "SecretString")]
pub struct FirstPassword(pub SecretString);

impl TryFrom<SecretString> for FirstPassword {
    type Error = &'static str;

    fn try_from(password: SecretString) -> Result<Self, Self::Error> {
        let text = password.expose_secret();
        // Bytes first: counting the characters of a megabyte would be work.
        let sound = text.len() <= 1024 && (8..=256).contains(&text.chars().count());
        let first = text.chars().next();
        let varied = text.chars().any(|c| Some(c) != first);
        if sound && varied {
            Ok(Self(password))
        } else {
            Err("must have 8 to 256 characters that are not all the same")
        }
    }
}

impl PartialSchema for FirstPassword {
    fn schema() -> RefOr<Schema> {
        string(
            "correct horse battery staple",
            (8, 256),
            PASSWORD_PATTERN,
            "8 to 256 characters of any kind. Passwords that are known to be common, or made of the person's own names, are refused.",
        )
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .build()
        .into()
    }
}

impl ToSchema for FirstPassword {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("FirstPassword")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_and_roles() {
        for good in ["a", "northfield", "north-field-2"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-a", "a-", "North", "a_b", &"a".repeat(64)] {
            assert!(!is_slug(bad), "{bad}");
        }
        assert!(is_role("school_admin") && is_role("year9"));
        for bad in ["", "ab", "Teacher", "9th", "a_", "a-b"] {
            assert!(!is_role(bad), "{bad}");
        }
    }

    #[test]
    fn names_zones_and_colours() {
        assert!(is_line("é", 1) && !is_line("", 9) && !is_line("   ", 9) && !is_line("a\nb", 9) && !is_line("ab", 1));
        assert!(is_time_zone("Europe/London") && !is_time_zone("europe/london"));
        assert!(is_locale("zh-Hant-TW") && !is_locale("en_GB"));
        assert!(is_colour("#1f6FEB") && !is_colour("1f6feb") && !is_colour("#1f6fe"));
        assert!(is_email("ada@example.org") && !is_email("a..b@x.org") && !is_email("ada"));
        assert!(is_username("ada.l") && !is_username("ada@l"));
    }
}
