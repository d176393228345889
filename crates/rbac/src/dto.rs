//! Requests and views of roles and permissions.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use lyceum_kernel::{Permission, Rank};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use validator::{Validate, ValidationError, ValidationErrors};

use crate::model::RoleId;
use crate::model::definition::{Definition, Origin};

const ROLE_NAME_PATTERN: &str = "^[a-z][a-z0-9_]{1,62}[a-z0-9]$";
const PERMISSION_PATTERN: &str = "^[a-z][a-z_]{0,30}:[a-z][a-z_]{0,30}$";
const TITLE_PATTERN: &str = "^[^\\u0000-\\u001f\\u007f]*[^\\u0000-\\u0020\\u007f][^\\u0000-\\u001f\\u007f]*$";

/// A role as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01a1fb80-5c00-7c3e-8000-5d1f1f6f2a01", "name": "librarian", "title": "Librarian", "description": "Looks after the library.",
    "rank": 15, "scope": "school", "origin": "custom", "permissions": ["group:read", "school:read", "user:read"], "version": 2,
    "created_at": "2026-11-21T08:00:00Z", "updated_at": "2026-11-21T09:30:00Z", "deleted_at": null
}))]
pub struct Role {
    /// The role. A school's version of a built-in role keeps its id.
    pub id: RoleId,
    /// What people and invites refer to it by; it never changes.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// How high it stands: nobody acts on a rank above their own. Built in: `member` 0, `student` 10, `teacher` and `instructor` 20,
    /// `principal` 30, `school_admin` 40, `admin` 50, `super_admin` 60.
    pub rank: u8,
    /// Where it is given to people.
    pub scope: RoleScope,
    /// Whether it is built in, the school's version of a built-in role, or the school's own.
    pub origin: Origin,
    /// The names of the permissions that it grants, sorted.
    pub permissions: Vec<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such roles are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Where a role is given to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleScope {
    /// On the deployment as a whole.
    Platform,
    /// In a school.
    School,
}

impl Role {
    /// The view of a role, with the permissions that the catalogue knows.
    pub(crate) fn of(role: Definition, catalogue: &BTreeSet<&'static str>) -> Self {
        let everything = role.is_super_admin();
        let Definition {
            id,
            name,
            title,
            description,
            rank,
            on_platform,
            origin,
            permissions,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = role;
        let granted = catalogue.iter().filter(|name| everything || permissions.contains(**name));
        Self {
            id,
            name,
            title,
            description,
            rank: rank.get(),
            scope: if on_platform { RoleScope::Platform } else { RoleScope::School },
            origin,
            permissions: granted.map(ToString::to_string).collect(),
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

/// An entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"name": "user:read", "description": "Read people: the directory and single profiles."}))]
pub struct PermissionEntry {
    /// `noun:verb`. It is also the OAuth2 scope.
    pub name: String,
    /// What it allows.
    pub description: String,
}

impl From<Permission> for PermissionEntry {
    fn from(permission: Permission) -> Self {
        Self { name: permission.name.to_owned(), description: permission.description.to_owned() }
    }
}

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
pub struct RoleName(pub String);

impl TryFrom<String> for RoleName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let sound = (3..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('_')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if sound { Ok(Self(text)) } else { Err("must be 3 to 64 of a to z, 0 to 9 and _, a letter first") }
    }
}

impl PartialSchema for RoleName {
    fn schema() -> RefOr<Schema> {
        let text = "What the role is referred to by, unique in the school: 3 to 64 of `a` to `z`, `0` to `9` and `_`, a letter first \
                    and no `_` last.";
        string(ROLE_NAME_PATTERN, 64, "librarian", text)
    }
}

impl ToSchema for RoleName {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("RoleName")
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

/// A role of the school.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "librarian", "title": "Librarian", "description": "Looks after the library.", "rank": 15,
    "permissions": ["group:read", "school:read", "user:read"]
}))]
pub struct CreateRole {
    /// What it is referred to by. It never changes.
    #[schema(inline)]
    pub name: RoleName,
    /// What people read.
    #[schema(inline)]
    pub title: RoleTitle,
    /// What it is for.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub description: Option<String>,
    /// How high it stands; at most your own rank.
    #[serde(default = "student")]
    #[validate(range(min = 1, max = 40))]
    #[schema(minimum = 1, maximum = 40, default = 10, required = false)]
    pub rank: u8,
    /// What it grants; only what you hold yourself.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(inline, max_items = 500, required = false)]
    pub permissions: Vec<PermissionName>,
}

const fn student() -> u8 {
    Rank::STUDENT.get()
}

/// The whole of what can be said about a role.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Librarian", "description": "Looks after the library and its keys.", "rank": 15}))]
pub struct PutRole {
    /// What people read.
    #[schema(inline)]
    pub title: RoleTitle,
    /// What it is for.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub description: Option<String>,
    /// How high it stands; at most your own rank. That of a built-in role does not change.
    #[validate(range(max = 60))]
    #[schema(minimum = 0, maximum = 60)]
    pub rank: u8,
}

/// A merge patch (RFC 7396) of a role. `null` empties `description`; the others cannot be empty.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Head librarian"}))]
pub struct PatchRole {
    /// What people read.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(inline, value_type = RoleTitle, required = false)]
    pub title: Option<RoleTitle>,
    /// What it is for.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 500)]
    pub description: MergeField<String>,
    /// How high it stands; at most your own rank. That of a built-in role does not change.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = u8, minimum = 0, maximum = 60, required = false)]
    pub rank: Option<u8>,
}

impl Validate for PatchRole {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        if self.description.value().is_some_and(|text| text.chars().count() > 500) {
            errors.add("description", ValidationError::new("length").with_message("is longer than 500".into()));
        }
        if self.rank.is_some_and(|rank| rank > Rank::SUPER_ADMIN.get()) {
            errors.add("rank", ValidationError::new("range").with_message("is more than 60".into()));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// All that a role is to grant.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"permissions": ["group:read", "school:read", "user:read"]}))]
pub struct PutPermissions {
    /// The names. What is not among them is taken away.
    #[validate(length(max = 500))]
    #[schema(inline, max_items = 500)]
    pub permissions: Vec<PermissionName>,
}

/// Which roles to list.
#[derive(Debug, Clone, Copy, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RoleFilter {
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
}

/// Which side of deletion to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deleted {
    /// The deleted ones.
    Only,
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
            assert!(RoleName::try_from((*good).to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "ab", "Lab", "7th", "_lab", "lab_", "a b", &"a".repeat(65)] {
            assert!(RoleName::try_from((*bad).to_owned()).is_err(), "{bad}");
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
