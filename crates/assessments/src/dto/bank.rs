//! Requests and views of question banks.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, TestId, UserId};
use lyceum_web::MergeField;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Deleted;
use super::text::BankName;
use crate::model::bank::{self, BankId};

/// A bank of questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f4001", "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03",
    "owner_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "test_id": null, "name": "Biology, year 9",
    "description": null, "shared": true, "version": 1, "created_at": "2026-11-21T07:55:00Z",
    "updated_at": "2026-11-21T07:55:00Z", "deleted_at": null
}))]
pub struct QuestionBank {
    /// The bank.
    pub id: BankId,
    /// Its school.
    pub school_id: SchoolId,
    /// Whose it is.
    pub owner_id: UserId,
    /// The test whose own bank it is.
    pub test_id: Option<TestId>,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether the rest of the staff sees it.
    pub shared: bool,
    /// Raised by every change of the bank itself.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such banks are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<bank::Model> for QuestionBank {
    fn from(row: bank::Model) -> Self {
        let bank::Model {
            school_id,
            id,
            owner_id,
            test_id,
            name,
            description,
            shared,
            version,
            created_at,
            updated_at,
            deleted_at,
            deletion_id: _,
        } = row;
        Self {
            id,
            school_id,
            owner_id,
            test_id,
            name,
            description,
            shared,
            version,
            created_at,
            updated_at,
            deleted_at,
        }
    }
}

/// A bank to be made, or the whole of what can be changed about one.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Biology, year 9"}))]
pub struct PutQuestionBank {
    /// What it is called.
    pub name: BankName,
    /// What it is for.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// Whether the rest of the staff sees it; true if left out.
    #[serde(default = "yes")]
    #[schema(required = false)]
    pub shared: bool,
}

const fn yes() -> bool {
    true
}

/// A merge patch (RFC 7396) of a bank.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"shared": false}))]
pub struct PatchQuestionBank {
    /// What it is called.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = BankName, required = false)]
    pub name: Option<BankName>,
    /// What it is for.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(value_type = Option<String>, max_length = 5000)]
    pub description: MergeField<String>,
    /// Whether the rest of the staff sees it.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = bool, required = false)]
    pub shared: Option<bool>,
}

/// Which banks to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BankFilter {
    /// Only banks of this person.
    pub owner_id: Option<UserId>,
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
}
