//! The kinds of text that clients send: each says in the API document exactly what it accepts, and accepts exactly that.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

const ROLE_NAME_PATTERN: &str = "^[a-z][a-z0-9_]{1,62}[a-z0-9]$";
const PERMISSION_PATTERN: &str = "^[a-z][a-z_]{0,30}:[a-z][a-z_]{0,30}$";
const TITLE_PATTERN: &str = "^[^\\u0000-\\u001f\\u007f]*[^\\u0000-\\u0020\\u007f][^\\u0000-\\u001f\\u007f]*$";

fn string(pattern: &str, longest: usize, example: &str, text: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .max_length(Some(longest))
        .examples([example])
        .description(Some(text))
        .build()
        .into()
}

/// The name of a permission, as clients write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PermissionName(pub String);

impl FromStr for PermissionName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = |word: &str| {
            (1..=31).contains(&word.len())
                && word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        match text.split_once(':') {
            Some((noun, verb)) if word(noun) && word(verb) => Ok(Self(text.to_owned())),
            _ => Err("is not the name of a permission, noun:verb"),
        }
    }
}

impl TryFrom<String> for PermissionName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl PartialSchema for PermissionName {
    fn schema() -> RefOr<Schema> {
        string(PERMISSION_PATTERN, 63, "user:read", "The name of a permission, `noun:verb`.")
    }
}

impl ToSchema for PermissionName {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("PermissionName")
    }
}

/// The name of a role, as clients write it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct NewRoleName(pub String);

impl TryFrom<String> for NewRoleName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let sound = (3..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('_')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if sound { Ok(Self(text)) } else { Err("must be 3 to 64 of a to z, 0 to 9 and _, a letter first") }
    }
}

impl PartialSchema for NewRoleName {
    fn schema() -> RefOr<Schema> {
        let text = "What the role is referred to by, unique in the school: 3 to 64 of `a` to `z`, `0` to `9` and `_`, a letter first \
                    and no `_` last.";
        string(ROLE_NAME_PATTERN, 64, "librarian", text)
    }
}

impl ToSchema for NewRoleName {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("NewRoleName")
    }
}

/// What people read in place of a role's name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct RoleTitle(pub String);

impl TryFrom<String> for RoleTitle {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let visible = text.chars().any(|c| c > ' ' && c != '\u{7f}');
        let sound = visible && text.chars().count() <= 100 && !text.chars().any(|c| c < ' ' || c == '\u{7f}');
        if sound { Ok(Self(text)) } else { Err("must be 1 to 100 characters, none of them a control character") }
    }
}

impl PartialSchema for RoleTitle {
    fn schema() -> RefOr<Schema> {
        string(TITLE_PATTERN, 100, "Librarian", "1 to 100 characters, none of them a control character.")
    }
}

impl ToSchema for RoleTitle {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("RoleTitle")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_permissions_are_two_words() {
        for good in ["user:read", "user:manage_roles", "a:b"] {
            assert!(good.parse::<PermissionName>().is_ok(), "{good}");
        }
        for bad in ["", "user", "user:", ":read", "User:read", "user:read:all", "user: read", "_a:b", "user:re\0ad"] {
            assert!(bad.parse::<PermissionName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_roles_are_slugs() {
        for good in ["lab", "head_of_year_7", &"a".repeat(64)] {
            assert!(NewRoleName::try_from((*good).to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "ab", "Lab", "7th", "_lab", "lab_", "a b", &"a".repeat(65)] {
            assert!(NewRoleName::try_from((*bad).to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn titles_can_be_read() {
        assert!(RoleTitle::try_from("Größe ✓".to_owned()).is_ok());
        for bad in ["", "   ", "a\nb", "\u{7f}", &"x".repeat(101)] {
            assert!(RoleTitle::try_from((*bad).to_owned()).is_err(), "{bad}");
        }
    }
}
