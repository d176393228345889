//! Requests and views.

pub mod completion;
pub mod enrollment;
pub mod import;
pub mod progress;
pub mod settings;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which side of deletion to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deleted {
    /// The deleted ones.
    Only,
}
