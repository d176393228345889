//! Requests and views of groups.

use chrono::{DateTime, Utc};
use lyceum_kernel::{GroupId, SchoolId, UserId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::text::{ExternalId, Name};
use super::{Deleted, Sort};
use crate::model::group::{self, Kind};
use crate::repo::groups::Filter;
use crate::repo::keyset::Sorting;

/// A class, cohort or team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "kind": "class",
    "name": "Year 9 Blue", "description": null, "external_id": null, "version": 1,
    "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T07:55:00Z", "deleted_at": null
}))]
pub struct Group {
    /// The group.
    pub id: GroupId,
    /// Its school.
    pub school_id: SchoolId,
    /// What sort of group.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The id in the school's own records.
    pub external_id: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such groups are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<group::Model> for Group {
    fn from(row: group::Model) -> Self {
        let group::Model {
            school_id,
            id,
            kind,
            name,
            name_key: _,
            description,
            external_id,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = row;
        Self { id, school_id, kind, name, description, external_id, version, created_at, updated_at, deleted_at }
    }
}

/// A group to be made, or the whole of what can be changed about one.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Year 9 Blue", "kind": "class"}))]
pub struct PutGroup {
    /// What it is called; unique in the school, whatever its case.
    pub name: Name,
    /// What sort of group; `class` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub kind: Kind,
    /// What it is for.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// The id in the school's own records.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
}

/// A merge patch (RFC 7396) of a group.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "Taught by Ms Hall"}))]
pub struct PatchGroup {
    /// What it is called.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Name, required = false)]
    pub name: Option<Name>,
    /// What sort of group.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Kind, required = false)]
    pub kind: Option<Kind>,
    /// What it is for.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub description: MergeField<String>,
    /// The id in the school's own records.
    #[serde(default)]
    #[schema(value_type = Option<ExternalId>)]
    pub external_id: MergeField<ExternalId>,
}

/// Which groups to list, and in which order.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GroupFilter {
    /// Part of the name, whatever its case.
    #[param(min_length = 1, max_length = 100, required = false)]
    #[validate(length(min = 1, max = 100))]
    pub q: Option<String>,
    /// Only groups of this sort.
    #[param(inline)]
    pub kind: Option<Kind>,
    /// Only the groups that this person is in.
    pub user_id: Option<UserId>,
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<Sort>,
}

impl GroupFilter {
    /// The filter and the order as the repository knows them.
    pub(crate) fn into_query(self) -> (Filter, Sorting) {
        let Self { q, kind, user_id, deleted, updated_since, sort } = self;
        let (by_name, descending) = sort.unwrap_or_default().parts();
        let filter = Filter { text: q, kind, member: user_id, deleted: deleted.is_some(), updated_since };
        (filter, Sorting { by_name, descending })
    }
}
