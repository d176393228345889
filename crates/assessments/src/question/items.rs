//! Options and what they are called.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use validator::Validate;

use super::Flaw;

/// An option as its author has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuestionOption)]
pub struct Choice {
    /// What answers call it; made if left out, and kept through revisions if it is sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 36))]
    #[schema(min_length = 1, max_length = 36)]
    pub id: Option<String>,
    /// What it says, in Markdown.
    #[validate(length(min = 1, max = 5000))]
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
    /// Whether it is right.
    #[serde(default)]
    #[schema(required = false)]
    pub correct: bool,
    /// What those are told who chose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub feedback: Option<String>,
}

/// An option as those see it who answer: nothing in it says whether it is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PublicOption)]
pub struct Shown {
    /// What answers call it.
    pub id: String,
    /// What it says, in Markdown.
    pub text: String,
}

/// The id, once it has been settled.
pub fn id(id: Option<&String>) -> &str {
    id.map_or("", String::as_str)
}

/// The options without anything else.
pub fn shown(choices: &[Choice]) -> Vec<Shown> {
    choices.iter().map(|choice| Shown { id: id(choice.id.as_ref()).to_owned(), text: choice.text.clone() }).collect()
}

/// Gives ids to what has none, and sees that all differ: `a`, `b`, … where the order tells nothing.
pub fn settle<'a>(list: &str, ids: impl Iterator<Item = &'a mut Option<String>>) -> Result<(), Flaw> {
    let ids: Vec<_> = ids.collect();
    let mut taken: HashSet<String> = HashSet::new();
    for (place, id) in ids.iter().enumerate() {
        if let Some(id) = id
            && !taken.insert(id.clone())
        {
            return Err(Flaw::at(format!("/{list}/{place}/id"), "is used twice"));
        }
    }
    let mut names = (1_usize..).map(letters);
    for id in ids {
        if id.is_none() {
            *id = names.by_ref().find(|name| taken.insert(name.clone()));
        }
    }
    Ok(())
}

/// `a` to `z`, `aa`, …
fn letters(mut number: usize) -> String {
    let mut name = Vec::new();
    while number > 0 {
        number -= 1;
        name.push(b'a' + u8::try_from(number % 26).unwrap_or_default());
        number /= 26;
    }
    name.iter().rev().map(|byte| char::from(*byte)).collect()
}

/// The id of something whose place among its like is the key: it comes from its text and tells nothing else.
pub fn blind(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let number = hash.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{number:08x}")
}

/// Whether a text is such an id.
pub fn is_blind(id: &str) -> bool {
    id.len() == 8 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_around_those_that_there_are() {
        let mut ids = [None, Some("a".to_owned()), None];
        settle("options", ids.iter_mut()).unwrap();
        assert_eq!(ids.map(Option::unwrap), ["b", "a", "c"]);
        assert_eq!((letters(26), letters(27)), ("z".to_owned(), "aa".to_owned()));
        let mut twice = [Some("x".to_owned()), Some("x".to_owned())];
        assert_eq!(settle("options", twice.iter_mut()).unwrap_err().pointer, "/options/1/id");
        assert!(is_blind(&blind("Paris")) && blind("Paris") != blind("paris"));
    }
}
