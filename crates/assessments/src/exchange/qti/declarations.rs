//! What is right, and how it is scored.

use std::collections::HashMap;

use crate::exchange::item::{Notes, short};
use crate::exchange::weights;
use crate::exchange::xml::Element;

/// What is declared of a response.
#[derive(Debug, Clone, Default)]
pub struct Declaration {
    /// `single`, `multiple`, `ordered` or `record`.
    pub cardinality: String,
    /// `identifier`, `string`, `float`, `directedPair`, …
    pub base: String,
    /// What is right.
    pub correct: Vec<String>,
    /// What each answer is worth, and whether its case matters.
    pub mapping: Vec<(String, f64, bool)>,
}

/// How responses become a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processing {
    /// All of the correct response, or nothing.
    MatchCorrect,
    /// By the mapping.
    MapResponse,
    /// In a way of its own, or none.
    Other,
}

/// All that is declared in an item.
#[derive(Debug)]
pub struct Declarations {
    responses: HashMap<String, Declaration>,
    /// How answers are scored.
    pub processing: Processing,
    /// How far a number may be away, and whether that is in per cent.
    pub tolerance: Option<(f64, bool)>,
    /// What the item is worth.
    pub points: Option<f64>,
}

impl Declarations {
    /// Reads them.
    pub fn of(root: &Element, notes: &mut Notes) -> Self {
        let responses = root.all("responsedeclaration");
        let responses =
            responses.filter_map(|element| Some((element.attribute("identifier")?.to_owned(), declaration(element))));
        let processing = root.child("responseprocessing");
        let kind = processing.map_or(Processing::Other, kind);
        let tolerance = processing.and_then(|processing| tolerance(processing, notes));
        if kind == Processing::Other
            && processing.is_some_and(|processing| processing.elements().next().is_some())
            && tolerance.is_none()
        {
            notes.add("its response processing is not kept: answers are scored by its correct response");
        }
        Self { responses: responses.collect(), processing: kind, tolerance, points: points(root) }
    }

    /// What is declared of the response of an interaction.
    pub fn of_interaction(&self, interaction: &Element) -> Result<Declaration, String> {
        let id = interaction.attribute("responseidentifier").unwrap_or("RESPONSE");
        let found = self.responses.get(id).cloned();
        found.ok_or_else(|| format!("declares no response \"{}\"", short(id, 60)))
    }
}

impl Declaration {
    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self.base.as_str(), "float" | "integer")
    }

    /// Answers and what they are worth in per cent of the best (or of all that are right together): by the mapping if that counts,
    /// else the correct ones.
    pub fn weights(&self, processing: Processing, together: bool) -> Vec<(String, f64)> {
        let by_mapping = !self.mapping.is_empty() && (processing == Processing::MapResponse || self.correct.is_empty());
        if !by_mapping {
            return self.correct.iter().map(|value| (value.clone(), 100.0)).collect();
        }
        let values = self.mapping.iter().map(|(_, value, _)| value.max(0.0));
        let whole: f64 = if together { values.sum() } else { values.fold(0.0, f64::max) };
        let whole = if whole > 0.0 { whole } else { 1.0 };
        let percent = |value: f64| (value / whole * 100.0 * 1e6).round() / 1e6;
        self.mapping.iter().map(|(key, value, _)| (key.clone(), percent(*value))).collect()
    }
}

fn declaration(element: &Element) -> Declaration {
    let own = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
    let values = element.all("correctresponse").flat_map(|correct| correct.all("value"));
    let entries = element.all("mapping").flat_map(|mapping| mapping.all("mapentry"));
    let entry = |entry: &Element| {
        let value = entry.attribute("mappedvalue").and_then(weights::number)?;
        let exact = entry.attribute("casesensitive").is_none_or(|case| case.trim() != "false");
        Some((entry.attribute("mapkey")?.trim().to_owned(), value, exact))
    };
    Declaration {
        cardinality: own("cardinality"),
        base: own("basetype"),
        correct: values.map(|value| value.text().trim().to_owned()).collect(),
        mapping: entries.filter_map(entry).collect(),
    }
}

fn kind(processing: &Element) -> Processing {
    let template = processing.attribute("template").unwrap_or_default();
    let template = template.rsplit('/').next().unwrap_or_default().trim_end_matches(".xml");
    match template {
        "match_correct" => return Processing::MatchCorrect,
        "map_response" => return Processing::MapResponse,
        _ => {}
    }
    let names: Vec<_> = processing.descendants().into_iter().map(|element| element.name.as_str()).collect();
    if names.contains(&"mapresponse") {
        Processing::MapResponse
    } else if names.contains(&"correct")
        && names.contains(&"match")
        && names.iter().filter(|name| **name == "match").count() == 1
    {
        Processing::MatchCorrect
    } else {
        Processing::Other
    }
}

/// `<equal toleranceMode="absolute" tolerance="0.1 0.1">`.
fn tolerance(processing: &Element, notes: &mut Notes) -> Option<(f64, bool)> {
    let all = processing.descendants();
    if all.iter().any(|element| element.name == "equalrounded") {
        notes.add("took numbers that round to the right one; now just that one");
    }
    let equal = all.into_iter().find(|element| element.name == "equal")?;
    let reach =
        equal.attribute("tolerance").unwrap_or("0").split_whitespace().filter_map(weights::number).fold(0.0, f64::max);
    match equal.attribute("tolerancemode") {
        Some("absolute") => Some((reach, false)),
        Some("relative") => Some((reach, true)),
        _ => Some((0.0, false)),
    }
}

fn points(root: &Element) -> Option<f64> {
    let of =
        |wanted: &str| root.all("outcomedeclaration").find(|outcome| outcome.attribute("identifier") == Some(wanted));
    let most = of("SCORE").and_then(|score| score.attribute("normalmaximum")).and_then(weights::number);
    let declared = || {
        let value = of("MAXSCORE")?.child("defaultvalue")?.child("value")?.text();
        weights::number(&value)
    };
    most.or_else(declared)
}
