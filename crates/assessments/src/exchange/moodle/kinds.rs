//! The types of Moodle's questions.

use super::{is_true, markdown, raw, told, words};
use crate::exchange::item::{Notes, short, some};
use crate::exchange::markup::Markup;
use crate::exchange::weights::{self, Number, Weighed};
use crate::exchange::xml::Element;
use crate::question::multiple_choice::Scoring;
use crate::question::{Body, essay, matching, ordering, true_false};

/// The type of a question and its key.
pub fn body(kind: &str, element: &Element, markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    match kind {
        "multichoice" => {
            let answers = weighed(element, true, markup, notes)?;
            if element.child("shuffleanswers").is_some_and(|shuffled| !is_true(&shuffled.text())) {
                notes.add("the order of its options was fixed; here tests say whether options are shuffled");
            }
            let single = element.child("single").is_none_or(|single| is_true(&single.text()));
            if single { weights::single(answers, notes) } else { weights::multiple(answers, Scoring::Partial, notes) }
        }
        "multichoiceset" => {
            let answers = weighed(element, true, markup, notes)?;
            weights::multiple(answers, Scoring::AllOrNothing, notes)
        }
        "truefalse" => statement(element, markup, notes),
        "shortanswer" => {
            let answers = weighed(element, false, markup, notes)?;
            let case_sensitive = element.child("usecase").is_some_and(|case| is_true(&case.text()));
            Ok(weights::short_text(answers, case_sensitive, notes))
        }
        "numerical" => numerical(element, markup, notes),
        "matching" | "match" => pairs(element, markup, notes),
        "ordering" => sequence(element, markup, notes),
        "essay" => written(element, notes),
        "description" => Err("is a description: text that asks nothing".to_owned()),
        "" => Err("has no type".to_owned()),
        other => Err(format!("is of a type that is not known here: {}", short(other, 60))),
    }
}

fn fraction(answer: &Element) -> Result<f64, String> {
    let fraction = answer.attribute("fraction").unwrap_or("0");
    weights::number(fraction).ok_or_else(|| format!("has a fraction \"{}\" that is no number", short(fraction, 30)))
}

fn weighed(element: &Element, option: bool, markup: Markup, notes: &mut Notes) -> Result<Vec<Weighed>, String> {
    let mut answers = Vec::new();
    for answer in element.all("answer") {
        let text = if option { markdown(answer, markup, notes)? } else { raw(answer).trim().to_owned() };
        answers.push(Weighed { percent: fraction(answer)?, text, feedback: told(answer, "feedback", markup, notes)? });
    }
    Ok(answers)
}

fn statement(element: &Element, markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    let (mut correct, mut feedback) = (None, [None, None]);
    for answer in element.all("answer") {
        let value = match raw(answer).trim().to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            other => return Err(format!("has an answer \"{}\" beside true and false", short(other, 40))),
        };
        if fraction(answer)? > 0.0 {
            correct = Some(value);
        }
        feedback[usize::from(value)] = told(answer, "feedback", markup, notes)?;
    }
    let [feedback_false, feedback_true] = feedback;
    let correct = correct.ok_or("does not say whether it is true")?;
    Ok(Body::TrueFalse(true_false::TrueFalse { correct, feedback_true, feedback_false }))
}

fn numerical(element: &Element, markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    let mut numbers = Vec::new();
    for answer in element.all("answer") {
        numbers.push(Number {
            text: raw(answer).trim().to_owned(),
            tolerance: answer.child("tolerance").map(Element::text).unwrap_or_default(),
            percent: fraction(answer)?,
            feedback: told(answer, "feedback", markup, notes)?,
        });
    }
    let units: Vec<_> = element.all("units").flat_map(|units| units.all("unit")).collect();
    let name = |unit: &&Element| words(unit, "unit_name");
    let is_base =
        |unit: &&&Element| weights::number(&words(unit, "multiplier")).is_some_and(|by| (by - 1.0).abs() < 1e-9);
    let unit = units.iter().find(is_base).map(name).and_then(some);
    let others: Vec<_> = units.iter().map(name).filter(|name| Some(name) != unit.as_ref()).collect();
    if !others.is_empty() {
        notes.add(format!("answers in other units are not taken: {}", short(&others.join(", "), 100)));
    }
    weights::numeric(numbers, unit, notes)
}

fn pairs(element: &Element, markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    let (mut pairs, mut distractors) = (Vec::new(), Vec::new());
    for question in element.all("subquestion") {
        let text = markdown(question, markup, notes)?;
        let partner = words(question, "answer");
        if !text.is_empty() {
            pairs.push(matching::Pair { id: None, text, partner, feedback: None });
        } else if !partner.is_empty() {
            distractors
                .push(matching::Distractor::try_from(partner).map_err(|reason| format!("has a choice that {reason}"))?);
        }
    }
    Ok(Body::Matching(matching::Matching { pairs, distractors }))
}

fn sequence(element: &Element, markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    let mut items = Vec::new();
    for answer in element.all("answer") {
        items.push((fraction(answer)?, ordering::Item { id: None, text: markdown(answer, markup, notes)? }));
    }
    // The fraction is the place.
    items.sort_by(|a, b| a.0.total_cmp(&b.0));
    let scoring = match words(element, "gradingtype").to_ascii_uppercase().as_str() {
        "ALL_OR_NOTHING" => ordering::Scoring::AllOrNothing,
        "RELATIVE_ALL_PREVIOUS_AND_NEXT" => ordering::Scoring::Pairs,
        "ABSOLUTE_POSITION" => ordering::Scoring::Places,
        other => {
            notes.add(format!("its grading is not known here: {}; each item in its place counts", short(other, 60)));
            ordering::Scoring::Places
        }
    };
    Ok(Body::Ordering(ordering::Ordering { items: items.into_iter().map(|(_, item)| item).collect(), scoring }))
}

fn written(element: &Element, notes: &mut Notes) -> Result<Body, String> {
    let limit = |name: &str| words(element, name).parse::<u16>().ok().filter(|words| *words > 0);
    if words(element, "attachments").parse::<i32>().is_ok_and(|files| files != 0) {
        notes.add("files could be handed in with it; here text is");
    }
    Ok(Body::Essay(essay::Essay {
        min_words: limit("minwordlimit"),
        max_words: limit("maxwordlimit"),
        rubric: Vec::new(),
        show_rubric: false,
        sample_answer: None,
        marking_notes: told(element, "graderinfo", Markup::Html, notes)?,
        two_markers: false,
    }))
}
