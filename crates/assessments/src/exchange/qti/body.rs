//! The body of an item: what is asked, as HTML, and the interactions in it.

use crate::exchange::item::{Notes, short};
use crate::exchange::xml::{Element, Node, escaped};

/// A body taken apart.
#[derive(Debug, Default)]
pub struct Body<'e> {
    /// What is asked; `{{1}}` and so on stand for interactions within lines.
    pub html: String,
    /// The interactions.
    pub interactions: Vec<&'e Element>,
    /// How many of them stand within lines.
    pub gaps: usize,
    /// For those who mark.
    pub for_scorers: String,
}

/// What makes an item one that is made anew for each candidate.
const TEMPLATES: [&str; 3] = ["printedvariable", "templateblock", "templateinline"];

impl<'e> Body<'e> {
    /// Reads one.
    pub fn of(element: &'e Element, notes: &mut Notes) -> Result<Self, String> {
        let mut body = Self::default();
        let mut html = String::new();
        body.add(element, &mut html, notes)?;
        body.html = html;
        Ok(body)
    }

    fn add(&mut self, element: &'e Element, out: &mut String, notes: &mut Notes) -> Result<(), String> {
        for node in &element.children {
            match node {
                Node::Text(text) => out.push_str(&escaped(text)),
                Node::Comment(_) => {}
                Node::Element(child) => self.add_element(child, out, notes)?,
            }
        }
        Ok(())
    }

    fn add_element(&mut self, child: &'e Element, out: &mut String, notes: &mut Notes) -> Result<(), String> {
        let name = child.name.as_str();
        match name {
            "textentryinteraction" | "inlinechoiceinteraction" => {
                self.gaps += 1;
                self.interactions.push(child);
                add!(out, "{{{{{}}}}}", self.gaps);
            }
            _ if name.ends_with("interaction") => {
                self.interactions.push(child);
                for prompt in child.all("prompt") {
                    out.push_str("<div>");
                    self.add(prompt, out, notes)?;
                    out.push_str("</div>");
                }
            }
            _ if TEMPLATES.contains(&name) => {
                return Err("is made anew for each candidate, by templates".to_owned());
            }
            "rubricblock" => {
                let view = child.attribute("view").unwrap_or_default();
                if view.contains("candidate") {
                    self.add(child, out, notes)?;
                } else {
                    let mut rubric = String::new();
                    self.add(child, &mut rubric, notes)?;
                    self.for_scorers.push_str(&rubric);
                }
            }
            "feedbackblock" | "feedbackinline" => notes.add("has feedback within its text that is not kept"),
            "math" => {
                notes.add("a formula in MathML is kept by its words alone");
                out.push_str(&escaped(&child.text()));
            }
            "stylesheet" | "infocontrol" | "positionobjectstage" => {
                notes.add(format!("its <{}> is not kept", short(name, 40)));
            }
            _ => {
                let mut inner = String::new();
                self.add(child, &mut inner, notes)?;
                out.push_str(&tagged(child, &inner, notes));
            }
        }
        Ok(())
    }
}

/// An element with what is in it, as HTML.
fn tagged(element: &Element, inner: &str, notes: &mut Notes) -> String {
    let name = element.name.as_str();
    let kind = element.attribute("type").unwrap_or_default();
    if let Some(source) = element
        .attribute(if name == "img" { "src" } else { "data" })
        .filter(|_| name == "img" || kind.starts_with("image/"))
    {
        notes.add(format!("the picture \"{}\" is not kept: upload it and point the text to it", short(source, 100)));
        let words = element.attribute("alt").map_or_else(|| element.text(), str::to_owned);
        return format!("<img src=\"{}\" alt=\"{}\">", escaped(source), escaped(words.trim()));
    }
    let attributes = element
        .attributes
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "href" | "title" | "colspan" | "rowspan" | "start"));
    let attributes = attributes.map(|(name, value)| format!(" {name}=\"{}\"", escaped(value)));
    let attributes = attributes.collect::<Vec<_>>().concat();
    if matches!(name, "br" | "hr" | "col") {
        format!("<{name}{attributes}>")
    } else {
        format!("<{name}{attributes}>{inner}</{name}>")
    }
}

/// What an element holds, as HTML, without feedback; and the feedback.
pub fn content(element: &Element, notes: &mut Notes) -> Result<(String, String), String> {
    let (mut html, mut feedback) = (String::new(), String::new());
    let mut inside = Body::default();
    for node in &element.children {
        match node {
            Node::Text(text) => html.push_str(&escaped(text)),
            Node::Comment(_) => {}
            Node::Element(child) if matches!(child.name.as_str(), "feedbackinline" | "feedbackblock") => {
                inside.add(child, &mut feedback, notes)?;
            }
            Node::Element(child) => inside.add_element(child, &mut html, notes)?,
        }
    }
    if inside.interactions.is_empty() {
        Ok((html, feedback))
    } else {
        Err("has an interaction within an option".to_owned())
    }
}
