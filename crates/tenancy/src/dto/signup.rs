//! Requests and views of signing up: schools with their first administrator, and people who ask to join.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, SignupRequestId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::TimeSort;
use super::text::{EmailAddress, FirstPassword, FullName, Locale, Name, RoleName, Slug, TimeZone};
use crate::model::fold;
use crate::model::signup_request::{Model, Status};
use crate::repo::keyset::Sorting;
use crate::repo::signup_requests::Filter;

/// A school as whoever founds it describes it.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundedSchool {
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
}

/// Somebody founds a school and will run it.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "school": {"name": "Northfield School", "slug": "northfield", "time_zone": "Europe/London", "locale": "en-GB"},
    "email": "sam@northfield.example", "password": "engines weave numbers", "full_name": "Samira Said"
}))]
pub struct SignUpSchool {
    /// The school.
    pub school: FoundedSchool,
    /// Where the activation link goes.
    pub email: EmailAddress,
    /// The password to log in with.
    pub password: FirstPassword,
    /// What people call them.
    #[serde(default)]
    pub full_name: Option<FullName>,
}

/// Somebody asks to join a school.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "school": "northfield", "email": "ada@example.org", "full_name": "Ada Lovelace", "role": "teacher",
    "message": "I teach mathematics from January."
}))]
pub struct AskToJoin {
    /// Slug or id of the school.
    #[validate(length(min = 1, max = 63))]
    #[schema(min_length = 1, max_length = 63)]
    pub school: String,
    /// Where the answer goes.
    pub email: EmailAddress,
    /// What people call them.
    #[serde(default)]
    pub full_name: Option<FullName>,
    /// One of the school's `requestable_roles`; the first of them if left out.
    #[serde(default)]
    pub role: Option<RoleName>,
    /// What they want to say to the school.
    #[serde(default)]
    #[validate(length(min = 1, max = 1000))]
    #[schema(min_length = 1, max_length = 1000)]
    pub message: Option<String>,
}

/// The caller asks to join a school.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"school": "northfield", "role": "teacher", "message": "I teach mathematics from January."}))]
pub struct AskToJoinAsMe {
    /// Slug or id of the school.
    #[validate(length(min = 1, max = 63))]
    #[schema(min_length = 1, max_length = 63)]
    pub school: String,
    /// One of the school's `requestable_roles`; the first of them, or the role in which the school lets anybody in, if left out.
    #[serde(default)]
    pub role: Option<RoleName>,
    /// What they want to say to the school.
    #[serde(default)]
    #[validate(length(min = 1, max = 1000))]
    #[schema(min_length = 1, max_length = 1000)]
    pub message: Option<String>,
}

/// A request to join, as the school's staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e06", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03",
    "email": "ada@example.org", "full_name": "Ada Lovelace", "role": "teacher", "message": null, "status": "pending",
    "granted_role": null, "decided_by": null, "decided_at": null, "version": 1, "created_at": "2026-11-21T08:00:00Z",
    "updated_at": "2026-11-21T08:00:00Z"
}))]
pub struct SignupRequest {
    /// The request.
    pub id: SignupRequestId,
    /// The school.
    pub school_id: SchoolId,
    /// The address that whoever asks gave; null once they were erased.
    pub email: Option<String>,
    /// What they call themselves.
    pub full_name: Option<String>,
    /// The name of the role that they ask for.
    pub role: String,
    /// What they say.
    pub message: Option<String>,
    /// What became of it.
    pub status: Status,
    /// The name of the role that they were given.
    pub granted_role: Option<String>,
    /// Who decided.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<Model> for SignupRequest {
    fn from(row: Model) -> Self {
        let Model {
            school_id,
            id,
            // Whether somebody who asks has an account is not for the school to know.
            user_id: _,
            email,
            email_key: _,
            full_name,
            role,
            message,
            status,
            granted_role,
            decided_by,
            decided_at,
            version,
            created_at,
            updated_at,
        } = row;
        Self {
            id,
            school_id,
            email,
            full_name,
            role,
            message,
            status,
            granted_role,
            decided_by,
            decided_at,
            version,
            created_at,
            updated_at,
        }
    }
}

/// A request to join, as whoever made it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e06", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "role": "teacher",
    "message": null, "status": "pending", "granted_role": null, "created_at": "2026-11-21T08:00:00Z", "decided_at": null
}))]
pub struct MySignupRequest {
    /// The request.
    pub id: SignupRequestId,
    /// The school.
    pub school_id: SchoolId,
    /// The name of the role that was asked for.
    pub role: String,
    /// What was said.
    pub message: Option<String>,
    /// What became of it.
    pub status: Status,
    /// The name of the role that was given.
    pub granted_role: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
}

impl From<Model> for MySignupRequest {
    fn from(row: Model) -> Self {
        let SignupRequest { id, school_id, role, message, status, granted_role, created_at, decided_at, .. } =
            row.into();
        Self { id, school_id, role, message, status, granted_role, created_at, decided_at }
    }
}

/// How a request can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// They are let in.
    Approved,
    /// They are not.
    Rejected,
}

/// What staff make of a request.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "approved", "role": "student"}))]
pub struct DecideRequest {
    /// Let in or not.
    pub status: Decision,
    /// The name of the role to let them in with; the one that they asked for if left out. Of no effect on a rejection.
    #[serde(default)]
    pub role: Option<RoleName>,
}

/// Which requests to list, and in which order.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SignupFilter {
    /// Only those of which this became.
    #[param(inline)]
    pub status: Option<Status>,
    /// Only those that ask for this role.
    #[param(inline)]
    pub role: Option<RoleName>,
    /// Only those from this address, whatever its case.
    #[param(min_length = 1, max_length = 254, required = false)]
    #[validate(length(min = 1, max = 254))]
    pub email: Option<String>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<TimeSort>,
}

impl SignupFilter {
    /// The filter and the order as the repository knows them.
    pub(crate) fn into_query(self) -> (Filter, Sorting) {
        let Self { status, role, email, updated_since, sort } = self;
        let (role, email_key) = (role.map(String::from), email.as_deref().map(fold));
        let filter = Filter { status, role, email_key, user: None, updated_since };
        (filter, Sorting { by_name: false, descending: sort.unwrap_or_default() == TimeSort::CreatedAtDescending })
    }
}
