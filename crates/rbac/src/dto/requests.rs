//! What clients send about roles.

use lyceum_kernel::Rank;
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError, ValidationErrors};

use super::text::{NewRoleName, PermissionName, RoleTitle};

/// A role of the school.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "librarian", "title": "Librarian", "description": "Looks after the library.", "rank": 15,
    "permissions": ["group:read", "school:read", "user:read"]
}))]
pub struct CreateRole {
    /// What it is referred to by. It never changes.
    pub name: NewRoleName,
    /// What people read.
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
    #[schema(max_items = 500, required = false)]
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
    #[schema(value_type = RoleTitle, required = false)]
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
    #[schema(max_items = 500)]
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
