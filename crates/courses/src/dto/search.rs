//! What a search in a course finds.

use lyceum_kernel::{BlockId, SectionId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::model::course_search::Kind;

/// Something that answers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "block", "section_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2f06",
    "block_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f3007", "title": "Colours", "snippet": "White light is all colours."
}))]
pub struct SearchHit {
    /// What was found.
    pub kind: Kind,
    /// The section that it is in.
    pub section_id: Option<SectionId>,
    /// The block that it is in.
    pub block_id: Option<BlockId>,
    /// What it is called.
    pub title: String,
    /// Some words around the first one that was looked for, as plain text.
    pub snippet: String,
}

/// What to look for.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Words; all of them must be there, in any of their forms that the school's language knows.
    #[param(min_length = 1, max_length = 200)]
    #[validate(length(min = 1, max = 200))]
    pub q: String,
}
