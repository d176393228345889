//! Answers with weights, as GIFT, Moodle and QTI have them, as questions of this house.

use super::item::{Notes, short};
use crate::question::items::Choice;
use crate::question::{Body, multiple_choice, numeric, short_text, single_choice};

/// An answer and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// In per cent; may be negative.
    pub percent: f64,
    /// What it says: Markdown in an option, else words.
    pub text: String,
    /// What those are told who gave it, in Markdown.
    pub feedback: Option<String>,
}

const FULL: f64 = 99.99;

/// An option of a choice.
fn choice(answer: Weighed, correct: bool) -> Choice {
    Choice { id: None, text: answer.text, correct, feedback: answer.feedback }
}

/// A question with one right option.
pub fn single(answers: Vec<Weighed>, notes: &mut Notes) -> Result<Body, String> {
    match answers.iter().filter(|answer| answer.percent >= FULL).count() {
        0 => return Err("has no option that is worth 100 per cent".to_owned()),
        1 => {}
        count => return Err(format!("has {count} options that are worth 100 per cent, and one is to be chosen")),
    }
    if let Some(part) = answers.iter().find(|answer| answer.percent > 0.0 && answer.percent < FULL) {
        let text = short(&part.text, 40);
        notes.add(format!("the option \"{text}\" was worth {} per cent; it is worth nothing now", part.percent));
    }
    if answers.iter().any(|answer| answer.percent < 0.0) {
        notes.add("wrong options cost something there; here tests say what a wrong answer costs");
    }
    let options = answers.into_iter().map(|answer| {
        let correct = answer.percent >= FULL;
        choice(answer, correct)
    });
    Ok(Body::SingleChoice(single_choice::SingleChoice { options: options.collect() }))
}

/// A question with any number of right options.
pub fn multiple(answers: Vec<Weighed>, scoring: multiple_choice::Scoring, notes: &mut Notes) -> Result<Body, String> {
    let right: Vec<_> = answers.iter().map(|answer| answer.percent).filter(|percent| *percent > 0.0).collect();
    if right.is_empty() {
        return Err("has no option that is right".to_owned());
    }
    #[expect(clippy::cast_precision_loss, reason = "there are few options")]
    let even = 100.0 / right.len() as f64;
    let each = right.iter().all(|percent| (percent - even).abs() < 0.51 || *percent >= FULL);
    if scoring == multiple_choice::Scoring::Partial {
        if !each {
            notes.add("weights of options are not kept: each right one counts alike");
        }
        if answers.iter().any(|answer| answer.percent <= 0.0 && (answer.percent + even).abs() > 0.51) {
            notes.add("what wrong options cost is not kept: each takes away what a right one gives");
        }
    }
    let options = answers.into_iter().map(|answer| {
        let correct = answer.percent > 0.0;
        choice(answer, correct)
    });
    Ok(Body::MultipleChoice(multiple_choice::MultipleChoice { options: options.collect(), scoring }))
}

/// A weight in whole per cent from 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 100")]
pub fn percent(percent: f64, notes: &mut Notes) -> u8 {
    let whole = percent.clamp(0.0, 100.0).round();
    if (whole - percent).abs() > 0.001 {
        notes.add(format!("a weight of {percent} per cent became {whole}"));
    }
    whole as u8
}

/// A question answered by a few words.
pub fn short_text(answers: Vec<Weighed>, case_sensitive: bool, notes: &mut Notes) -> Body {
    let accepted = |answer: Weighed| short_text::Accepted {
        percent: percent(answer.percent, notes),
        pattern: answer.text,
        feedback: answer.feedback,
    };
    let answers = answers.into_iter().map(accepted).collect();
    Body::ShortText(short_text::ShortText { answers, case_sensitive })
}

/// A number that is taken, as text; `*` takes anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// The number as it was written.
    pub text: String,
    /// How far an answer may be away, as it was written.
    pub tolerance: String,
    /// In per cent.
    pub percent: f64,
    /// What those are told who gave it.
    pub feedback: Option<String>,
}

/// A number as people and machines write it.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim().replace(['\u{2212}'], "-").replace(',', ".");
    let text = text.replacen("*10^", "e", 1);
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A question answered by a number.
pub fn numeric(numbers: Vec<Number>, unit: Option<String>, notes: &mut Notes) -> Result<Body, String> {
    let mut answers = Vec::new();
    for found in numbers {
        if found.text.trim() == "*" {
            if found.percent > 0.0 {
                return Err("takes any number for an answer".to_owned());
            }
            if found.feedback.is_some() {
                notes.add("what is said to all other answers is not kept");
            }
            continue;
        }
        let value = number(&found.text)
            .ok_or_else(|| format!("has \"{}\" where a number should be", short(&found.text, 40)))?;
        let tolerance = match found.tolerance.trim() {
            "" => 0.0,
            text => {
                number(text).ok_or_else(|| format!("has a tolerance \"{}\" that is no number", short(text, 40)))?.abs()
            }
        };
        answers.push(numeric::Accepted {
            value,
            tolerance,
            percent: percent(found.percent, notes),
            feedback: found.feedback,
        });
    }
    Ok(Body::Numeric(numeric::Numeric { answers, unit }))
}
