//! Questions as a table (RFC 4180; comma, semicolon or tab), one a row.
//!
//! | column | holds |
//! | --- | --- |
//! | `type` | a type of this house |
//! | `text` | what is asked, in Markdown; in a cloze with gaps as `{1:SHORTANSWER:=Berlin}` |
//! | `option_1` … `option_50` | options; items in their order; pairs as `prompt -> match`, distractors as `-> match` |
//! | `correct` | the numbers (or letters) of the right options, divided by `\|`; `true` or `false`; numbers or patterns that are taken, divided by `\|`; of an essay a sample answer |
//! | `tolerance`, `unit` | of a number |
//! | `case_sensitive` | `true` or `false`, of a short text |
//! | `option_feedback_1` … | what those are told who chose the option |
//! | `feedback`, `points`, `difficulty`, `tags` (divided by `\|`), `category` (divided by `/`), `title`, `external_id` | of all |

use std::collections::HashMap;

use super::item::{Found, Item, Notes, Place, Reading, short, some};
use super::markup::Markup;
use super::weights::{self, Number, Weighed};
use super::{embedded, gift};
use crate::points::Worth;
use crate::question::multiple_choice::Scoring;
use crate::question::{Body, essay, matching, ordering, true_false};

/// Columns without a number.
const COLUMNS: [&str; 14] = [
    "type",
    "text",
    "correct",
    "tolerance",
    "unit",
    "case_sensitive",
    "feedback",
    "points",
    "difficulty",
    "tags",
    "category",
    "title",
    "external_id",
    "scoring",
];

/// A row by the names of its columns.
struct Row<'r> {
    cells: HashMap<&'r str, &'r str>,
}

/// Reads a file.
pub fn read(text: &str, reading: &mut Reading) {
    let mut table = csv::ReaderBuilder::new()
        .has_headers(true)
        .flexible(true)
        .delimiter(divider(text))
        .from_reader(text.as_bytes());
    let name = |heading: &str| heading.trim().to_ascii_lowercase().replace(' ', "_");
    let headings: Vec<String> = table.headers().map(|all| all.iter().map(name).collect()).unwrap_or_default();
    if !headings.iter().any(|heading| heading == "text") || !headings.iter().any(|heading| heading == "type") {
        let reason = "has no columns \"type\" and \"text\": a table says what its columns are in its first row";
        reading.refuse(Place::line(1), None, reason);
        return;
    }
    note_unknown(&headings, &mut reading.notes);
    for record in table.records() {
        let more = match record {
            Ok(record) => row(&headings, &record).is_none_or(|found| reading.take(found)),
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                reading.refuse(place(line), None, "is no row of a table")
            }
        };
        if !more {
            return;
        }
    }
}

/// What stands between cells: what there is most of in the first row.
fn divider(text: &str) -> u8 {
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |byte: u8| head.bytes().filter(|other| *other == byte).count();
    [b';', b'\t', b','].into_iter().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

fn note_unknown(headings: &[String], notes: &mut Notes) {
    let numbered = |heading: &str, prefix: &str| heading.strip_prefix(prefix).is_some_and(|n| n.parse::<u8>().is_ok());
    for heading in headings {
        let known = COLUMNS.contains(&heading.as_str())
            || numbered(heading, "option_")
            || numbered(heading, "option_feedback_");
        if !known && !heading.is_empty() {
            notes.add(format!("the column \"{}\" is not known and left out", short(heading, 40)));
        }
    }
}

/// The question of a row; none if the row is empty.
fn row(headings: &[String], record: &csv::StringRecord) -> Option<Found> {
    let line = record.position().map_or(1, csv::Position::line);
    let cells = headings.iter().map(String::as_str).zip(record.iter().map(str::trim));
    let row = Row { cells: cells.filter(|(_, cell)| !cell.is_empty()).collect() };
    if row.cells.is_empty() {
        return None;
    }
    let mut notes = Notes::default();
    if record.len() > headings.len() {
        notes.add("has more cells than there are columns; the others are left out");
    }
    let item = row.item(&mut notes);
    Some(Found { place: place(line), title: row.get("title").map(str::to_owned), notes, item })
}

fn place(line: u64) -> Place {
    Place::line(u32::try_from(line).unwrap_or(u32::MAX))
}

impl Row<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.cells.get(name).copied()
    }

    fn list(&self, name: &str, divider: char) -> Vec<&str> {
        let cell = self.get(name).unwrap_or_default();
        cell.split(divider).map(str::trim).filter(|part| !part.is_empty()).collect()
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "t" | "yes" | "1") => Ok(Some(true)),
            Some("false" | "f" | "no" | "0") => Ok(Some(false)),
            Some(other) => Err(format!("has \"{}\" in {name} where true or false should be", short(other, 40))),
        }
    }

    fn number(&self, name: &str) -> Result<Option<f64>, String> {
        let wrong = |cell: &str| format!("has \"{}\" in {name} where a number should be", short(cell, 40));
        self.get(name).map(|cell| weights::number(cell).ok_or_else(|| wrong(cell))).transpose()
    }

    fn options(&self) -> Vec<(usize, &str)> {
        (1..=50).filter_map(|place| Some((place, self.get(&format!("option_{place}"))?))).collect()
    }

    fn item(&self, notes: &mut Notes) -> Result<Item, String> {
        let mut text = self.get("text").unwrap_or_default().to_owned();
        let kind = self.get("type").unwrap_or_default().to_ascii_lowercase();
        let body = if kind == "cloze" {
            let (with_gaps, body) = embedded::read(&text, notes)?;
            text = with_gaps;
            body
        } else {
            self.body(&kind, notes)?
        };
        let mut item = Item::new(Markup::Markdown.markdown(&text, notes)?, body);
        item.feedback = self.get("feedback").map(str::to_owned);
        if let Some(points) = self.number("points")? {
            let points = serde_json::from_value::<Worth>(serde_json::json!(points));
            item.points = points.map_err(|_| "has points that are not from 0 to 1000")?;
        }
        item.difficulty = match self.get("difficulty") {
            None => None,
            Some(cell) => {
                Some(cell.parse().map_err(|_| format!("has a difficulty \"{}\" that is none", short(cell, 40)))?)
            }
        };
        item.tags = self.list("tags", '|').into_iter().map(str::to_owned).collect();
        item.category = self.list("category", '/').into_iter().map(str::to_owned).collect();
        item.external_id = self.get("external_id").map(str::to_owned);
        Ok(item)
    }

    fn body(&self, kind: &str, notes: &mut Notes) -> Result<Body, String> {
        match kind {
            "single_choice" => weights::single(self.choices()?, notes),
            "multiple_choice" => {
                let scoring = match self.get("scoring") {
                    None | Some("partial") => Scoring::Partial,
                    Some("each_option") => Scoring::EachOption,
                    Some("all_or_nothing") => Scoring::AllOrNothing,
                    Some(other) => return Err(format!("has a scoring \"{}\" that is not known", short(other, 40))),
                };
                weights::multiple(self.choices()?, scoring, &mut Notes::default())
            }
            "true_false" => {
                let correct = self.flag("correct")?.ok_or("has no \"correct\"")?;
                Ok(Body::TrueFalse(true_false::TrueFalse { correct, feedback_true: None, feedback_false: None }))
            }
            "numeric" => {
                let tolerance = self.get("tolerance").unwrap_or_default();
                let number = |text: &str| Number {
                    text: text.to_owned(),
                    tolerance: tolerance.to_owned(),
                    percent: 100.0,
                    feedback: None,
                };
                weights::numeric(
                    self.list("correct", '|').into_iter().map(number).collect(),
                    self.get("unit").map(str::to_owned),
                    notes,
                )
            }
            "short_text" => {
                let answer = |text: &str| Weighed { percent: 100.0, text: text.to_owned(), feedback: None };
                let answers = self.list("correct", '|').into_iter().map(answer).collect();
                Ok(weights::short_text(answers, self.flag("case_sensitive")?.unwrap_or_default(), notes))
            }
            "matching" => self.matching(),
            "ordering" => {
                let items =
                    self.options().into_iter().map(|(_, text)| ordering::Item { id: None, text: text.to_owned() });
                Ok(Body::Ordering(ordering::Ordering { items: items.collect(), scoring: ordering::Scoring::default() }))
            }
            "essay" => {
                let Body::Essay(essay) = gift::empty_essay() else { return Err("is no essay".to_owned()) };
                Ok(Body::Essay(essay::Essay { sample_answer: self.get("correct").map(str::to_owned), ..essay }))
            }
            "" => Err("has no type".to_owned()),
            other => Err(format!("is of a type that is not known here: {}", short(other, 40))),
        }
    }

    fn choices(&self) -> Result<Vec<Weighed>, String> {
        let options = self.options();
        let mut right = Vec::new();
        for mark in self.list("correct", '|') {
            let letter = mark.bytes().next().filter(|byte| mark.len() == 1 && byte.is_ascii_alphabetic());
            let number =
                letter.map(|letter| usize::from(letter.to_ascii_lowercase() - b'a') + 1).or_else(|| mark.parse().ok());
            let number = number.filter(|number| options.iter().any(|(place, _)| place == number));
            right.push(number.ok_or_else(|| format!("names \"{}\" as correct, which is no option", short(mark, 40)))?);
        }
        let option = |(place, text): (usize, &str)| Weighed {
            percent: if right.contains(&place) { 100.0 } else { 0.0 },
            text: text.to_owned(),
            feedback: self.get(&format!("option_feedback_{place}")).and_then(|text| some(text.to_owned())),
        };
        Ok(options.into_iter().map(option).collect())
    }

    fn matching(&self) -> Result<Body, String> {
        let (mut pairs, mut distractors) = (Vec::new(), Vec::new());
        for (place, cell) in self.options() {
            let (text, partner) = cell.split_once("->").ok_or_else(|| format!("has no \"->\" in option_{place}"))?;
            let (text, partner) = (text.trim().to_owned(), partner.trim().to_owned());
            if text.is_empty() {
                distractors.push(
                    matching::Distractor::try_from(partner).map_err(|reason| format!("has a choice that {reason}"))?,
                );
            } else {
                pairs.push(matching::Pair { id: None, text, partner, feedback: None });
            }
        }
        Ok(Body::Matching(matching::Matching { pairs, distractors }))
    }
}
