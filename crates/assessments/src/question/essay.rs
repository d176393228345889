//! Text that a person marks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{Flaw, Kind, Misfit, Response, Verdict, items};
use crate::points::{Share, Worth};

/// One thing that is looked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RubricCriterion)]
pub struct Criterion {
    /// What marks call it; made if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 36))]
    #[schema(min_length = 1, max_length = 36)]
    pub id: Option<String>,
    /// What is looked for.
    #[validate(length(min = 1, max = 5000))]
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
    /// What it is worth at most.
    pub points: Worth,
}

/// Text in one's own words, marked by a person. Answered by text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Essay {
    /// So many words at least; a hint, not a bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(max = 10000))]
    #[schema(maximum = 10000)]
    pub min_words: Option<u16>,
    /// So many words at most; a hint, not a bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(max = 10000))]
    #[schema(maximum = 10000)]
    pub max_words: Option<u16>,
    /// What is looked for.
    #[serde(default)]
    #[validate(length(max = 30), nested)]
    #[schema(max_items = 30, required = false)]
    pub rubric: Vec<Criterion>,
    /// Whether those who write it see the rubric.
    #[serde(default)]
    #[schema(required = false)]
    pub show_rubric: bool,
    /// What a good answer looks like, for those who mark, and in the review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 20000))]
    #[schema(max_length = 20000)]
    pub sample_answer: Option<String>,
    /// For those who mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 20000))]
    #[schema(max_length = 20000)]
    pub marking_notes: Option<String>,
    /// Whether a second person marks it independently.
    #[serde(default)]
    #[schema(required = false)]
    pub two_markers: bool,
}

/// What those see who write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Public {
    /// So many words at least.
    pub min_words: Option<u16>,
    /// So many words at most.
    pub max_words: Option<u16>,
    /// What is looked for, where that is shown.
    pub rubric: Vec<Criterion>,
}

impl Kind for Essay {
    type Public = Public;

    fn settle(&mut self, _: &str) -> Result<(), Flaw> {
        items::settle("rubric", self.rubric.iter_mut().map(|criterion| &mut criterion.id))?;
        match (self.min_words, self.max_words) {
            (Some(least), Some(most)) if least > most => Err(Flaw::at("/max_words", "is less than min_words")),
            _ => Ok(()),
        }
    }

    fn public(&self) -> Public {
        let rubric = if self.show_rubric { self.rubric.clone() } else { Vec::new() };
        Public { min_words: self.min_words, max_words: self.max_words, rubric }
    }

    fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
        match response {
            Response::Text(_) => Ok(Verdict { share: None, remarks: Vec::new(), chosen: Vec::new() }),
            _ => Err(Misfit("must be text")),
        }
    }

    fn ideal(&self) -> Option<Response> {
        self.sample_answer.clone().map(Response::Text)
    }

    fn guess(&self) -> Option<Share> {
        None
    }
}
