//! An item as a question.

use super::body::{self, Body};
use super::declarations::Declarations;
use super::{Described, canonised, kinds};
use crate::exchange::extension;
use crate::exchange::item::{Item, Notes, short, some};
use crate::exchange::markup::Markup;
use crate::exchange::xml::Element;
use crate::points::Worth;
use crate::question;

/// Reads an item.
pub fn read(root: &Element, described: &Described, notes: &mut Notes) -> Result<Item, String> {
    let extension = root.descendants().into_iter().find_map(|element| element.attribute("data-lyceum"));
    if let Some(item) = extension.and_then(|extension| extension::open(extension, &root.digest(), notes)) {
        return Ok(item);
    }
    let mut root = root.clone();
    canonised(&mut root);
    if root.child("templatedeclaration").is_some() {
        return Err("is made anew for each candidate, by templates".to_owned());
    }
    if root.attribute("adaptive") == Some("true") {
        return Err("is adaptive: it is answered in several steps".to_owned());
    }
    for stimulus in root.all("assessmentstimulusref") {
        let to = stimulus.attribute("href").unwrap_or_default();
        notes.add(format!("the text \"{}\" that it refers to is not kept", short(to, 100)));
    }
    let body = Body::of(root.child("itembody").ok_or("has no body")?, notes)?;
    let declarations = Declarations::of(&root, notes);
    let (text, mut kind) = kinds::question(&body, &declarations, notes)?;
    let general = modal(&root, &body, &mut kind, notes)?;
    let mut item = Item::new(text, kind);
    item.feedback = general;
    if let Some(points) = declarations.points.filter(|points| *points > 0.0) {
        let worth = serde_json::from_value::<Worth>(serde_json::json!(points));
        item.points = worth.unwrap_or_else(|_| {
            notes.add(format!("was worth {points}, which is not from 0 to 1000; now 1"));
            Worth::default()
        });
    }
    item.tags.clone_from(&described.keywords);
    item.difficulty = described.difficulty;
    Ok(item)
}

/// Feedback beside the body: of options by their identifiers, or of all.
fn modal(
    root: &Element,
    body: &Body<'_>,
    kind: &mut question::Body,
    notes: &mut Notes,
) -> Result<Option<String>, String> {
    let all: Vec<_> = root.all("modalfeedback").collect();
    let mut general = None;
    for feedback in &all {
        let (html, _) = body::content(feedback.child("contentbody").unwrap_or(feedback), notes)?;
        let Some(text) = some(Markup::Html.markdown(&html, notes)?) else { continue };
        let id = feedback.attribute("identifier").unwrap_or_default();
        let option = kinds::option_of(kind, body, id);
        match option {
            Some(place) if place.is_none() => *place = Some(text),
            _ if id == "general" || all.len() == 1 => general = Some(text),
            _ => notes.add(format!("the feedback \"{}\" is not kept", short(id, 60))),
        }
    }
    Ok(general)
}
