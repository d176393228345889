//! QTI 2.1, 2.2 and 3.0 of 1EdTech: single items, and packages with an `imsmanifest.xml`.
//!
//! Read are items with one choice, order, match, extended text or text entry interaction, and texts with text entry and inline
//! choice interactions in them. What is right is taken from the correct response or the mapping, what a half-right answer is worth
//! from the standard templates of response processing (`match_correct`, `map_response`); processing of another kind is noted.
//! Names are compared without `qti-`, hyphens and case, so that 2.x and 3.0 read alike. Tests, stimuli and media of a package are
//! noted, not imported; QTI 1.2 is refused by name.

mod body;
mod declarations;
mod item;
mod kinds;
mod kinds_out;
mod package;
mod writing;

use super::item::{Found, Notes, Place, Reading, short};
use super::xml::{self, Element, Node};

pub use package::read as read_package;
pub use writing::write;

/// Reads an item.
pub fn read_item(text: &str, reading: &mut Reading) {
    document(text, None, &Described::default(), reading);
}

/// What a manifest says of an item.
#[derive(Debug, Clone, Default)]
struct Described {
    keywords: Vec<String>,
    difficulty: Option<i16>,
}

/// What a document is.
enum Document {
    Item(Box<Element>),
    Test,
    Other(String),
}

fn parsed(text: &str) -> Result<Document, xml::Broken> {
    let root = xml::root(text)?;
    Ok(match canonical(&root.name).as_str() {
        "assessmentitem" => Document::Item(Box::new(root)),
        "assessmenttest" => Document::Test,
        _ => Document::Other(root.name),
    })
}

/// Reads a document that should be an item. Whether more is wanted.
fn document(text: &str, file: Option<&str>, described: &Described, reading: &mut Reading) -> bool {
    let place = |line| Place { file: file.map(|file| short(file, 200)), line: Some(line) };
    match parsed(text) {
        Ok(Document::Item(root)) => {
            let mut notes = Notes::default();
            let item = item::read(&root, described, &mut notes);
            let title = root.attribute("title").or_else(|| root.attribute("identifier")).map(str::to_owned);
            reading.take(Found { place: place(root.line), title, notes, item })
        }
        Ok(Document::Test) => {
            reading.refuse(place(1), None, "is a test: its questions are imported, from a package, and it is not")
        }
        Ok(Document::Other(name)) if name == "questestinterop" => {
            reading.refuse(place(1), None, "is QTI 1.2, which is not read: export it as 2.1 or later")
        }
        Ok(Document::Other(name)) => {
            reading.refuse(place(1), None, format!("is a <{}>, not an item of QTI", short(&name, 60)))
        }
        Err(broken) => reading.refuse(place(broken.line), None, broken.reason),
    }
}

/// A name as it is compared: `qti-choice-interaction` and `choiceInteraction` are `choiceinteraction`.
fn canonical(name: &str) -> String {
    let plain = name.strip_prefix("qti-").unwrap_or(name);
    plain.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect()
}

/// The whole with names as they are compared.
fn canonised(element: &mut Element) {
    element.name = canonical(&element.name);
    for (name, _) in &mut element.attributes {
        *name = canonical(name);
    }
    for node in &mut element.children {
        if let Node::Element(child) = node {
            canonised(child);
        }
    }
}
