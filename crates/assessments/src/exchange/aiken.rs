//! Aiken: a question, its options (`A. …` or `A) …`), and `ANSWER: A`. One option is right.

use super::item::{Found, Item, Notes, Place, Reading, short};
use super::markup::Markup;
use super::weights::{self, Weighed};

#[derive(Default)]
struct Draft {
    line: u32,
    text: String,
    options: Vec<(char, String)>,
}

/// Reads a file.
pub fn read(text: &str, reading: &mut Reading) {
    let mut draft = Draft::default();
    for (at, line) in text.lines().enumerate() {
        let (line, number) = (line.trim(), u32::try_from(at + 1).unwrap_or(u32::MAX));
        if draft.line == 0 && !line.is_empty() {
            draft.line = number;
        }
        let more = if let Some(answer) = answer(line) {
            let done = std::mem::take(&mut draft);
            finish(&done, Some(answer), reading)
        } else if let Some((letter, option)) = option(line).filter(|_| !draft.text.is_empty()) {
            draft.options.push((letter, option.to_owned()));
            true
        } else if !draft.options.is_empty() && !line.is_empty() {
            // Another question begins, and this one has no answer.
            let done = std::mem::take(&mut draft);
            (draft.line, draft.text) = (number, line.to_owned());
            finish(&done, None, reading)
        } else {
            add(&mut draft.text, line);
            true
        };
        if !more {
            return;
        }
    }
    if !draft.text.trim().is_empty() || !draft.options.is_empty() {
        finish(&draft, None, reading);
    }
    if reading.found.is_empty() {
        reading.notes.add("there is no question in the file");
    }
}

fn add(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

/// `ANSWER: C`.
fn answer(line: &str) -> Option<&str> {
    let (word, letter) = line.split_once(':')?;
    word.trim().eq_ignore_ascii_case("answer").then_some(letter.trim())
}

/// `C. …` or `C) …`.
fn option(line: &str) -> Option<(char, &str)> {
    let letter = line.chars().next().filter(char::is_ascii_alphabetic)?;
    let rest = line[1..].strip_prefix(['.', ')'])?;
    (rest.starts_with([' ', '\t']) || letter.is_ascii_uppercase()).then(|| (letter.to_ascii_uppercase(), rest.trim()))
}

fn finish(draft: &Draft, answer: Option<&str>, reading: &mut Reading) -> bool {
    let mut notes = Notes::default();
    let item = item(draft, answer, &mut notes);
    let title = Some(short(draft.text.trim(), 60));
    reading.take(Found { place: Place::line(draft.line), title, notes, item })
}

fn item(draft: &Draft, answer: Option<&str>, notes: &mut Notes) -> Result<Item, String> {
    let answer = answer.ok_or("has no line \"ANSWER:\"")?;
    let unknown = || format!("has an answer \"{}\" that is none of its options", short(answer, 40));
    let mut letters = answer.chars();
    let letter = letters.next().map(|letter| letter.to_ascii_uppercase()).filter(|_| letters.next().is_none());
    let letter = letter.ok_or_else(unknown)?;
    let mut answers = Vec::new();
    for (place, (own, text)) in draft.options.iter().enumerate() {
        if draft.options[..place].iter().any(|(before, _)| before == own) {
            return Err(format!("has two options {own}"));
        }
        let percent = if *own == letter { 100.0 } else { 0.0 };
        answers.push(Weighed { percent, text: Markup::Auto.markdown(text, notes)?, feedback: None });
    }
    if !draft.options.iter().any(|(own, _)| *own == letter) {
        return Err(unknown());
    }
    Ok(Item::new(Markup::Auto.markdown(&draft.text, notes)?, weights::single(answers, notes)?))
}
