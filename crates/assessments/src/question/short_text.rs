//! A few words, by patterns.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use utoipa::ToSchema;
use validator::Validate;

use super::{Flaw, Kind, Misfit, Pick, Remark, Response, Verdict, full_credit};
use crate::points::Share;

/// A text that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TextAnswer)]
pub struct Accepted {
    /// The text; `*` stands for anything, `\*` for itself. Spaces at the ends and in a row do not count.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub pattern: String,
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

/// A few words. The first of the answers that takes them counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShortText {
    /// 1 to 50 texts that are taken, one of them worth 100 per cent.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub answers: Vec<Accepted>,
    /// Whether capital letters matter; they do not if left out.
    #[serde(default)]
    #[schema(required = false)]
    pub case_sensitive: bool,
}

/// Nothing beside the question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Public {}

/// A text as it is compared: one Unicode form (NFC), single spaces, and one case where that does not matter.
pub fn plain(text: &str, case_sensitive: bool) -> Vec<char> {
    let composed: String = text.nfc().collect();
    let spaced = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = if case_sensitive { spaced } else { spaced.to_lowercase().to_uppercase().to_lowercase() };
    text.chars().collect()
}

/// One sign of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Anything,
    Only(char),
}

fn signs(pattern: &str, case_sensitive: bool) -> Vec<Sign> {
    let mut signs = Vec::new();
    let text = plain(pattern, case_sensitive);
    let mut rest = text.iter().copied().peekable();
    while let Some(sign) = rest.next() {
        match (sign, rest.peek()) {
            ('\\', Some('*' | '\\')) => signs.extend(rest.next().map(Sign::Only)),
            ('*', _) => signs.push(Sign::Anything),
            (sign, _) => signs.push(Sign::Only(sign)),
        }
    }
    signs
}

/// Whether a text fits a pattern: in the product of their lengths at most, whatever the pattern.
pub fn fits(text: &str, pattern: &str, case_sensitive: bool) -> bool {
    let (text, signs) = (plain(text, case_sensitive), signs(pattern, case_sensitive));
    let (mut at, mut sign, mut last) = (0, 0, None);
    while at < text.len() {
        match signs.get(sign) {
            Some(Sign::Anything) => {
                last = Some((sign, at));
                sign += 1;
            }
            Some(Sign::Only(wanted)) if *wanted == text[at] => {
                at += 1;
                sign += 1;
            }
            // The last asterisk takes one more.
            _ => {
                let Some((asterisk, taken)) = last else { return false };
                last = Some((asterisk, taken + 1));
                (sign, at) = (asterisk + 1, taken + 1);
            }
        }
    }
    signs[sign..].iter().all(|sign| *sign == Sign::Anything)
}

/// A text that fits a pattern.
pub fn example(pattern: &str) -> String {
    let text = signs(pattern, true).into_iter().filter_map(|sign| match sign {
        Sign::Only(sign) => Some(sign),
        Sign::Anything => None,
    });
    text.collect()
}

impl Kind for ShortText {
    type Public = Public;

    fn settle(&mut self, _: &str) -> Result<(), Flaw> {
        let blank = |answer: &Accepted| answer.pattern.trim().is_empty();
        if let Some(place) = self.answers.iter().position(blank) {
            return Err(Flaw::at(format!("/answers/{place}/pattern"), "must not be blank"));
        }
        let full = self.answers.iter().any(|answer| answer.percent == 100);
        if full { Ok(()) } else { Err(Flaw::at("/answers", "must have one that is worth 100 per cent")) }
    }

    fn public(&self) -> Public {
        Public {}
    }

    fn judge(&self, response: &Response) -> Result<Verdict, Misfit> {
        let text = response.pick().as_ref().map(Pick::typed).ok_or(Misfit("must be text"))?;
        if text.chars().count() > 500 {
            return Err(Misfit("must be at most 500 characters"));
        }
        let found = self.answers.iter().enumerate().find(|(_, a)| fits(&text, &a.pattern, self.case_sensitive));
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
        Some(Response::Text(example(&self.answers.iter().find(|answer| answer.percent == 100)?.pattern)))
    }

    fn guess(&self) -> Option<Share> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (text, pattern) in [
            ("Paris", "paris"),
            ("  the   Seine ", "the seine"),
            ("photosynthesis", "photo*"),
            ("aXbYc", "a*b*c"),
            ("", "*"),
            ("2*3", "2\\*3"),
            ("E\u{301}cole", "\u{e9}cole"),
            ("STRASSE", "stra\u{df}e"),
        ] {
            assert!(fits(text, pattern, false), "{text} {pattern}");
        }
        for (text, pattern) in [("Paris", "pari"), ("ab", "a*c"), ("2x3", "2\\*3"), ("", "a*"), ("xa", "a*")] {
            assert!(!fits(text, pattern, false), "{text} {pattern}");
        }
        assert!(!fits("paris", "Paris", true) && fits("Paris", "Paris", true));
        let began = std::time::Instant::now();
        assert!(!fits(&"a".repeat(500), &"a*".repeat(200), false) || began.elapsed().as_millis() < 100);
        assert!(fits(&example("a\\*b*c"), "a\\*b*c", true));
    }
}
