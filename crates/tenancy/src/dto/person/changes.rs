//! What staff make of people, and whom they list.

use chrono::{DateTime, Utc};
use lyceum_kernel::GroupId;
use lyceum_web::MergeField;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::dto::text::{ExternalId, FullName, Level, RoleName, Username};
use crate::dto::{Deleted, Sort};
use crate::model::membership::Status;

/// The roles that somebody is to have, and no others.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"roles": ["principal", "teacher"]}))]
pub struct PutRoles {
    /// At least one.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_items = 1, max_items = 20)]
    pub roles: Vec<RoleName>,
}

/// The whole of what staff can change about somebody.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "grace", "full_name": "Grace Hopper", "is_active": true, "role": "teacher"}))]
pub struct PutUser {
    /// None is possible for somebody with an e-mail address.
    #[serde(default)]
    pub username: Option<Username>,
    /// What people call them.
    #[serde(default)]
    pub full_name: Option<FullName>,
    /// False lets them in no more.
    pub is_active: bool,
    /// Another one than the highest they have replaces all their roles.
    pub role: RoleName,
    /// Year, grade or level.
    #[serde(default)]
    pub level: Option<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
}

/// A merge patch (RFC 7396) of somebody. `null` empties a field; `is_active` and `role` cannot be empty.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": false}))]
pub struct PatchUser {
    /// The username; `null` is possible for somebody with an e-mail address.
    #[serde(default)]
    #[schema(value_type = Option<Username>)]
    pub username: MergeField<Username>,
    /// The full name.
    #[serde(default)]
    #[schema(value_type = Option<FullName>)]
    pub full_name: MergeField<FullName>,
    /// False lets them in no more.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = bool, required = false)]
    pub is_active: Option<bool>,
    /// Another one than the highest they have replaces all their roles.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = RoleName, required = false)]
    pub role: Option<RoleName>,
    /// Year, grade or level.
    #[serde(default)]
    #[schema(value_type = Option<Level>)]
    pub level: MergeField<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    #[schema(value_type = Option<ExternalId>)]
    pub external_id: MergeField<ExternalId>,
}

/// The whole of what can be changed about a membership.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"roles": ["teacher"], "status": "active", "level": null, "external_id": null}))]
pub struct PutMember {
    /// At least one.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_items = 1, max_items = 20)]
    pub roles: Vec<RoleName>,
    /// `inactive` keeps the member out; `active` lets them in again; `pending` leaves it as it is.
    pub status: Status,
    /// Year, grade or level.
    #[serde(default)]
    pub level: Option<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
}

/// A merge patch (RFC 7396) of a membership.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "inactive"}))]
pub struct PatchMember {
    /// At least one.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(length(min = 1, max = 20))]
    #[schema(value_type = Vec<RoleName>, required = false, min_items = 1, max_items = 20)]
    pub roles: Option<Vec<RoleName>>,
    /// `inactive` keeps the member out; `active` lets them in again; `pending` leaves it as it is.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Status, required = false)]
    pub status: Option<Status>,
    /// Year, grade or level.
    #[serde(default)]
    #[schema(value_type = Option<Level>)]
    pub level: MergeField<Level>,
    /// The id in the school's own records.
    #[serde(default)]
    #[schema(value_type = Option<ExternalId>)]
    pub external_id: MergeField<ExternalId>,
}

/// Whom to list, and in which order.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserFilter {
    /// How the full name, its last word, the username or the e-mail address begins, whatever its case: the first 1,000 of each.
    #[param(min_length = 1, max_length = 100, required = false)]
    #[validate(length(min = 1, max = 100))]
    pub q: Option<String>,
    /// Only those whose highest role it is.
    #[param(inline)]
    pub role: Option<RoleName>,
    /// Only those who are let in, or only those who are not.
    pub is_active: Option<bool>,
    /// Only those in this group of the school.
    pub group_id: Option<GroupId>,
    /// `only`: the removed ones in place of the others; for those who may bring them back.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those who changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<Sort>,
}
