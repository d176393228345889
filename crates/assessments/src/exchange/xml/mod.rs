//! XML as trees, read leniently and within bounds, and written.
//!
//! Nothing outside of the document is ever read, and no entity that it declares is expanded: a reference that is not one of XML's
//! or HTML's own stays as it is written.

mod reading;

use super::extension;

pub use reading::{each, root};

/// An element with all that is in it. Names are without prefixes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Names and values.
    pub attributes: Vec<(String, String)>,
    /// What is in it.
    pub children: Vec<Node>,
    /// Where it begins, from 1.
    pub line: u32,
}

/// A piece of an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, from CDATA or not.
    Text(String),
    /// A comment.
    Comment(String),
}

/// Where a document cannot be read on, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub reason: String,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The elements in it.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    /// The elements in it of this name.
    pub fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.elements().filter(move |element| element.name == name)
    }

    /// The first element in it of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| element.name == name)
    }

    /// It and all elements in it, from outside in.
    pub fn descendants(&self) -> Vec<&Self> {
        let mut all = vec![self];
        let mut at = 0;
        while let Some(element) = all.get(at).copied() {
            all.extend(element.elements());
            at += 1;
        }
        all
    }

    /// All text in it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.add_text(&mut text);
        text
    }

    fn add_text(&self, out: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Element(element) => element.add_text(out),
                Node::Comment(_) => {}
            }
        }
    }

    /// A digest of all that it says, without comments, attributes of this house and space between elements.
    pub fn digest(&self) -> String {
        let mut words = String::new();
        self.canonical(&mut words);
        extension::digest(&words)
    }

    fn canonical(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        let mut attributes: Vec<_> = self.attributes.iter().filter(|(name, _)| !is_foreign(name)).collect();
        attributes.sort();
        for (name, value) in attributes {
            add!(out, " {name}={value:?}");
        }
        out.push('>');
        for node in &self.children {
            match node {
                Node::Text(text) => out.push_str(text.trim()),
                Node::Element(element) => element.canonical(out),
                Node::Comment(_) => {}
            }
        }
        out.push_str("</>");
    }
}

fn is_foreign(name: &str) -> bool {
    name == "data-lyceum" || name == "schemaLocation" || name.starts_with("xmlns")
}

/// Text without characters that XML 1.0 does not have.
pub fn legal(text: &str) -> String {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(is_legal) { text.to_owned() } else { text.replace(|c| !is_legal(c), "\u{fffd}") }
}

/// Text as it stands between tags, or in an attribute.
pub fn escaped(text: &str) -> String {
    let text = legal(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.replace('\r', "&#13;")
}
