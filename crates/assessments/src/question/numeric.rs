//! A number, within a tolerance.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::exact::{Exact, LARGEST};
use super::{Flaw, Kind, Misfit, Remark, Response, Verdict, full_credit};
use crate::points::Share;

/// A number that is taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NumericAnswer)]
pub struct Accepted {
    /// The number.
    #[validate(range(min = -1e15, max = 1e15))]
    #[schema(minimum = -1e15, maximum = 1e15)]
    pub value: f64,
    /// How far an answer may be away from it; exactly 0 if left out. Decimals are compared as they are written.
    #[serde(default)]
    #[validate(range(min = 0.0, max = 1e15))]
    #[schema(minimum = 0, maximum = 1e15, required = false)]
    pub tolerance: f64,
    /// What it is worth; 100 if left out.
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

/// A number. The first of the answers that takes it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Numeric {
    /// 1 to 20 numbers that are taken, one of them worth 100 per cent.
    #[validate(length(min = 1, max = 20), nested)]
    #[schema(min_items = 1, max_items = 20)]
    pub answers: Vec<Accepted>,
    /// The unit that stands behind the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 40))]
    #[schema(max_length = 40)]
    pub unit: Option<String>,
}

/// The unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Public {
    /// The unit that stands behind the field.
    pub unit: Option<String>,
}

/// Whether a number is taken.
pub fn takes(number: Exact, value: f64, tolerance: f64) -> bool {
    let (value, tolerance) = (Exact::of(value), Exact::of(tolerance));
    value.zip(tolerance).is_some_and(|(value, tolerance)| number.is_within(tolerance, value))
}

impl Kind for Numeric {
    type Public = Public;

    fn settle(&mut self, _: &str) -> Result<(), Flaw> {
        let sane = |answer: &Accepted| answer.value.abs() <= LARGEST && (0.0..=LARGEST).contains(&answer.tolerance);
        if let Some(place) = self.answers.iter().position(|answer| !sane(answer)) {
            return Err(Flaw::at(format!("/answers/{place}"), "is too large a number"));
        }
        let full = self.answers.iter().any(|answer| answer.percent == 100);
        if full { Ok(()) } else { Err(Flaw::at("/answers", "must have one that is worth 100 per cent")) }
    }

    fn public(&self) -> Public {
        Public { unit: self.unit.clone() }
    }

    fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
        let number = match response {
            Response::Number(number) => Exact::of(*number),
            Response::Text(text) => Exact::parse(text),
            _ => None,
        };
        let number = number.ok_or(Misfit("must be a number"))?;
        let found = self.answers.iter().enumerate().find(|(_, a)| takes(number, a.value, a.tolerance));
        Ok(match found {
            Some((place, answer)) => Verdict {
                share: Some(Share::percent(answer.percent)),
                remarks: Remark::on(&place.to_string(), answer.feedback.as_ref()),
                chosen: vec![place.to_string()],
            },
            None => Verdict::of(Share::NONE),
        })
    }

    fn ideal(&self) -> Option<Response> {
        Some(Response::Number(self.answers.iter().find(|answer| answer.percent == 100)?.value))
    }

    fn guess(&self) -> Option<Share> {
        None
    }
}
