//! Moodle XML.
//!
//! Read are `multichoice`, `multichoiceset`, `truefalse`, `shortanswer`, `numerical`, `matching` (and `match`), `ordering`, `essay`, `cloze` and
//! `category`; all other types are refused by name. Texts are taken by their format. Files within a question are named with their
//! sizes, not kept: the text still points to them as `@@PLUGINFILE@@/…`. What Moodle has and this house has not (hints, penalties, feedback
//! for answers that are right in part, several units) is noted.

mod kinds;
mod writing;

use super::item::{Found, Item, Notes, Place, Reading, short, some};
use super::markup::Markup;
use super::xml::{self, Broken, Element, Node};
use super::{embedded, extension, gift};
use crate::points::Worth;

pub use writing::write;

/// Reads a file.
pub fn read(text: &str, reading: &mut Reading) {
    let mut category = Vec::new();
    let root = xml::each(text, "question", &mut |element| match element {
        Ok(element) if element.name != "question" => {
            let reason = format!("is a <{}>, not a <question>", short(&element.name, 60));
            reading.refuse(Place::line(element.line), None, reason)
        }
        Ok(element) if element.attribute("type") == Some("category") => {
            category = gift::category(&words(&element, "category"));
            true
        }
        Ok(element) => reading.take(found(&element, &category)),
        Err(Broken { line, reason }) => reading.refuse(Place::line(line), None, reason),
    });
    match root.as_deref() {
        Some("quiz") | None => {}
        Some("questestinterop" | "assessmentItem" | "qti-assessment-item") => {
            reading.notes.add("the file is QTI, not Moodle XML");
        }
        Some(other) => reading.notes.add(format!("the file is a <{}>, not a <quiz>", short(other, 60))),
    }
    if reading.found.is_empty() {
        reading.notes.add("there is no question in the file");
    }
}

fn found(element: &Element, category: &[String]) -> Found {
    let mut notes = Notes::default();
    let item = item(element, &mut notes).map(|mut item| {
        item.category = category.to_vec();
        item
    });
    let item = sealed(element, &mut notes).map_or(item, Ok);
    let title = element.child("name").map(|name| name.text().trim().to_owned());
    Found { place: Place::line(element.line), title, notes, item }
}

fn sealed(element: &Element, notes: &mut Notes) -> Option<Item> {
    let extension = element.children.iter().find_map(|node| match node {
        Node::Comment(comment) => comment.trim().strip_prefix("lyceum:"),
        _ => None,
    })?;
    extension::open(extension.trim(), &element.digest(), notes)
}

/// What stands in the `text` of an element.
fn raw(element: &Element) -> String {
    element.child("text").map_or_else(|| element.text(), Element::text)
}

/// The words in a child, without any markup.
fn words(element: &Element, name: &str) -> String {
    element.child(name).map(raw).unwrap_or_default().trim().to_owned()
}

fn is_true(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "1" | "yes")
}

fn format(element: &Element, otherwise: Markup, notes: &mut Notes) -> Markup {
    match element.attribute("format").filter(|format| !format.is_empty()) {
        None => otherwise,
        Some(name) => Markup::named(name).unwrap_or_else(|| {
            notes.add(format!("has a text in a format that is not known: {}", short(name, 40)));
            otherwise
        }),
    }
}

/// A text in Markdown.
fn markdown(element: &Element, otherwise: Markup, notes: &mut Notes) -> Result<String, String> {
    note_files(element, notes);
    let markup = format(element, otherwise, notes);
    markup.markdown(&raw(element), notes)
}

/// A text in a child, in Markdown, if it says something.
fn told(element: &Element, name: &str, otherwise: Markup, notes: &mut Notes) -> Result<Option<String>, String> {
    let text = element.child(name).map(|child| markdown(child, otherwise, notes)).transpose()?;
    Ok(text.and_then(some))
}

fn note_files(element: &Element, notes: &mut Notes) {
    for file in element.all("file") {
        let name = short(file.attribute("name").unwrap_or("without a name"), 100);
        let digits = file.text().bytes().filter(u8::is_ascii_alphanumeric).count();
        notes.add(format!(
            "the file \"{name}\" (some {} octets) is not kept: upload it and point the text to it",
            digits.saturating_mul(3) / 4
        ));
    }
}

/// What Moodle knows of every question, or of many, and this house does not.
const UNKNOWN: [&str; 5] =
    ["hint", "correctfeedback", "partiallycorrectfeedback", "incorrectfeedback", "responsetemplate"];

fn item(element: &Element, notes: &mut Notes) -> Result<Item, String> {
    let kind = element.attribute("type").unwrap_or_default();
    let text = element.child("questiontext").ok_or("has no <questiontext>")?;
    let markup = format(text, Markup::Html, notes);
    let (text, body) = if matches!(kind, "cloze" | "multianswer") {
        note_files(text, notes);
        let (with_gaps, body) = embedded::read(&raw(text), notes)?;
        (markup.markdown(&with_gaps, notes)?, body)
    } else {
        let body = kinds::body(kind, element, markup, notes)?;
        (markdown(text, Markup::Html, notes)?, body)
    };
    for name in UNKNOWN {
        if element.all(name).any(|child| !raw(child).trim().is_empty()) {
            notes.add(format!("its <{name}> is not kept"));
        }
    }
    if element.child("hidden").is_some_and(|hidden| is_true(&hidden.text())) {
        notes.add("was hidden there");
    }
    let mut item = Item::new(text, body);
    item.feedback = told(element, "generalfeedback", Markup::Html, notes)?;
    item.points = points(element, notes);
    item.external_id = some(words(element, "idnumber"));
    let tags = element.all("tags").flat_map(|tags| tags.all("tag")).map(|tag| raw(tag).trim().to_owned());
    item.tags = tags.filter(|tag| !tag.is_empty()).collect();
    Ok(item)
}

fn points(element: &Element, notes: &mut Notes) -> Worth {
    let Some(grade) = element.child("defaultgrade").map(|grade| grade.text().trim().to_owned()) else {
        return Worth::default();
    };
    let points = super::weights::number(&grade).map(|points| serde_json::from_value(serde_json::json!(points)));
    points.and_then(Result::ok).unwrap_or_else(|| {
        notes.add(format!("was worth \"{}\", which is not from 0 to 1000; now 1", short(&grade, 30)));
        Worth::default()
    })
}
