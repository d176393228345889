//! What somebody answers: one shape for all types of question, so that saving an answer needs no look at the question.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Longest text, in characters: an essay.
pub const LONGEST: usize = 50_000;
/// Most choices in one answer.
pub const MOST: usize = 200;

/// An answer. Which shape a question takes, its type says: see each of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Response {
    /// `true_false`.
    Flag(bool),
    /// `numeric`; the index of an option of `single_choice`.
    #[serde(serialize_with = "plain")]
    Number(f64),
    /// `short_text`, `essay`; `numeric` with a decimal point or comma; the id of an option of `single_choice`.
    Text(String),
    /// `multiple_choice`, `ordering`.
    List(Vec<Pick>),
    /// `matching`, `cloze`: by the id of the prompt or gap.
    Map(BTreeMap<String, Pick>),
}

/// One of several choices: by its id or its index from 0, or what was typed into a gap.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Pick {
    /// A place from 0, or a number in a gap.
    #[serde(serialize_with = "plain")]
    Number(f64),
    /// An id, or text in a gap.
    Text(String),
}

impl Pick {
    /// Which of some ids it names, by itself or by its place.
    pub fn among<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let mut ids = ids.into_iter();
        match self {
            Self::Text(text) => ids.find(|id| id == text),
            Self::Number(number) => ids.enumerate().find(|(place, _)| is_place(*number, *place)).map(|(_, id)| id),
        }
    }

    /// As it would be typed.
    pub fn typed(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Whole numbers without a point, as they were sent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::trivially_copy_pass_by_ref,
    reason = "it is whole and fits; serde wants it so"
)]
fn plain<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let whole = number.fract() == 0.0 && number.abs() < 9e15;
    if whole { serializer.serialize_i64(*number as i64) } else { serializer.serialize_f64(*number) }
}

#[expect(clippy::cast_precision_loss, reason = "there are few options")]
fn is_place(number: f64, place: usize) -> bool {
    (number - place as f64).abs() < f64::EPSILON
}

impl Response {
    /// The answer as a single choice, if it can be one.
    pub fn pick(&self) -> Option<Pick> {
        match self {
            Self::Number(number) => Some(Pick::Number(*number)),
            Self::Text(text) => Some(Pick::Text(text.clone())),
            _ => None,
        }
    }

    /// Whether nothing was answered: empty text, nothing chosen.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Flag(_) | Self::Number(_) => false,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Map(map) => map.is_empty(),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Raw {
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<RawPick>),
    Map(BTreeMap<String, RawPick>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawPick {
    Number(f64),
    Text(String),
}

impl RawPick {
    fn checked(self) -> Result<Pick, &'static str> {
        match self {
            Self::Number(number) => Ok(Pick::Number(number)),
            Self::Text(text) if text.chars().count() <= 500 => Ok(Pick::Text(text)),
            Self::Text(_) => Err("must have choices of at most 500 characters"),
        }
    }
}

impl Raw {
    fn checked(self) -> Result<Response, &'static str> {
        match self {
            Self::Flag(flag) => Ok(Response::Flag(flag)),
            Self::Number(number) => Ok(Response::Number(number)),
            Self::Text(text) if text.chars().count() <= LONGEST => Ok(Response::Text(text)),
            Self::Text(_) => Err("must be at most 50000 characters"),
            Self::List(list) if list.len() <= MOST => {
                list.into_iter().map(RawPick::checked).collect::<Result<_, _>>().map(Response::List)
            }
            Self::Map(map) if map.len() <= MOST => {
                map.into_iter().map(|(id, pick)| Ok((id, pick.checked()?))).collect::<Result<_, _>>().map(Response::Map)
            }
            Self::List(_) | Self::Map(_) => Err("must have at most 200 choices"),
        }
    }
}

impl<'de> Deserialize<'de> for Response {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Raw::deserialize(deserializer)?.checked().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Response {
    fn schema() -> RefOr<Schema> {
        let of = |kind: Type| ObjectBuilder::new().schema_type(kind);
        let pick = || {
            let text = of(Type::String).max_length(Some(500));
            RefOr::T(Schema::OneOf(OneOfBuilder::new().item(of(Type::Number)).item(text).build()))
        };
        let map = of(Type::Object).additional_properties(Some(AdditionalProperties::RefOr(pick())));
        let map = map.max_properties(Some(MOST));
        let text = "`true_false`: true or false. `single_choice`: the id of an option, or its index from 0. `multiple_choice` and \
                    `ordering`: a list of them. `numeric`: a number, or text with a decimal point or comma. `short_text` and `essay`: \
                    text. `matching`: for each prompt the id of a choice. `cloze`: for each gap what is in it.";
        let one = OneOfBuilder::new()
            .item(of(Type::Boolean))
            .item(of(Type::Number))
            .item(of(Type::String).max_length(Some(LONGEST)))
            .item(ArrayBuilder::new().items(pick()).max_items(Some(MOST)))
            .item(map)
            .description(Some(text))
            .build();
        RefOr::T(Schema::OneOf(one))
    }
}

impl ToSchema for Response {
    fn name() -> std::borrow::Cow<'static, str> {
        "Answer".into()
    }
}
