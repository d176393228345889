//! Moodle's cloze syntax: `{2:SHORTANSWER:=Berlin#Yes~%50%Bonn}` in a text.

use super::item::{Notes, short, some};
use super::markup::Markup;
use super::weights;
use crate::question::Body;
use crate::question::cloze::{Accepted, Cloze, Gap, Input};

/// The text with `{{1}}`, `{{2}}`, … for gaps, and the gaps.
pub fn read(text: &str, notes: &mut Notes) -> Result<(String, Body), String> {
    let (mut out, mut gaps) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some((weight, kind, answers)) = head(rest) else {
            out.push('{');
            rest = &rest[1..];
            continue;
        };
        let end = end(answers).ok_or_else(|| format!("has a gap that is not closed: {}", short(rest, 40)))?;
        let id = (gaps.len() + 1).to_string();
        gaps.push(gap(id.clone(), weight, kind, &answers[..end], notes)?);
        add!(out, "{{{{{id}}}}}");
        rest = &answers[end + 1..];
    }
    out.push_str(rest);
    if gaps.is_empty() {
        return Err("is a cloze without gaps".to_owned());
    }
    Ok((out, Body::Cloze(Cloze { gaps })))
}

/// `{2:SHORTANSWER:` and what follows.
fn head(text: &str) -> Option<(u8, &str, &str)> {
    let (weight, rest) = text.strip_prefix('{')?.split_once(':')?;
    let (kind, rest) = rest.split_once(':')?;
    let kind = kind.trim();
    let known =
        !kind.is_empty() && kind.len() <= 24 && kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let weight = weight.trim();
    let weight = if weight.is_empty() { Some(1) } else { weight.parse().ok() }?;
    known.then_some((weight, kind, rest))
}

/// Where the brace is that closes.
fn end(answers: &str) -> Option<usize> {
    let mut escaped = false;
    answers
        .char_indices()
        .find(|(_, c)| {
            let closes = *c == '}' && !escaped;
            escaped = *c == '\\' && !escaped;
            closes
        })
        .map(|(at, _)| at)
}

fn gap(id: String, weight: u8, kind: &str, answers: &str, notes: &mut Notes) -> Result<Gap, String> {
    let (input, case_sensitive) = match kind {
        "SHORTANSWER" | "SA" | "MW" => (Input::Text, false),
        "SHORTANSWER_C" | "SAC" | "MWC" => (Input::Text, true),
        "NUMERICAL" | "NM" => (Input::Number, false),
        "MULTICHOICE" | "MC" | "MULTICHOICE_V" | "MCV" | "MULTICHOICE_H" | "MCH" | "MULTICHOICE_S" | "MCS"
        | "MULTICHOICE_VS" | "MCVS" | "MULTICHOICE_HS" | "MCHS" => (Input::Choice, false),
        other => return Err(format!("has a gap of a type that is not known here: {}", short(other, 30))),
    };
    let mut accepted = Vec::new();
    for answer in divided(answers, '~') {
        if let Some(answer) = one(&answer, input, notes)? {
            accepted.push(answer);
        }
    }
    Ok(Gap { id, input, weight, case_sensitive, answers: accepted })
}

/// The pieces between marks that are not escaped; escapes stay.
fn divided(text: &str, mark: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == mark && !escaped {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    pieces
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('}' | '#' | '~' | '/' | '"' | '\\' | '{' | '=' | '%')) => out.extend(chars.next()),
            (c, _) => out.push(c),
        }
    }
    out
}

fn one(answer: &str, input: Input, notes: &mut Notes) -> Result<Option<Accepted>, String> {
    let mut answer = answer.trim();
    let mut percent = 0.0;
    if let Some(right) = answer.strip_prefix('=') {
        (percent, answer) = (100.0, right);
    } else if let Some((weight, rest)) = answer.strip_prefix('%').and_then(|rest| rest.split_once('%')) {
        percent = weights::number(weight)
            .ok_or_else(|| format!("has a weight \"{}\" that is no number", short(weight, 30)))?;
        answer = rest;
    }
    let mut pieces = divided(answer, '#').into_iter();
    let text = unescaped(&pieces.next().unwrap_or_default());
    let feedback = pieces.collect::<Vec<_>>().join("#");
    let feedback = some(Markup::Auto.markdown(&unescaped(&feedback), notes)?);
    let text = Markup::Auto.words(&text, notes)?;
    let mut tolerance = 0.0;
    if text.is_empty() || (input == Input::Number && text == "*" && percent <= 0.0) {
        if feedback.is_some() {
            notes.add("what is said to all other answers in a gap is not kept");
        }
        return Ok(None);
    }
    if input == Input::Number {
        let (value, reach) = text.split_once(':').unwrap_or((&text, ""));
        if !reach.trim().is_empty() {
            tolerance = weights::number(reach)
                .ok_or_else(|| format!("has a tolerance \"{}\" that is no number", short(reach, 30)))?
                .abs();
        }
        let text = value.trim().to_owned();
        return Ok(Some(Accepted { text, tolerance, percent: weights::percent(percent, notes), feedback }));
    }
    Ok(Some(Accepted { text, tolerance, percent: weights::percent(percent, notes), feedback }))
}

/// The text with gaps in Moodle's syntax.
pub fn write(text: &str, cloze: &Cloze) -> String {
    let mut out = text.to_owned();
    for gap in &cloze.gaps {
        let kind = match (gap.input, gap.case_sensitive) {
            (Input::Text, false) => "SHORTANSWER",
            (Input::Text, true) => "SHORTANSWER_C",
            (Input::Number, _) => "NUMERICAL",
            (Input::Choice, _) => "MULTICHOICE",
        };
        let answers: Vec<_> = gap.answers.iter().map(|answer| written(answer, gap.input)).collect();
        let inner = format!("{{{}:{kind}:{}}}", gap.weight, answers.join("~"));
        out = out.replacen(&format!("{{{{{}}}}}", gap.id), &inner, 1);
    }
    out
}

fn written(answer: &Accepted, input: Input) -> String {
    let weight = if answer.percent == 100 { "=".to_owned() } else { format!("%{}%", answer.percent) };
    let tolerance = if input == Input::Number { format!(":{}", answer.tolerance) } else { String::new() };
    let feedback = answer.feedback.as_deref().map(|feedback| format!("#{}", escaped(feedback))).unwrap_or_default();
    format!("{weight}{}{tolerance}{feedback}", escaped(&answer.text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '}' | '#' | '~' | '\\' | '{') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
