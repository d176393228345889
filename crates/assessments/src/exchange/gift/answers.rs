//! What stands between the braces.

use super::formatted;
use super::signs::{self, Sign};
use crate::exchange::item::{Notes, short, some};
use crate::exchange::markup::Markup;
use crate::exchange::weights::{self, Number, Weighed};
use crate::question::multiple_choice::Scoring;
use crate::question::{Body, essay, matching, ordering, true_false};

/// A text in Markdown.
pub fn markdown(signs: &[Sign], otherwise: Markup, notes: &mut Notes) -> Result<String, String> {
    let (markup, signs) = formatted(signs, otherwise);
    markup.markdown(&signs::text(signs), notes)
}

fn words(signs: &[Sign], otherwise: Markup, notes: &mut Notes) -> Result<String, String> {
    let (markup, signs) = formatted(signs, otherwise);
    markup.words(&signs::text(signs), notes)
}

/// The type of a question and its key.
pub fn body(inner: &[Sign], markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    let inner = signs::trimmed(inner);
    if inner.is_empty() {
        return Ok(empty_essay());
    }
    if signs::starts_with(inner, "#") {
        return numbers(&inner[1..], markup, notes);
    }
    if signs::starts_with(inner, ">") {
        return sequence(&signs::text(&inner[1..]), markup, notes);
    }
    if signs::find(inner, "~").is_some() {
        return choices(inner, markup, notes);
    }
    if signs::starts_with(inner, "=") {
        let answers: Vec<_> = signs::divided(inner, &['=']).into_iter().skip(1).map(|answer| &answer[1..]).collect();
        if answers.iter().all(|answer| signs::find(answer, "->").is_some()) {
            return pairs(&answers, markup, notes);
        }
        let answers = answers.into_iter().map(|answer| weighed(answer, 100.0, markup, false, notes));
        let answers = answers.collect::<Result<_, _>>()?;
        return Ok(weights::short_text(answers, false, notes));
    }
    statement(inner, markup, notes)
}

/// An essay of which nothing is known.
pub fn empty_essay() -> Body {
    Body::Essay(essay::Essay {
        min_words: None,
        max_words: None,
        rubric: Vec::new(),
        show_rubric: false,
        sample_answer: None,
        marking_notes: None,
        two_markers: false,
    })
}

/// A weight, what follows, and feedback.
type Split<'s> = (f64, &'s [Sign], Option<&'s [Sign]>);

/// `%50%`, what follows, and the feedback behind `#`.
fn split(answer: &[Sign], otherwise: f64) -> Result<Split<'_>, String> {
    let mut answer = signs::trimmed(answer);
    let mut percent = otherwise;
    if signs::starts_with(answer, "%")
        && let Some(end) = signs::find(&answer[1..], "%")
    {
        let weight = signs::text(&answer[1..=end]);
        percent = weights::number(&weight)
            .ok_or_else(|| format!("has a weight \"{}\" that is no number", short(&weight, 30)))?;
        answer = &answer[end + 2..];
    }
    Ok(match signs::find(answer, "#") {
        Some(at) => (percent, &answer[..at], Some(&answer[at + 1..])),
        None => (percent, answer, None),
    })
}

fn weighed(
    answer: &[Sign],
    otherwise: f64,
    markup: Markup,
    option: bool,
    notes: &mut Notes,
) -> Result<Weighed, String> {
    let (percent, text, feedback) = split(answer, otherwise)?;
    let text = if option { markdown(text, markup, notes)? } else { words(text, markup, notes)? };
    let feedback = feedback.map(|signs| markdown(signs, markup, notes)).transpose()?.and_then(some);
    Ok(Weighed { percent, text, feedback })
}

fn choices(inner: &[Sign], markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    let mut pieces = signs::divided(inner, &['=', '~']).into_iter();
    let stray = pieces.next().map(signs::trimmed).unwrap_or_default();
    if !stray.is_empty() {
        return Err(format!("has \"{}\" before its first answer", short(&signs::text(stray), 40)));
    }
    let mut answers = Vec::new();
    let mut one_is_right = false;
    for piece in pieces {
        let right = piece.first().is_some_and(|(c, _)| *c == '=');
        one_is_right |= right;
        answers.push(weighed(&piece[1..], if right { 100.0 } else { 0.0 }, markup, true, notes)?);
    }
    if one_is_right {
        return weights::single(answers, notes);
    }
    weights::multiple(answers, Scoring::Partial, notes)
}

fn numbers(inner: &[Sign], markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    let inner = signs::trimmed(inner);
    let mut pieces = signs::divided(inner, &['=', '~']).into_iter();
    let alone = pieces.next().map(signs::trimmed).unwrap_or_default();
    let mut answers = Vec::new();
    if !alone.is_empty() {
        answers.push(number(alone, 100.0, markup, notes)?);
    }
    for piece in pieces {
        let right = piece.first().is_some_and(|(c, _)| *c == '=');
        if !right {
            // What is said to all other answers.
            let (_, _, feedback) = split(&piece[1..], 0.0)?;
            answers.push(Number {
                text: "*".to_owned(),
                tolerance: String::new(),
                percent: 0.0,
                feedback: feedback.map(|signs| markdown(signs, markup, notes)).transpose()?,
            });
            continue;
        }
        answers.push(number(&piece[1..], 100.0, markup, notes)?);
    }
    weights::numeric(answers, None, notes)
}

fn number(answer: &[Sign], otherwise: f64, markup: Markup, notes: &mut Notes) -> Result<Number, String> {
    let (percent, text, feedback) = split(answer, otherwise)?;
    let feedback = feedback.map(|signs| markdown(signs, markup, notes)).transpose()?.and_then(some);
    let text = signs::text(text);
    if let Some((low, high)) = text.split_once("..") {
        let bounds = weights::number(low).zip(weights::number(high));
        let (low, high) = bounds.ok_or_else(|| format!("has a range \"{}\" that is none", short(&text, 40)))?;
        let (middle, reach) = (tidy(f64::midpoint(low, high)), tidy((high - low).abs() / 2.0));
        return Ok(Number { text: middle, tolerance: reach, percent, feedback });
    }
    let (text, tolerance) = text.split_once(':').unwrap_or((&text, ""));
    Ok(Number { text: text.trim().to_owned(), tolerance: tolerance.trim().to_owned(), percent, feedback })
}

/// Without the dust of binary fractions.
fn tidy(number: f64) -> String {
    let text = format!("{number:.12}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn pairs(answers: &[&[Sign]], markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    let (mut pairs, mut distractors) = (Vec::new(), Vec::new());
    for answer in answers {
        let at = signs::find(answer, "->").unwrap_or_default();
        let text = markdown(&answer[..at], markup, notes)?;
        let partner = words(&answer[at + 2..], markup, notes)?;
        if text.is_empty() {
            distractors
                .push(matching::Distractor::try_from(partner).map_err(|reason| format!("has a choice that {reason}"))?);
        } else {
            pairs.push(matching::Pair { id: None, text, partner, feedback: None });
        }
    }
    Ok(Body::Matching(matching::Matching { pairs, distractors }))
}

/// `>4 EXACT VERTICAL ABSOLUTE_POSITION SHOW`, then an item a line.
fn sequence(inner: &str, markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    // Line breaks within items were escaped: here they are lost, and the extension has them.
    let mut lines = inner.split('\n').map(str::trim);
    let settings = lines.next().unwrap_or_default().to_ascii_uppercase();
    let scoring = if settings.contains("ALL_OR_NOTHING") {
        ordering::Scoring::AllOrNothing
    } else if settings.contains("RELATIVE_ALL") {
        ordering::Scoring::Pairs
    } else {
        ordering::Scoring::Places
    };
    let mut items = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        items.push(ordering::Item { id: None, text: markup.markdown(line, notes)? });
    }
    Ok(Body::Ordering(ordering::Ordering { items, scoring }))
}

fn statement(inner: &[Sign], markup: Markup, notes: &mut Notes) -> Result<Body, String> {
    let mut pieces = signs::divided(inner, &['#']).into_iter();
    let word = signs::text(pieces.next().unwrap_or_default());
    let correct = match word.trim().to_ascii_uppercase().as_str() {
        "T" | "TRUE" => true,
        "F" | "FALSE" => false,
        other => return Err(format!("has answers that are not understood: \"{}\"", short(other, 60))),
    };
    let mut feedback = Vec::new();
    for piece in pieces {
        feedback.push(some(markdown(&piece[1..], markup, notes)?));
    }
    let mut feedback = feedback.into_iter();
    let (wrong, right) = (feedback.next().flatten(), feedback.next().flatten());
    if feedback.next().is_some() {
        notes.add("has more than two kinds of feedback: the others are left out");
    }
    let (feedback_true, feedback_false) = if correct { (right, wrong) } else { (wrong, right) };
    Ok(Body::TrueFalse(true_false::TrueFalse { correct, feedback_true, feedback_false }))
}
