//! GIFT, the General Import Format Technology of Moodle.
//!
//! Questions are divided by blank lines. Read are: titles (`::…::`), formats (`[html]`, `[markdown]`, `[plain]`, `[moodle]`), choices
//! with weights (`%50%`), short answers, numbers (with tolerances and ranges), matching, true and false, essays, ordering (`{>…}`),
//! missing words, feedback (`#`), feedback for everybody (`####`), escapes (`\~ \= \# \{ \} \: \\ \n`), `$CATEGORY:`, and tags and ids in
//! comments (`// [id:x] [tag:y]`). Texts without a format are HTML if they look like it, else words.
//!
//! Written are the same, in Markdown; a cloze as an essay, since GIFT has no question with several gaps, its gaps in the extension.

mod answers;
mod blocks;
mod signs;
mod writing;

use super::item::{Found, Item, Notes, Place, Reading, some};
use super::markup::Markup;
use super::{MOST, extension};
use blocks::Block;
use signs::Signs;

pub use answers::empty_essay;
pub use blocks::{category, path};
pub use writing::{places, write};

/// Reads a file.
pub fn read(text: &str, reading: &mut Reading) {
    let mut category = Vec::new();
    for block in blocks::of(text) {
        let more = match block {
            Block::Category(path) => {
                category = path;
                true
            }
            Block::Question(question) => reading.take(found(&question, &category)),
        };
        if !more {
            break;
        }
    }
    if reading.found.is_empty() {
        reading.notes.add("there is no question in the file");
    }
    debug_assert!(reading.found.len() <= MOST);
}

fn found(question: &blocks::Question<'_>, category: &[String]) -> Found {
    let mut notes = Notes::default();
    let signs = signs::of(&question.words);
    let (title, signs) = titled(&signs);
    let item = item(question, signs, &mut notes).map(|mut item| {
        if !category.is_empty() || item.category.is_empty() {
            item.category = category.to_vec();
        }
        item
    });
    let item = sealed(question, &mut notes).map_or(item, Ok);
    Found { place: Place::line(question.line), title, notes, item }
}

/// The question as the extension has it, if the words are still those beside which it was written.
fn sealed(question: &blocks::Question<'_>, notes: &mut Notes) -> Option<Item> {
    let extension = question.comments.iter().find_map(|comment| comment.trim().strip_prefix("lyceum:"))?;
    extension::open(extension.trim(), &extension::digest(&blocks::normal(&question.words)), notes)
}

/// `::title::` before a question.
fn titled(signs: &Signs) -> (Option<String>, &[signs::Sign]) {
    let all = signs::trimmed(signs);
    if !signs::starts_with(all, "::") {
        return (None, all);
    }
    match signs::find(&all[2..], "::") {
        Some(end) => (some(signs::text(&all[2..2 + end]).trim().to_owned()), &all[end + 4..]),
        None => (None, all),
    }
}

/// `[html]` and the like before a text.
fn formatted(signs: &[signs::Sign], otherwise: Markup) -> (Markup, &[signs::Sign]) {
    let all = signs::trimmed(signs);
    if signs::starts_with(all, "[")
        && let Some(end) = signs::find(all, "]").filter(|end| *end < 12)
        && let Some(markup) = Markup::named(&signs::text(&all[1..end]))
    {
        return (markup, &all[end + 1..]);
    }
    (otherwise, all)
}

fn item(question: &blocks::Question<'_>, signs: &[signs::Sign], notes: &mut Notes) -> Result<Item, String> {
    if question.is_open {
        return Err("is not closed: a } is missing".to_owned());
    }
    let Some(start) = signs::find(signs, "{") else {
        return Err("is a description: text that asks nothing".to_owned());
    };
    let end = signs::find(&signs[start..], "}").ok_or("is not closed: a } is missing")? + start;
    let (before, inner, after) = (&signs[..start], &signs[start + 1..end], &signs[end + 1..]);
    if signs::find(inner, "{").is_some() {
        return Err("has a { within its answers: a } is missing, or it should be \\{".to_owned());
    }
    if signs::find(after, "{").is_some() {
        return Err("has several blocks of answers; GIFT has questions with one".to_owned());
    }
    let (markup, before) = formatted(before, Markup::Auto);
    let mut text = signs::text(before).trim_end().to_owned();
    let after = signs::text(after);
    if !after.trim().is_empty() {
        let space = if after.starts_with(|c: char| c.is_alphanumeric()) { " " } else { "" };
        text = format!("{text} _____{space}{}", after.trim_end());
    }
    let (inner, general) = match signs::find(inner, "####") {
        Some(at) => (&inner[..at], Some(&inner[at + 4..])),
        None => (inner, None),
    };
    let feedback = general.map(|signs| answers::markdown(signs, markup, notes)).transpose()?;
    let body = answers::body(inner, markup, notes)?;
    let mut item = Item::new(markup.markdown(&text, notes)?, body);
    item.feedback = feedback.and_then(some);
    for comment in &question.comments {
        item.tags.extend(bracketed(comment, "[tag:"));
        item.external_id = bracketed(comment, "[id:").pop().or(item.external_id);
    }
    Ok(item)
}

/// What stands in `[tag:…]` and the like; `\]` is a bracket in it.
fn bracketed(comment: &str, opening: &str) -> Vec<String> {
    let mut all = Vec::new();
    if comment.trim_start().starts_with("lyceum:") {
        return all;
    }
    let mut rest = comment;
    while let Some((_, after)) = rest.split_once(opening) {
        let mut value = String::new();
        let mut chars = after.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.as_str().starts_with([']', '\\']) => value.extend(chars.next()),
                ']' => break,
                c => value.push(c),
            }
        }
        all.extend(some(value.trim().to_owned()));
        rest = chars.as_str();
    }
    all
}
