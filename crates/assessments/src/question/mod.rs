//! Questions: nine types, one small module each.
//!
//! A type is a struct with its schema (serde, validator and utoipa), its checks, its grading and its public view, behind [`Kind`].
//! A tenth type is one new file and one line in the list below: storage, API, attempts, grading, review and statistics follow.
//! What those see who answer is [`Kind::Public`], a type that has no place for the key.
//!
//! An answer by index counts the options as the public view of the question lists them; ids are better.

pub mod cloze;
pub mod essay;
mod exact;
mod flat;
pub mod items;
pub mod matching;
pub mod multiple_choice;
pub mod numeric;
pub mod ordering;
mod response;
pub mod short_text;
pub mod single_choice;
#[cfg(test)]
mod tests;
pub mod true_false;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};

pub use flat::{one_of, read_part};
pub use response::{Pick, Response};

use crate::points::Share;
use crate::shuffle::Shuffle;

/// A type of question.
pub trait Kind: Clone + Serialize + DeserializeOwned + Validate + ToSchema {
    /// What those see who answer. It has no key in it.
    type Public: Serialize + DeserializeOwned + ToSchema;

    /// Completes what the author left out (ids) and says what is wrong with the question beyond its shape.
    fn settle(&mut self, text: &str) -> Result<(), Flaw>;

    /// What those see who answer, in an order that says nothing.
    fn public(&self) -> Self::Public;

    /// Puts what may stand in any order into another.
    fn arrange(_: &mut Self::Public, _: &mut Shuffle) {}

    /// What an answer is worth, or that it is none of this question.
    fn judge(&self, response: &Response) -> Result<Verdict, Misfit>;

    /// The same answer with its options by their ids, where it names them by their places.
    fn named(&self, response: &Response) -> Response {
        response.clone()
    }

    /// An answer that is worth all.
    fn ideal(&self) -> Option<Response>;

    /// What chance alone would be worth.
    fn guess(&self) -> Option<Share>;
}

/// What is wrong with a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where.
    pub pointer: String,
    /// What.
    pub message: &'static str,
}

impl Flaw {
    /// Something wrong at a place.
    pub fn at(pointer: impl Into<String>, message: &'static str) -> Self {
        Self { pointer: pointer.into(), message }
    }
}

/// Why an answer is none of this question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit(pub &'static str);

/// What somebody is told about a part of their answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AnswerFeedback)]
pub struct Remark {
    /// The option, prompt or gap.
    pub on: String,
    /// What they are told.
    pub text: String,
}

impl Remark {
    /// The feedback, if there is one.
    fn on(on: &str, text: Option<&String>) -> Vec<Self> {
        text.map(|text| Self { on: on.to_owned(), text: text.clone() }).into_iter().collect()
    }
}

/// What an answer is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The share of the points; none where a person decides.
    pub share: Option<Share>,
    /// Feedback.
    pub remarks: Vec<Remark>,
    /// The options that were chosen, for statistics.
    pub chosen: Vec<String>,
}

impl Verdict {
    const fn of(share: Share) -> Self {
        Self { share: Some(share), remarks: Vec::new(), chosen: Vec::new() }
    }
}

const fn full_credit() -> u8 {
    100
}

/// Ids of the options that a list names, each once, in the order of the options.
fn chosen_among(response: &Response, ids: &[&str]) -> Result<Vec<String>, Misfit> {
    let Response::List(list) = response else { return Err(Misfit("must be a list of options")) };
    let mut chosen = Vec::with_capacity(list.len());
    for pick in list {
        chosen.push(pick.among(ids.iter().copied()).ok_or(Misfit("is no option of the question"))?);
    }
    Ok(ids.iter().filter(|id| chosen.contains(id)).map(|id| (*id).to_owned()).collect())
}

macro_rules! kinds {
    ($($module:ident $type:ident $name:literal;)+) => {
        /// A question's type and all that is special about it.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type")]
        pub enum Body {
            $(
                #[doc = concat!("See `", $name, "`.")]
                #[serde(rename = $name)]
                $type($module::$type),
            )+
        }

        /// A question's type and what those see of it who answer. No variant has a key.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type")]
        pub enum PublicBody {
            $(
                #[doc = concat!("See `", $name, "`.")]
                #[serde(rename = $name)]
                $type($module::Public),
            )+
        }

        /// Types of question.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum QuestionType {
            $(
                #[doc = concat!("See `", $name, "`.")]
                $type,
            )+
        }

        impl QuestionType {
            /// Its name in the API.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$type => $name,)+ }
            }

            /// The type of this name.
            pub fn of_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$type),)+ _ => None }
            }
        }

        impl Body {
            /// The names of all types.
            pub const NAMES: &[&str] = &[$($name),+];

            /// Reads what is special about a type from the members that are not common to all. The fault says where.
            pub fn read(name: &str, members: serde_json::Value) -> Option<Result<Self, String>> {
                match name {
                    $($name => Some(read_part(members).map(Self::$type)),)+
                    _ => None,
                }
            }

            /// Its type.
            pub const fn kind(&self) -> QuestionType {
                match self { $(Self::$type(_) => QuestionType::$type,)+ }
            }

            /// Completes what the author left out and says what is wrong beyond the shape.
            pub fn settle(&mut self, text: &str) -> Result<(), Flaw> {
                match self { $(Self::$type(body) => body.settle(text),)+ }
            }

            /// What those see who answer.
            pub fn public(&self) -> PublicBody {
                match self { $(Self::$type(body) => PublicBody::$type(body.public()),)+ }
            }

            /// What an answer is worth.
            pub fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
                match self { $(Self::$type(body) => body.judge(response),)+ }
            }

            /// The same answer with its options by their ids.
            pub fn named(&self, response: &Response) -> Response {
                match self { $(Self::$type(body) => body.named(response),)+ }
            }

            /// An answer that is worth all.
            pub fn ideal(&self) -> Option<Response> {
                match self { $(Self::$type(body) => body.ideal(),)+ }
            }

            /// What chance alone would be worth.
            pub fn guess(&self) -> Option<Share> {
                match self { $(Self::$type(body) => body.guess(),)+ }
            }

            /// Whether a person marks it.
            pub const fn is_manual(&self) -> bool {
                matches!(self, Self::Essay(_))
            }
        }

        impl Validate for Body {
            fn validate(&self) -> Result<(), ValidationErrors> {
                match self { $(Self::$type(body) => body.validate(),)+ }
            }
        }

        impl PublicBody {
            /// Puts what may stand in any order into another.
            pub fn arrange(&mut self, order: &mut Shuffle) {
                match self { $(Self::$type(public) => <$module::$type as Kind>::arrange(public, order),)+ }
            }
        }

        impl Body {
            /// The schema of an object with common members and those of a type, for each type; of requests or of views.
            pub fn schema_with(common: &utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                use utoipa::PartialSchema as _;
                one_of(common, [$(($name, <$module::$type>::schema())),+])
            }

            /// The schemas that it refers to.
            pub fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
                $(<$module::$type as ToSchema>::schemas(schemas);)+
            }
        }

        impl PublicBody {
            /// The schema of an object with common members and those that are shown of a type, for each type.
            pub fn schema_with(common: &utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                use utoipa::PartialSchema as _;
                one_of(common, [$(($name, <$module::Public>::schema())),+])
            }

            /// The schemas that it refers to.
            pub fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
                $(<$module::Public as ToSchema>::schemas(schemas);)+
            }
        }
    };
}

// A new type is a file beside these, and a line here (and above, where it is declared).
kinds! {
    single_choice SingleChoice "single_choice";
    multiple_choice MultipleChoice "multiple_choice";
    true_false TrueFalse "true_false";
    numeric Numeric "numeric";
    short_text ShortText "short_text";
    matching Matching "matching";
    ordering Ordering "ordering";
    cloze Cloze "cloze";
    essay Essay "essay";
}
