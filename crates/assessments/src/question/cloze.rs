//! A text with gaps.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::exact::Exact;
use super::items::{self, Shown};
use super::{Flaw, Kind, Misfit, Pick, Remark, Response, Verdict, full_credit, numeric, short_text};
use crate::points::Share;
use crate::shuffle::Shuffle;

/// What goes into a gap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClozeInput)]
pub enum Input {
    /// A few words, by patterns as in `short_text`.
    #[default]
    Text,
    /// A number.
    Number,
    /// One of the answers.
    Choice,
}

/// What is taken in a gap, or offered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClozeAnswer)]
pub struct Accepted {
    /// A pattern, a number, or an option.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub text: String,
    /// How far a number may be away.
    #[serde(default)]
    #[validate(range(min = 0.0, max = 1e15))]
    #[schema(minimum = 0, maximum = 1e15, required = false)]
    pub tolerance: f64,
    /// What it is worth; 100 if left out, 0 for an option that is wrong.
    #[serde(default = "full_credit")]
    #[validate(range(max = 100))]
    #[schema(maximum = 100, required = false)]
    pub percent: u8,
    /// What those are told who answered so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub feedback: Option<String>,
}

/// A gap: `{{id}}` in the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClozeGap)]
pub struct Gap {
    /// What stands between the braces, and what answers call it.
    #[validate(length(min = 1, max = 36))]
    #[schema(min_length = 1, max_length = 36)]
    pub id: String,
    /// What goes into it; `text` if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub input: Input,
    /// How much it counts beside the others; 1 if left out.
    #[serde(default = "once")]
    #[validate(range(min = 1, max = 100))]
    #[schema(minimum = 1, maximum = 100, required = false)]
    pub weight: u8,
    /// Whether capital letters matter.
    #[serde(default)]
    #[schema(required = false)]
    pub case_sensitive: bool,
    /// 1 to 30 answers, one of them worth 100 per cent. The first that fits counts.
    #[validate(length(min = 1, max = 30), nested)]
    #[schema(min_items = 1, max_items = 30)]
    pub answers: Vec<Accepted>,
}

const fn once() -> u8 {
    1
}

/// A text with gaps. Answered by an object from the ids of gaps to what goes into them; of a choice, its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cloze {
    /// 1 to 50 gaps, each once in the text.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub gaps: Vec<Gap>,
}

/// A gap as those see it who fill it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PublicGap)]
pub struct ShownGap {
    /// What answers call it.
    pub id: String,
    /// What goes into it.
    pub input: Input,
    /// What there is to choose from, in an order that says nothing.
    pub choices: Vec<Shown>,
}

/// The gaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Public {
    /// In the order in which they were written.
    pub gaps: Vec<ShownGap>,
}

impl Gap {
    fn choices(&self) -> BTreeMap<String, &str> {
        let all = self.answers.iter().map(|answer| (items::blind(&answer.text), answer.text.as_str()));
        if self.input == Input::Choice { all.collect() } else { BTreeMap::new() }
    }

    fn settle(&self, at: &str, text: &str) -> Result<(), Flaw> {
        let mark = format!("{{{{{}}}}}", self.id);
        if text.matches(&mark).count() != 1 {
            return Err(Flaw::at(format!("{at}/id"), "must stand in the text once, between double braces"));
        }
        let numbers = self.input != Input::Number || self.answers.iter().all(|a| Exact::parse(&a.text).is_some());
        if !numbers {
            return Err(Flaw::at(format!("{at}/answers"), "must be numbers"));
        }
        if self.input == Input::Choice && (self.answers.len() < 2 || self.choices().len() != self.answers.len()) {
            return Err(Flaw::at(format!("{at}/answers"), "must be two choices or more that differ"));
        }
        let full = self.answers.iter().any(|answer| answer.percent == 100);
        if full { Ok(()) } else { Err(Flaw::at(format!("{at}/answers"), "must have one worth 100 per cent")) }
    }

    /// Which of the answers somebody gave, if any.
    fn found(&self, pick: &Pick) -> Result<Option<&Accepted>, Misfit> {
        let typed = pick.typed();
        let mut answers = self.answers.iter();
        match self.input {
            Input::Text => Ok(answers.find(|answer| short_text::fits(&typed, &answer.text, self.case_sensitive))),
            Input::Number => {
                let number = Exact::parse(&typed).ok_or(Misfit("must have numbers where gaps take numbers"))?;
                let value = |answer: &Accepted| answer.text.trim().replace(',', ".").parse().unwrap_or(f64::NAN);
                Ok(answers.find(|answer| numeric::takes(number, value(answer), answer.tolerance)))
            }
            Input::Choice => {
                let found = answers.find(|answer| items::blind(&answer.text) == typed);
                found.map(Some).ok_or(Misfit("names a choice that is not in the gap"))
            }
        }
    }
}

impl Kind for Cloze {
    type Public = Public;

    fn settle(&mut self, text: &str) -> Result<(), Flaw> {
        let mut seen = HashSet::new();
        for (place, gap) in self.gaps.iter().enumerate() {
            let at = format!("/gaps/{place}");
            if !seen.insert(&gap.id) {
                return Err(Flaw::at(format!("{at}/id"), "is used twice"));
            }
            gap.settle(&at, text)?;
        }
        Ok(())
    }

    fn public(&self) -> Public {
        let shown = |gap: &Gap| ShownGap {
            id: gap.id.clone(),
            input: gap.input,
            choices: gap.choices().into_iter().map(|(id, text)| Shown { id, text: text.to_owned() }).collect(),
        };
        Public { gaps: self.gaps.iter().map(shown).collect() }
    }

    fn arrange(public: &mut Public, order: &mut Shuffle) {
        public.gaps.iter_mut().for_each(|gap| order.shuffle(&mut gap.choices));
    }

    fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
        let Response::Map(map) = response else { return Err(Misfit("must be an object from gaps to answers")) };
        if !map.keys().all(|id| self.gaps.iter().any(|gap| gap.id == *id)) {
            return Err(Misfit("speaks of a gap that is not in the question"));
        }
        let (mut shares, mut remarks, mut chosen) = (Vec::new(), Vec::new(), Vec::new());
        for gap in &self.gaps {
            let pick = map.get(&gap.id).filter(|pick| !pick.typed().trim().is_empty());
            let found = pick.map(|pick| gap.found(pick)).transpose()?.flatten();
            let share = found.map_or(Share::NONE, |answer| Share::percent(answer.percent));
            shares.push((gap.weight, share));
            if let Some(answer) = found {
                remarks.extend(Remark::on(&gap.id, answer.feedback.as_ref()));
                chosen.push(format!("{}:{}", gap.id, items::blind(&answer.text)));
            }
        }
        Ok(Verdict { share: Some(Share::weighted(shares)), remarks, chosen })
    }

    fn ideal(&self) -> Option<Response> {
        let best = |gap: &Gap| {
            let answer = gap.answers.iter().find(|answer| answer.percent == 100)?;
            let text = match gap.input {
                Input::Text => short_text::example(&answer.text),
                Input::Number => answer.text.clone(),
                Input::Choice => items::blind(&answer.text),
            };
            Some((gap.id.clone(), Pick::Text(text)))
        };
        self.gaps.iter().map(best).collect::<Option<_>>().map(Response::Map)
    }

    fn guess(&self) -> Option<Share> {
        None
    }
}
