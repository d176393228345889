//! Requests and views of schools.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::text::{Colour, Locale, Name, RoleName, Slug, TimeZone};
use super::{Deleted, Sort};
use crate::model::{membership, school};
use crate::repo::keyset::Sorting;
use crate::repo::schools::Filter;

/// Colours and a motto, as clients show them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Branding {
    /// The first colour.
    #[serde(default)]
    pub primary_colour: Option<Colour>,
    /// The second colour.
    #[serde(default)]
    pub secondary_colour: Option<Colour>,
    /// A line below the name.
    #[serde(default)]
    pub motto: Option<Name>,
}

/// A school as its people and platform staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "slug": "northfield", "name": "Northfield School", "time_zone": "Europe/London",
    "locale": "en-GB", "branding": {"primary_colour": "#1f6feb", "secondary_colour": null, "motto": null}, "status": "active",
    "writable": true, "directory_public": true, "self_signup": false, "default_role": "student",
    "requestable_roles": ["student", "teacher"], "seat_limit": 500,
    "seats_used": 217, "version": 3, "created_at": "2026-09-01T07:55:00Z", "updated_at": "2026-11-21T08:00:00Z",
    "deleted_at": null
}))]
pub struct School {
    /// The school.
    pub id: SchoolId,
    /// Its name in addresses.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// The IANA time zone that its days are counted in.
    pub time_zone: String,
    /// The language of those who have not said theirs (BCP 47).
    pub locale: String,
    /// Colours and motto.
    pub branding: Branding,
    /// Whether platform staff suspended it.
    pub status: school::Status,
    /// Whether it can be changed: not while it is suspended or not paid for.
    pub writable: bool,
    /// Whether strangers find it in the list of schools.
    pub directory_public: bool,
    /// Whether whoever registers may join at once, in the default role.
    pub self_signup: bool,
    /// The role of those who join without another; `student` if null.
    pub default_role: Option<String>,
    /// The roles that strangers may ask for; it takes no requests if there are none.
    pub requestable_roles: Vec<String>,
    /// How many members it may have; any number if null.
    pub seat_limit: Option<i64>,
    /// How many seats are taken.
    pub seats_used: i64,
    /// Raised by every change.
    pub version: i64,
    /// When it was founded.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such schools are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<school::Model> for School {
    fn from(row: school::Model) -> Self {
        let (writable, requestable_roles) = (row.writable(), row.requestable());
        let school::Model {
            id,
            slug,
            name,
            name_key: _,
            time_zone,
            locale,
            branding,
            status,
            lapsed_at: _,
            directory_public,
            self_signup,
            default_role,
            requestable_roles: _,
            seat_limit,
            seats_used,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = row;
        Self {
            id,
            slug,
            name,
            time_zone,
            locale,
            branding: serde_json::from_value(branding).unwrap_or_default(),
            status,
            writable,
            directory_public,
            self_signup,
            default_role,
            requestable_roles,
            seat_limit,
            seats_used,
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

/// A school as strangers see it who look for theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "slug": "northfield", "name": "Northfield School", "locale": "en-GB",
    "branding": {"primary_colour": "#1f6feb", "secondary_colour": null, "motto": null}, "self_signup": false,
    "requestable_roles": ["student", "teacher"]
}))]
pub struct PublicSchool {
    /// The school.
    pub id: SchoolId,
    /// Its name in addresses, and at login.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// Its language (BCP 47).
    pub locale: String,
    /// Colours and motto.
    pub branding: Branding,
    /// Whether whoever registers may join at once.
    pub self_signup: bool,
    /// The roles that may be asked for with `POST /v1/signup-requests`; it takes no requests if there are none.
    pub requestable_roles: Vec<String>,
}

impl From<school::Model> for PublicSchool {
    fn from(row: school::Model) -> Self {
        let School { id, slug, name, locale, branding, self_signup, requestable_roles, writable, .. } = row.into();
        // Nobody comes in while it can only be read.
        let requestable_roles = if writable { requestable_roles } else { Vec::new() };
        Self { id, slug, name, locale, branding, self_signup: self_signup && writable, requestable_roles }
    }
}

/// A school that the caller belongs to, or is asked to join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "slug": "northfield", "name": "Northfield School",
    "role": "teacher", "roles": ["teacher"], "status": "active", "joined_at": "2026-11-21T08:00:00Z", "active": true
}))]
pub struct MySchool {
    /// The school.
    pub id: SchoolId,
    /// Its name in addresses.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// The highest of `roles`.
    pub role: String,
    /// The caller's roles there.
    pub roles: Vec<String>,
    /// `pending` waits for the caller to accept; `inactive` is kept out by the school's staff.
    pub status: membership::Status,
    /// When the caller came in.
    pub joined_at: Option<DateTime<Utc>>,
    /// Whether it is the active school of this session.
    pub active: bool,
}

/// A school to be founded.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Northfield School", "slug": "northfield", "time_zone": "Europe/London", "locale": "en-GB"}))]
pub struct CreateSchool {
    /// What it is called.
    pub name: Name,
    /// Its name in addresses.
    pub slug: Slug,
    /// `UTC` if left out.
    #[serde(default)]
    pub time_zone: Option<TimeZone>,
    /// `en` if left out.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// Colours and motto.
    #[serde(default)]
    pub branding: Option<Branding>,
    /// Whether strangers find it in the list of schools.
    #[serde(default)]
    pub directory_public: bool,
    /// Whether whoever registers may join at once, in the default role.
    #[serde(default)]
    pub self_signup: bool,
    /// The role of those who join without another; `student` if left out.
    #[serde(default)]
    pub default_role: Option<RoleName>,
    /// The roles that strangers may ask for, none of which runs the school; it takes no requests if there are none.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub requestable_roles: Vec<RoleName>,
}

/// The whole of what can be changed about a school.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Northfield School", "slug": "northfield", "time_zone": "Europe/London", "locale": "en-GB", "branding": {},
    "directory_public": true, "self_signup": false, "default_role": "student", "status": "active"
}))]
pub struct PutSchool {
    /// What it is called.
    pub name: Name,
    /// Its name in addresses.
    pub slug: Slug,
    /// The IANA time zone that its days are counted in.
    pub time_zone: TimeZone,
    /// The language of those who have not said theirs.
    pub locale: Locale,
    /// Colours and motto.
    #[serde(default)]
    pub branding: Branding,
    /// Whether strangers find it in the list of schools.
    #[serde(default)]
    pub directory_public: bool,
    /// Whether whoever registers may join at once, in the default role.
    #[serde(default)]
    pub self_signup: bool,
    /// The role of those who join without another.
    #[serde(default)]
    pub default_role: Option<RoleName>,
    /// The roles that strangers may ask for, none of which runs the school; it takes no requests if there are none.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub requestable_roles: Vec<RoleName>,
    /// Only platform staff change it; left out it stays.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = school::Status, required = false)]
    pub status: Option<school::Status>,
}

/// A merge patch (RFC 7396) of a school.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Northfield Academy"}))]
pub struct PatchSchool {
    /// What it is called.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Name, required = false)]
    pub name: Option<Name>,
    /// Its name in addresses.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Slug, required = false)]
    pub slug: Option<Slug>,
    /// The IANA time zone that its days are counted in.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = TimeZone, required = false)]
    pub time_zone: Option<TimeZone>,
    /// The language of those who have not said theirs.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Locale, required = false)]
    pub locale: Option<Locale>,
    /// Colours and motto, replaced as a whole; `null` empties them.
    #[serde(default)]
    #[schema(value_type = Option<Branding>)]
    pub branding: MergeField<Branding>,
    /// Whether strangers find it in the list of schools.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = bool, required = false)]
    pub directory_public: Option<bool>,
    /// Whether whoever registers may join at once, in the default role.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = bool, required = false)]
    pub self_signup: Option<bool>,
    /// The role of those who join without another.
    #[serde(default)]
    #[schema(value_type = Option<RoleName>)]
    pub default_role: MergeField<RoleName>,
    /// The roles that strangers may ask for.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(length(max = 20))]
    #[schema(value_type = Vec<RoleName>, max_items = 20, required = false)]
    pub requestable_roles: Option<Vec<RoleName>>,
    /// `suspended` keeps a school from being changed. Only platform staff change it.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = school::Status, required = false)]
    pub status: Option<school::Status>,
}

/// Which schools to list, and in which order.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SchoolFilter {
    /// Part of the name or the slug, whatever its case.
    #[param(min_length = 1, max_length = 100, required = false)]
    #[validate(length(min = 1, max = 100))]
    pub q: Option<String>,
    /// Only those of this status.
    #[param(inline)]
    pub status: Option<school::Status>,
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<Sort>,
}

impl SchoolFilter {
    /// The filter and the order as the repository knows them.
    pub(crate) fn into_query(self) -> (Filter, Sorting) {
        let Self { q, status, deleted, updated_since, sort } = self;
        let (by_name, descending) = sort.unwrap_or_default().parts();
        let filter = Filter { text: q, status, public: false, deleted: deleted.is_some(), updated_since };
        (filter, Sorting { by_name, descending })
    }
}

/// Which public schools to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PublicSchoolFilter {
    /// Part of the name or the slug, whatever its case.
    #[param(min_length = 1, max_length = 100, required = false)]
    #[validate(length(min = 1, max = 100))]
    pub q: Option<String>,
}

/// The token of an offer, from the link in the mail.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "lyc_mem_AZOq3k1…"}))]
pub struct AcceptOffer {
    /// The token from the link in the mail.
    #[schema(value_type = String, format = Password)]
    pub token: secrecy::SecretString,
}
