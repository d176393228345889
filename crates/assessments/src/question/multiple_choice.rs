//! Any number of several options, with partial credit.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::items::{self, Choice, Shown};
use super::{Flaw, Kind, Misfit, Remark, Response, Verdict, chosen_among};
use crate::points::Share;
use crate::shuffle::Shuffle;

/// What a half-right answer is worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MultipleChoiceScoring)]
pub enum Scoring {
    /// Each right option counts one up, each wrong one down, not below nothing, out of all that are right.
    #[default]
    Partial,
    /// Each option counts that is rightly chosen or rightly left, out of all options.
    EachOption,
    /// Just the right ones, or nothing.
    AllOrNothing,
}

/// Some options are right. Answered by a list of their ids, or of their indexes from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MultipleChoice {
    /// 2 to 50 options, at least one of them right.
    #[validate(length(min = 2, max = 50), nested)]
    #[schema(min_items = 2, max_items = 50)]
    pub options: Vec<Choice>,
    /// What a half-right answer is worth; `partial` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub scoring: Scoring,
}

/// The options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Public {
    /// In the order in which they are shown.
    pub options: Vec<Shown>,
}

impl Kind for MultipleChoice {
    type Public = Public;

    fn settle(&mut self, _: &str) -> Result<(), Flaw> {
        items::settle("options", self.options.iter_mut().map(|option| &mut option.id))?;
        let any = self.options.iter().any(|option| option.correct);
        if any { Ok(()) } else { Err(Flaw::at("/options", "must have an option that is right")) }
    }

    fn public(&self) -> Public {
        Public { options: items::shown(&self.options) }
    }

    fn arrange(public: &mut Public, order: &mut Shuffle) {
        order.shuffle(&mut public.options);
    }

    fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
        let ids: Vec<_> = self.options.iter().map(|option| items::id(option.id.as_ref())).collect();
        let chosen = chosen_among(response, &ids)?;
        let is_chosen = |option: &Choice| chosen.iter().any(|id| id == items::id(option.id.as_ref()));
        let count = |wanted: &dyn Fn(&Choice) -> bool| self.options.iter().filter(|option| wanted(option)).count();
        let (right, wrong) = (count(&|o| o.correct && is_chosen(o)), count(&|o| !o.correct && is_chosen(o)));
        let all = count(&|o| o.correct);
        let share = match self.scoring {
            Scoring::Partial => Share::of(right.saturating_sub(wrong), all),
            Scoring::EachOption => Share::of(count(&|o| o.correct == is_chosen(o)), self.options.len()),
            Scoring::AllOrNothing => Share::all_if(right == all && wrong == 0),
        };
        let told = self.options.iter().filter(|option| is_chosen(option));
        let remarks =
            told.filter_map(|option| Some(Remark { on: option.id.clone()?, text: option.feedback.clone()? })).collect();
        Ok(Verdict { share: Some(share), remarks, chosen })
    }

    fn named(&self, response: &Response) -> Response {
        let named = |verdict: Verdict| Response::List(verdict.chosen.into_iter().map(super::Pick::Text).collect());
        self.judge(response).map_or_else(|_| response.clone(), named)
    }

    fn ideal(&self) -> Option<Response> {
        let right = self.options.iter().filter(|option| option.correct);
        Some(Response::List(right.map(|o| super::Pick::Text(items::id(o.id.as_ref()).to_owned())).collect()))
    }

    fn guess(&self) -> Option<Share> {
        None
    }
}
