//! One of several options.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::items::{self, Choice, Shown};
use super::{Flaw, Kind, Misfit, Remark, Response, Verdict};
use crate::points::Share;
use crate::shuffle::Shuffle;

/// Just one option is right. Answered by its id, or its index from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SingleChoice {
    /// 2 to 50 options, one of them right.
    #[validate(length(min = 2, max = 50), nested)]
    #[schema(min_items = 2, max_items = 50)]
    pub options: Vec<Choice>,
}

/// The options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Public {
    /// In the order in which they are shown.
    pub options: Vec<Shown>,
}

impl Kind for SingleChoice {
    type Public = Public;

    fn settle(&mut self, _: &str) -> Result<(), Flaw> {
        items::settle("options", self.options.iter_mut().map(|option| &mut option.id))?;
        match self.options.iter().filter(|option| option.correct).count() {
            1 => Ok(()),
            _ => Err(Flaw::at("/options", "must have just one option that is right")),
        }
    }

    fn public(&self) -> Public {
        Public { options: items::shown(&self.options) }
    }

    fn arrange(public: &mut Public, order: &mut Shuffle) {
        order.shuffle(&mut public.options);
    }

    fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
        let pick = response.pick().ok_or(Misfit("must be the id of an option, or its index"))?;
        let ids = self.options.iter().map(|option| items::id(option.id.as_ref()));
        let chosen = pick.among(ids).ok_or(Misfit("is no option of the question"))?.to_owned();
        let option = self.options.iter().find(|option| items::id(option.id.as_ref()) == chosen);
        let right = option.is_some_and(|option| option.correct);
        let feedback = option.and_then(|option| option.feedback.clone());
        let remarks = feedback.map(|text| Remark { on: chosen.clone(), text }).into_iter().collect();
        Ok(Verdict { share: Some(Share::all_if(right)), remarks, chosen: vec![chosen] })
    }

    fn named(&self, response: &Response) -> Response {
        let chosen = self.judge(response).ok().and_then(|verdict| verdict.chosen.into_iter().next());
        chosen.map_or_else(|| response.clone(), Response::Text)
    }

    fn ideal(&self) -> Option<Response> {
        let right = self.options.iter().find(|option| option.correct)?;
        Some(Response::Text(items::id(right.id.as_ref()).to_owned()))
    }

    fn guess(&self) -> Option<Share> {
        Some(Share::of(1, self.options.len()))
    }
}
