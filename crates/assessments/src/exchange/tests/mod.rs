//! All formats together: what is written is read again, and nothing that is read does any harm.

mod foreign;
mod generated;
mod hostile;

use super::*;

/// What a text holds.
fn read_text(format: ImportFormat, text: &str) -> Reading {
    read(format, text.as_bytes(), None)
}

/// The only question, with its notes.
fn only(reading: Reading) -> (Item, Vec<String>) {
    assert_eq!(reading.found.len(), 1, "{reading:#?}");
    let found = reading.found.into_iter().next().unwrap();
    (found.item.unwrap(), found.notes.into_inner())
}

/// The type and all that is special about it, as JSON.
fn body(item: &Item) -> serde_json::Value {
    serde_json::to_value(&item.body).unwrap()
}

/// Why each was refused; nothing for those that were not.
fn reasons(reading: &Reading) -> Vec<&str> {
    reading.found.iter().map(|found| found.item.as_ref().err().map_or("", String::as_str)).collect()
}
