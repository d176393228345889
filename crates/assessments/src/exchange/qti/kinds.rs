//! Interactions as types of question.

use std::collections::HashMap;

use super::body::{self, Body};
use super::declarations::{Declaration, Declarations, Processing};
use crate::exchange::gift::empty_essay;
use crate::exchange::item::{Notes, short, some};
use crate::exchange::markup::Markup;
use crate::exchange::weights::{self, Number, Weighed};
use crate::exchange::xml::Element;
use crate::question::cloze::{Accepted, Cloze, Gap, Input};
use crate::question::multiple_choice::Scoring;
use crate::question::{self, matching, ordering, true_false};

/// What is asked, in Markdown, and the type with its key.
pub fn question(
    body: &Body<'_>,
    declared: &Declarations,
    notes: &mut Notes,
) -> Result<(String, question::Body), String> {
    let text = |html: &str, notes: &mut Notes| Markup::Html.markdown(html, notes);
    if body.gaps > 1 && body.gaps == body.interactions.len() {
        return Ok((text(&body.html, notes)?, gaps(body, declared, notes)?));
    }
    let [interaction] = body.interactions.as_slice() else {
        let names: Vec<_> = body.interactions.iter().map(|interaction| short(&interaction.name, 40)).collect();
        return Err(match names.len() {
            0 => "has no interaction: it asks nothing".to_owned(),
            count => format!("has {count} interactions ({}); a question here has one", short(&names.join(", "), 200)),
        });
    };
    let kind = match interaction.name.as_str() {
        "choiceinteraction" => choice(interaction, declared, notes)?,
        "orderinteraction" => order(interaction, declared, notes)?,
        "matchinteraction" => pairs(interaction, declared, notes)?,
        "extendedtextinteraction" => essay(interaction, body, declared, notes)?,
        "inlinechoiceinteraction" => return Ok((text(&body.html, notes)?, gaps(body, declared, notes)?)),
        "textentryinteraction" => {
            let found = entry(interaction, declared, notes)?;
            return Ok((without_gap(&text(&body.html, notes)?), found));
        }
        other => return Err(format!("has an interaction of a type that is not known here: {}", short(other, 60))),
    };
    Ok((text(&body.html, notes)?, kind))
}

/// A gap at the end needs no mark: the answer goes below.
fn without_gap(text: &str) -> String {
    match text.trim_end().strip_suffix("{{1}}").map(str::trim_end) {
        Some(before) if !before.is_empty() => before.to_owned(),
        _ => text.replace("{{1}}", "_____"),
    }
}

struct Simple {
    id: String,
    text: String,
    feedback: Option<String>,
}

fn simple(interaction: &Element, name: &str, notes: &mut Notes) -> Result<Vec<Simple>, String> {
    let mut all = Vec::new();
    for choice in interaction.all(name) {
        let (html, feedback) = body::content(choice, notes)?;
        all.push(Simple {
            id: choice.attribute("identifier").unwrap_or_default().trim().to_owned(),
            text: Markup::Html.markdown(&html, notes)?,
            feedback: some(Markup::Html.markdown(&feedback, notes)?),
        });
    }
    Ok(all)
}

fn choice(interaction: &Element, declared: &Declarations, notes: &mut Notes) -> Result<question::Body, String> {
    let declaration = declared.of_interaction(interaction)?;
    let choices = simple(interaction, "simplechoice", notes)?;
    let several = declaration.cardinality == "multiple";
    let worth: HashMap<_, _> = declaration.weights(declared.processing, several).into_iter().collect();
    if worth.is_empty() {
        return Err("says of no option that it is right".to_owned());
    }
    if let Some(unknown) = worth.keys().find(|id| !choices.iter().any(|choice| choice.id == **id)) {
        return Err(format!("says that \"{}\" is right, which is no option", short(unknown, 60)));
    }
    let is = |choice: &Simple, word: &str| choice.id.eq_ignore_ascii_case(word);
    if !several && choices.len() == 2 && is(&choices[0], "true") && is(&choices[1], "false") {
        let full = |choice: &Simple| worth.get(&choice.id).is_some_and(|percent| *percent > 99.0);
        let correct = full(&choices[0]);
        let mut feedback = choices.into_iter().map(|choice| choice.feedback);
        let (feedback_true, feedback_false) = (feedback.next().flatten(), feedback.next().flatten());
        return Ok(question::Body::TrueFalse(true_false::TrueFalse { correct, feedback_true, feedback_false }));
    }
    let weighed = |choice: Simple| Weighed {
        percent: worth.get(&choice.id).copied().unwrap_or_default(),
        text: choice.text,
        feedback: choice.feedback,
    };
    let answers = choices.into_iter().map(weighed).collect();
    if !several {
        return weights::single(answers, notes);
    }
    let mapped = declared.processing == Processing::MapResponse;
    weights::multiple(answers, if mapped { Scoring::Partial } else { Scoring::AllOrNothing }, notes)
}

/// The place for the feedback of the option that has this identifier.
pub fn option_of<'k>(kind: &'k mut question::Body, body: &Body<'_>, id: &str) -> Option<&'k mut Option<String>> {
    let interaction = body.interactions.first()?;
    let place = interaction.all("simplechoice").position(|choice| choice.attribute("identifier") == Some(id))?;
    match kind {
        question::Body::SingleChoice(choice) => choice.options.get_mut(place).map(|option| &mut option.feedback),
        question::Body::MultipleChoice(choice) => choice.options.get_mut(place).map(|option| &mut option.feedback),
        question::Body::TrueFalse(statement) => {
            Some(if place == 0 { &mut statement.feedback_true } else { &mut statement.feedback_false })
        }
        _ => None,
    }
}

fn order(interaction: &Element, declared: &Declarations, notes: &mut Notes) -> Result<question::Body, String> {
    let declaration = declared.of_interaction(interaction)?;
    let choices = simple(interaction, "simplechoice", notes)?;
    if declaration.correct.len() != choices.len() {
        return Err("does not say the right order of all its items".to_owned());
    }
    let mut items = Vec::new();
    for id in &declaration.correct {
        let choice = choices.iter().find(|choice| choice.id == *id);
        let choice = choice.ok_or_else(|| format!("orders \"{}\", which is no item", short(id, 60)))?;
        items.push(ordering::Item { id: None, text: choice.text.clone() });
    }
    Ok(question::Body::Ordering(ordering::Ordering { items, scoring: ordering::Scoring::AllOrNothing }))
}

fn pairs(interaction: &Element, declared: &Declarations, notes: &mut Notes) -> Result<question::Body, String> {
    let declaration = declared.of_interaction(interaction)?;
    let sets: Vec<_> = interaction.all("simplematchset").collect();
    let [left, right] = sets.as_slice() else { return Err("has not two sets to be matched".to_owned()) };
    let (mut left, mut right) =
        (simple(left, "simpleassociablechoice", notes)?, simple(right, "simpleassociablechoice", notes)?);
    let worth = declaration.weights(declared.processing, true);
    let mut found: Vec<(&str, &str)> = Vec::new();
    for (pair, _) in worth.iter().filter(|(_, percent)| *percent > 0.0) {
        found.push(pair.split_once(char::is_whitespace).map(|(a, b)| (a, b.trim())).ok_or("has a pair that is none")?);
    }
    let twice = |mut ids: Vec<&str>| {
        ids.sort_unstable();
        ids.windows(2).any(|two| two[0] == two[1])
    };
    if twice(found.iter().map(|(a, _)| *a).collect()) && !twice(found.iter().map(|(_, b)| *b).collect()) {
        std::mem::swap(&mut left, &mut right);
        found = found.into_iter().map(|(a, b)| (b, a)).collect();
    }
    if twice(found.iter().map(|(a, _)| *a).collect()) {
        return Err("matches an item with several others".to_owned());
    }
    let words = |text: &str| crate::exchange::markup::words(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut pairs = Vec::new();
    for prompt in &left {
        let partner =
            found.iter().find(|(a, _)| *a == prompt.id).and_then(|(_, b)| right.iter().find(|choice| choice.id == *b));
        let partner = partner.ok_or_else(|| format!("matches \"{}\" with nothing", short(&prompt.id, 60)))?;
        pairs.push(matching::Pair {
            id: None,
            text: prompt.text.clone(),
            partner: words(&partner.text),
            feedback: None,
        });
    }
    let rest = right.iter().filter(|choice| !found.iter().any(|(_, b)| *b == choice.id));
    let rest = rest.map(|choice| matching::Distractor::try_from(words(&choice.text)));
    let distractors = rest.collect::<Result<_, _>>().map_err(|reason| format!("has a choice that {reason}"))?;
    Ok(question::Body::Matching(matching::Matching { pairs, distractors }))
}

fn essay(
    interaction: &Element,
    body: &Body<'_>,
    declared: &Declarations,
    notes: &mut Notes,
) -> Result<question::Body, String> {
    let question::Body::Essay(mut essay) = empty_essay() else { return Err("is no essay".to_owned()) };
    let correct = declared.of_interaction(interaction).map(|declaration| declaration.correct).unwrap_or_default();
    essay.sample_answer = correct.into_iter().next().and_then(some);
    essay.marking_notes = some(Markup::Html.markdown(&body.for_scorers, notes)?);
    Ok(question::Body::Essay(essay))
}

fn numbers(declaration: &Declaration, declared: &Declarations) -> Vec<Number> {
    let reach = |value: &str| match declared.tolerance {
        Some((percent, true)) => weights::number(value).map_or(0.0, |value| (value * percent / 100.0).abs()),
        Some((reach, false)) => reach,
        None => 0.0,
    };
    let worth = declaration.weights(declared.processing, false).into_iter();
    worth.map(|(text, percent)| Number { tolerance: reach(&text).to_string(), text, percent, feedback: None }).collect()
}

/// A text in which an asterisk is one.
fn pattern(text: &str) -> String {
    text.replace('\\', "\\\\").replace('*', "\\*")
}

fn is_exact(declaration: &Declaration) -> bool {
    declaration.mapping.is_empty() || declaration.mapping.iter().any(|(_, _, exact)| *exact)
}

fn entry(interaction: &Element, declared: &Declarations, notes: &mut Notes) -> Result<question::Body, String> {
    let declaration = declared.of_interaction(interaction)?;
    if declaration.is_number() {
        return weights::numeric(numbers(&declaration, declared), None, notes);
    }
    let worth = declaration.weights(declared.processing, false).into_iter().filter(|(_, percent)| *percent > 0.0);
    let answers: Vec<_> =
        worth.map(|(text, percent)| Weighed { percent, text: pattern(&text), feedback: None }).collect();
    if answers.is_empty() {
        return Err("does not say what is right".to_owned());
    }
    Ok(weights::short_text(answers, is_exact(&declaration), notes))
}

fn gaps(body: &Body<'_>, declared: &Declarations, notes: &mut Notes) -> Result<question::Body, String> {
    let mut gaps = Vec::new();
    for (place, interaction) in body.interactions.iter().enumerate() {
        let declaration = declared.of_interaction(interaction)?;
        let (input, answers) = if interaction.name == "inlinechoiceinteraction" {
            (Input::Choice, offered(interaction, &declaration, declared, notes)?)
        } else if declaration.is_number() {
            let answer = |found: Number, notes: &mut Notes| {
                accepted(found.text, found.tolerance.parse().unwrap_or_default(), found.percent, notes)
            };
            (Input::Number, numbers(&declaration, declared).into_iter().map(|found| answer(found, notes)).collect())
        } else {
            let worth = declaration.weights(declared.processing, false).into_iter();
            (Input::Text, worth.map(|(text, percent)| accepted(pattern(&text), 0.0, percent, notes)).collect())
        };
        let case_sensitive = input == Input::Text && is_exact(&declaration);
        gaps.push(Gap { id: (place + 1).to_string(), input, weight: 1, case_sensitive, answers });
    }
    Ok(question::Body::Cloze(Cloze { gaps }))
}

fn accepted(text: String, tolerance: f64, percent: f64, notes: &mut Notes) -> Accepted {
    Accepted { text, tolerance, percent: weights::percent(percent, notes), feedback: None }
}

fn offered(
    interaction: &Element,
    declaration: &Declaration,
    declared: &Declarations,
    notes: &mut Notes,
) -> Result<Vec<Accepted>, String> {
    let worth: HashMap<_, _> = declaration.weights(declared.processing, false).into_iter().collect();
    let mut answers = Vec::new();
    for choice in interaction.all("inlinechoice") {
        let id = choice.attribute("identifier").unwrap_or_default().trim();
        let text = choice.text().split_whitespace().collect::<Vec<_>>().join(" ");
        answers.push(accepted(text, 0.0, worth.get(id).copied().unwrap_or_default(), notes));
    }
    if answers.is_empty() { Err("has a gap with nothing to choose from".to_owned()) } else { Ok(answers) }
}
