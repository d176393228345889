//! Requests and views of invites.

use chrono::{DateTime, Utc};
use lyceum_kernel::{GroupId, InviteId, SchoolId, UserId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::TimeSort;
use super::text::{EmailAddress, RoleName};
use crate::model::fold;
use crate::model::invite::{Model, State};
use crate::repo::invites::Filter;
use crate::repo::keyset::Sorting;

/// An invite, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03",
    "role_to_grant": "student", "email": null, "course_id": null, "group_id": null, "max_uses": 30, "uses": 12,
    "state": "active", "expires_at": "2026-12-21T08:00:00Z", "revoked_at": null,
    "created_by": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "code": null, "link": null, "version": 13,
    "created_at": "2026-11-21T08:00:00Z", "updated_at": "2026-11-21T09:30:00Z"
}))]
pub struct Invite {
    /// The invite.
    pub id: InviteId,
    /// Its school.
    pub school_id: SchoolId,
    /// The name of the role that it grants.
    pub role_to_grant: String,
    /// Whom it is for; anybody who has the code if null.
    pub email: Option<String>,
    /// The course that it is for as well.
    pub course_id: Option<Uuid>,
    /// The group that it is for as well.
    pub group_id: Option<GroupId>,
    /// How many people it lets in.
    pub max_uses: i32,
    /// How many it has let in.
    pub uses: i32,
    /// What it is good for now.
    pub state: State,
    /// Until when it lets people in.
    pub expires_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Who made it. It counts while they may give its role themselves.
    pub created_by: UserId,
    /// The code, in the answer to its creation alone; null ever after.
    pub code: Option<String>,
    /// The address of the page that takes the code, likewise.
    pub link: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Invite {
    /// The invite as it stands at a moment.
    pub(crate) fn at(row: Model, now: DateTime<Utc>) -> Self {
        let state = row.state(now);
        let Model {
            school_id,
            id,
            code_hash: _,
            role,
            email,
            email_key: _,
            course_id,
            group_id,
            max_uses,
            uses,
            expires_at,
            revoked_at,
            created_by,
            version,
            created_at,
            updated_at,
        } = row;
        Self {
            id,
            school_id,
            role_to_grant: role,
            email,
            course_id,
            group_id,
            max_uses,
            uses,
            state,
            expires_at,
            revoked_at,
            created_by,
            code: None,
            link: None,
            version,
            created_at,
            updated_at,
        }
    }

    /// The same with its code, for whoever made it.
    #[must_use]
    pub(crate) fn with_code(self, code: &str, link: String) -> Self {
        Self { code: Some(code.to_owned()), link: Some(link), ..self }
    }
}

/// An invite to be made.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role_to_grant": "student", "max_uses": 30, "expires_at": "2026-12-21T08:00:00Z"}))]
pub struct CreateInvite {
    /// The name of a role that the caller may give.
    pub role_to_grant: RoleName,
    /// Until when it lets people in; 30 days if left out.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
    /// How many people it lets in; one if left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 32767)]
    #[validate(range(min = 1))]
    pub max_uses: Option<i16>,
    /// Only whoever has this address comes in, and the code is mailed there.
    #[serde(default)]
    pub email: Option<EmailAddress>,
    /// A course to be enrolled in as well.
    #[serde(default)]
    pub course_id: Option<Uuid>,
    /// A group to be put into as well.
    #[serde(default)]
    pub group_id: Option<GroupId>,
}

/// Which invites to list, and in which order.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InviteFilter {
    /// Only those that are good for this now.
    #[param(inline)]
    pub state: Option<State>,
    /// Only those for this address, whatever its case.
    #[param(min_length = 1, max_length = 254, required = false)]
    #[validate(length(min = 1, max = 254))]
    pub email: Option<String>,
    /// Only those that changed at this moment or later. Expiring is no change.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<TimeSort>,
}

impl InviteFilter {
    /// The filter and the order as the repository knows them.
    pub(crate) fn into_query(self) -> (Filter, Sorting) {
        let Self { state, email, updated_since, sort } = self;
        let filter = Filter { state, email_key: email.as_deref().map(fold), updated_since };
        (filter, Sorting { by_name: false, descending: sort.unwrap_or_default() == TimeSort::CreatedAtDescending })
    }
}

/// A code, from a letter or told by hand.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "lyc_inv_AZOq3k1…"}))]
pub struct RedeemInvite {
    /// The code.
    #[schema(value_type = String, format = Password)]
    pub code: SecretString,
}

/// Where a code has led the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "slug": "northfield", "name": "Northfield School",
    "role": "student", "roles": ["student"], "group_id": null, "course_id": null
}))]
pub struct Redeemed {
    /// The school: `POST /v1/auth/switch-school` enters it.
    pub school_id: SchoolId,
    /// Its name in addresses.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// The highest of `roles`.
    pub role: String,
    /// The caller's roles there now.
    pub roles: Vec<String>,
    /// The group that the invite is for.
    pub group_id: Option<GroupId>,
    /// The course that the invite is for. The enrolment follows in a moment.
    pub course_id: Option<Uuid>,
}
