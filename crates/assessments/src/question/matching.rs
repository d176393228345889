//! What belongs together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::items::{self, Shown};
use super::{Flaw, Kind, Misfit, Pick, Remark, Response, Verdict};
use crate::points::Share;
use crate::shuffle::Shuffle;

/// A prompt and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MatchingPair)]
pub struct Pair {
    /// What answers call the prompt; made if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 36))]
    #[schema(min_length = 1, max_length = 36)]
    pub id: Option<String>,
    /// The prompt, in Markdown.
    #[validate(length(min = 1, max = 5000))]
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
    /// What belongs to it. Pairs may share it.
    #[serde(rename = "match")]
    #[validate(length(min = 1, max = 1000))]
    #[schema(min_length = 1, max_length = 1000)]
    pub partner: String,
    /// What those are told who got it wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub feedback: Option<String>,
}

/// Prompts to which choices belong. Answered by an object from the ids of prompts to ids of choices; each pair counts alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// 1 to 50 pairs.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub pairs: Vec<Pair>,
    /// Choices that belong to nothing.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50, required = false)]
    pub distractors: Vec<Distractor>,
}

/// A choice that belongs to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Distractor(String);

impl TryFrom<String> for Distractor {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=1000).contains(&text.chars().count()) { Ok(Self(text)) } else { Err("must be 1 to 1000 characters") }
    }
}

impl From<Distractor> for String {
    fn from(text: Distractor) -> Self {
        text.0
    }
}

impl utoipa::PartialSchema for Distractor {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        lyceum_web::text::string("Bern", (1, 1000), "^[^\\u0000]*$", "A choice that belongs to nothing.").build().into()
    }
}

impl ToSchema for Distractor {
    fn name() -> std::borrow::Cow<'static, str> {
        "MatchingDistractor".into()
    }
}

/// The prompts, and the choices in an order that says nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Public {
    /// What something belongs to.
    pub prompts: Vec<Shown>,
    /// What may belong to them.
    pub choices: Vec<Shown>,
}

impl Matching {
    /// Ids and texts of the choices, by id: from the text, so that neither says what belongs where.
    fn choices(&self) -> BTreeMap<String, &str> {
        let texts = self.pairs.iter().map(|pair| pair.partner.as_str());
        let all = texts.chain(self.distractors.iter().map(|distractor| distractor.0.as_str()));
        all.map(|text| (items::blind(text), text)).collect()
    }
}

impl Kind for Matching {
    type Public = Public;

    fn settle(&mut self, _: &str) -> Result<(), Flaw> {
        items::settle("pairs", self.pairs.iter_mut().map(|pair| &mut pair.id))?;
        let partners: BTreeSet<_> = self.pairs.iter().map(|pair| pair.partner.as_str()).collect();
        let stray = self.distractors.iter().position(|distractor| partners.contains(distractor.0.as_str()));
        if let Some(place) = stray {
            return Err(Flaw::at(format!("/distractors/{place}"), "belongs to a pair"));
        }
        let enough = self.choices().len() >= 2;
        if enough { Ok(()) } else { Err(Flaw::at("/pairs", "must leave at least two choices")) }
    }

    fn public(&self) -> Public {
        let prompt = |pair: &Pair| Shown { id: items::id(pair.id.as_ref()).to_owned(), text: pair.text.clone() };
        let choices = self.choices().into_iter().map(|(id, text)| Shown { id, text: text.to_owned() });
        Public { prompts: self.pairs.iter().map(prompt).collect(), choices: choices.collect() }
    }

    fn arrange(public: &mut Public, order: &mut Shuffle) {
        order.shuffle(&mut public.prompts);
        order.shuffle(&mut public.choices);
    }

    fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
        let Response::Map(map) = response else { return Err(Misfit("must be an object from prompts to choices")) };
        let known = |id: &str| self.pairs.iter().any(|pair| pair.id.as_deref() == Some(id));
        if !map.keys().all(|id| known(id)) {
            return Err(Misfit("speaks of a prompt that is not in the question"));
        }
        let choices = self.choices();
        let (mut right, mut remarks, mut chosen) = (0, Vec::new(), Vec::new());
        for pair in &self.pairs {
            let id = items::id(pair.id.as_ref());
            let pick = match map.get(id) {
                Some(Pick::Text(pick)) if pick.is_empty() => None,
                Some(Pick::Text(pick)) => {
                    let known = choices.contains_key(pick);
                    Some(known.then_some(pick).ok_or(Misfit("names a choice that is not in the question"))?)
                }
                Some(Pick::Number(_)) => return Err(Misfit("must name choices by their ids")),
                None => None,
            };
            let fits = pick.is_some_and(|pick| *pick == items::blind(&pair.partner));
            right += usize::from(fits);
            chosen.extend(pick.map(|pick| format!("{id}:{pick}")));
            if !fits {
                remarks.extend(Remark::on(id, pair.feedback.as_ref()));
            }
        }
        Ok(Verdict { share: Some(Share::of(right, self.pairs.len())), remarks, chosen })
    }

    fn ideal(&self) -> Option<Response> {
        let pair = |pair: &Pair| (items::id(pair.id.as_ref()).to_owned(), Pick::Text(items::blind(&pair.partner)));
        Some(Response::Map(self.pairs.iter().map(pair).collect()))
    }

    fn guess(&self) -> Option<Share> {
        Some(Share::of(1, self.choices().len()))
    }
}
