//! What all formats have in common.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use validator::{Validate as _, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{MOST, markup};
use crate::points::Worth;
use crate::question::Body;

/// A question on its way in or out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Where it was filed, outermost first.
    #[serde(default)]
    pub category: Vec<String>,
    /// What the other system calls it.
    #[serde(default)]
    pub external_id: Option<String>,
    /// What is asked, in Markdown.
    pub text: String,
    /// What everybody is told afterwards, in Markdown.
    #[serde(default)]
    pub feedback: Option<String>,
    /// What it is worth.
    pub points: Worth,
    /// From 1, easy, to 5.
    #[serde(default)]
    pub difficulty: Option<i16>,
    /// What it is filed under.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What is special about its type.
    pub body: Body,
}

/// What got lost, was changed or is worth knowing; each thing once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes(Vec<String>);

/// Most notes on one thing.
const MOST_NOTES: usize = 20;

impl Notes {
    /// Adds one.
    pub fn add(&mut self, note: impl Into<String>) {
        let note = short(&note.into(), 300);
        if self.0.len() < MOST_NOTES && !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    /// All.
    pub fn into_inner(self) -> Vec<String> {
        self.0
    }
}

/// Where something stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The file in an archive.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
}

impl Place {
    /// A line of the only file.
    pub const fn line(line: u32) -> Self {
        Self { file: None, line: Some(line) }
    }
}

/// Something that a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where.
    pub place: Place,
    /// What it is called there.
    pub title: Option<String>,
    /// What got lost or was changed.
    pub notes: Notes,
    /// The question, or why there is none.
    pub item: Result<Item, String>,
}

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// What is to be said of the whole.
    pub notes: Notes,
    /// In the order of the file.
    pub found: Vec<Found>,
    /// Whether there was more than may be.
    pub cut: bool,
}

impl Reading {
    /// Adds something; the item is completed and checked. Whether more is wanted.
    pub fn take(&mut self, mut found: Found) -> bool {
        if self.found.len() >= MOST {
            self.cut = true;
            return false;
        }
        found.title = found.title.map(|title| short(title.trim(), 200)).filter(|title| !title.is_empty());
        found.item = found.item.and_then(|item| item.settled(&mut found.notes)).map_err(|reason| short(&reason, 500));
        self.found.push(found);
        true
    }

    /// Adds something that is no question, and why.
    pub fn refuse(&mut self, place: Place, title: Option<String>, reason: impl Into<String>) -> bool {
        self.take(Found { place, title, notes: Notes::default(), item: Err(reason.into()) })
    }
}

/// The beginning of a text, on one line.
pub fn short(text: &str, most: usize) -> String {
    let line = |c: char| if c.is_control() { ' ' } else { c };
    let mut cut: String = text.chars().map(line).take(most).collect();
    if text.chars().nth(most).is_some() {
        cut.pop();
        cut.push('…');
    }
    cut
}

/// Text that says something.
pub fn some(text: String) -> Option<String> {
    if text.trim().is_empty() { None } else { Some(text) }
}

impl Item {
    /// Of the type, worth a point, with nothing else.
    pub fn new(text: String, body: Body) -> Self {
        let (category, tags) = (Vec::new(), Vec::new());
        let (external_id, feedback, difficulty) = (None, None, None);
        Self { category, external_id, text, feedback, points: Worth::default(), difficulty, tags, body }
    }

    /// Its first words.
    pub fn title(&self) -> String {
        let words = markup::words(&self.text);
        let title = short(&words.split_whitespace().collect::<Vec<_>>().join(" "), 60);
        if title.is_empty() { "Question".to_owned() } else { title }
    }

    /// Complete and checked as what clients send is.
    pub fn settled(mut self, notes: &mut Notes) -> Result<Self, String> {
        self = self.harmless(notes)?;
        let within = |text: &str, most| text.chars().count() <= most;
        if self.text.is_empty() {
            return Err("asks nothing: it has no text".to_owned());
        }
        if !within(&self.text, 20_000) {
            return Err("has more than 20,000 characters of text".to_owned());
        }
        if !self.feedback.as_deref().is_none_or(|feedback| within(feedback, 5_000)) {
            return Err("has more than 5,000 characters of feedback".to_owned());
        }
        if !self.difficulty.is_none_or(|difficulty| (1..=5).contains(&difficulty)) {
            notes.add("its difficulty is not one from 1 to 5 and is left out");
            self.difficulty = None;
        }
        self.category.retain(|part| !part.trim().is_empty());
        self.settle_tags(notes);
        self.body.validate().map_err(|errors| first_fault(&errors, ""))?;
        self.body.settle(&self.text).map_err(|flaw| format!("{} {}", spoken(&flaw.pointer), flaw.message))?;
        Ok(self)
    }

    fn settle_tags(&mut self, notes: &mut Notes) {
        let (fit, odd): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.tags).into_iter().partition(|tag| lyceum_web::text::is_line(tag, 40));
        self.tags = fit;
        for tag in odd {
            notes.add(format!("the tag \"{}\" is left out: tags are 1 to 40 characters on a line", short(&tag, 60)));
        }
        if self.tags.len() > 20 {
            notes.add("has more than 20 tags: the others are left out");
            self.tags.truncate(20);
        }
    }

    /// Without what a database does not take, and without markup that could act.
    fn harmless(self, notes: &mut Notes) -> Result<Self, String> {
        let mut value = serde_json::to_value(&self).map_err(|_| "cannot be kept".to_owned())?;
        let before = value.clone();
        let mut acts = false;
        visit(&mut value, "", false, &mut acts);
        if value == before {
            return Ok(self);
        }
        if acts {
            notes.add("markup that could act is shown as text");
        }
        serde_json::from_value(value).map_err(|_| "has characters that cannot be kept".to_owned())
    }
}

/// Texts in Markdown, by the names of their members.
const MARKDOWN: [&str; 6] = ["text", "feedback", "feedback_true", "feedback_false", "sample_answer", "marking_notes"];

fn visit(value: &mut Value, name: &str, in_gap: bool, acts: &mut bool) {
    match value {
        Value::String(text) => {
            if text.contains('\0') {
                *text = text.replace('\0', "\u{fffd}");
            }
            if MARKDOWN.contains(&name) && !(in_gap && name == "text") {
                let harmless = markup::harmless(text);
                *acts |= harmless != *text;
                *text = harmless;
            }
        }
        Value::Array(list) => {
            for value in list {
                visit(value, name, in_gap, acts);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                visit(value, name, in_gap || name == "gaps", acts);
            }
        }
        _ => {}
    }
}

/// A pointer as words: `/options/2/text` is `option 3: text`.
fn spoken(pointer: &str) -> String {
    let parts: Vec<_> = pointer.split('/').filter(|part| !part.is_empty()).collect();
    let word =
        |part: &&str| part.parse::<usize>().map_or_else(|_| part.replace('_', " "), |place| (place + 1).to_string());
    parts.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn first_fault(errors: &ValidationErrors, at: &str) -> String {
    let mut all: Vec<_> = errors.errors().iter().collect();
    all.sort_by_key(|(name, _)| (*name).clone());
    for (name, kind) in all {
        let at = format!("{at}/{name}");
        match kind {
            ValidationErrorsKind::Struct(errors) => return first_fault(errors, &at),
            ValidationErrorsKind::List(list) => {
                if let Some((place, errors)) = list.first_key_value() {
                    return first_fault(errors, &format!("{at}/{place}"));
                }
            }
            ValidationErrorsKind::Field(faults) => {
                let bounds = faults.first().map_or("not acceptable".to_owned(), bounds);
                return format!("{} must be {bounds}", spoken(&at));
            }
        }
    }
    "is not acceptable".to_owned()
}

fn bounds(fault: &ValidationError) -> String {
    let number = |name: &str| fault.params.get(name).map(ToString::to_string);
    let unit = if fault.code == "length" { " long" } else { "" };
    match (number("min"), number("max")) {
        (Some(least), Some(most)) => format!("{least} to {most}{unit}"),
        (None, Some(most)) => format!("at most {most}{unit}"),
        (Some(least), None) => format!("at least {least}{unit}"),
        (None, None) => "acceptable".to_owned(),
    }
}
