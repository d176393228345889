//! Whether a statement holds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{Flaw, Kind, Misfit, Remark, Response, Verdict};
use crate::points::Share;

/// A statement that holds or does not. Answered by `true` or `false`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrueFalse {
    /// Whether it holds.
    pub correct: bool,
    /// What those are told who answered `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub feedback_true: Option<String>,
    /// What those are told who answered `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub feedback_false: Option<String>,
}

/// Nothing beside the statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Public {}

impl Kind for TrueFalse {
    type Public = Public;

    fn settle(&mut self, _: &str) -> Result<(), Flaw> {
        Ok(())
    }

    fn public(&self) -> Public {
        Public {}
    }

    fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
        let Response::Flag(flag) = response else { return Err(Misfit("must be true or false")) };
        let told = if *flag { &self.feedback_true } else { &self.feedback_false };
        let remarks = told.iter().map(|text| Remark { on: flag.to_string(), text: text.clone() }).collect();
        let share = Share::all_if(*flag == self.correct);
        Ok(Verdict { share: Some(share), remarks, chosen: vec![flag.to_string()] })
    }

    fn ideal(&self) -> Option<Response> {
        Some(Response::Flag(self.correct))
    }

    fn guess(&self) -> Option<Share> {
        Some(Share::of(1, 2))
    }
}
