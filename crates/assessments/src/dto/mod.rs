//! Requests and views.

pub mod attempt;
pub mod bank;
pub mod exchange;
pub mod invigilation;
pub mod marking;
pub mod mine;
pub mod question;
pub mod question_form;
pub mod regrade;
pub mod scores;
pub mod statistics;
pub mod test;
pub mod test_form;
pub mod text;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which side of deletion to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deleted {
    /// The deleted ones.
    Only,
}
