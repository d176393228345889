//! Requests and views.

pub mod block;
pub mod course;
pub mod outline;
pub mod rating;
pub mod search;
pub mod section;
pub mod text;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Which side of deletion to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deleted {
    /// The deleted ones.
    Only,
}

/// Whether deleted ones are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeletedFilter {
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
}
