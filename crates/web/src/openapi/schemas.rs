//! The named schemas of the API document.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// Named schemas of the API document, each once and as JSON: hundreds of operations share a few.
#[derive(Default)]
pub(super) struct Schemas {
    by_name: BTreeMap<String, String>,
    faults: Vec<String>,
}

impl Schemas {
    /// Takes a schema in, or notes that its name has another shape already.
    pub(super) fn add(&mut self, name: &str, schema: &RefOr<Schema>, user: impl FnOnce() -> String) {
        let schema = match serde_json::to_string(schema) {
            Ok(schema) => schema,
            Err(error) => return self.faults.push(format!("the schema {name} cannot be written: {error}")),
        };
        match self.by_name.entry(name.to_owned()) {
            Entry::Vacant(place) => {
                place.insert(schema);
            }
            Entry::Occupied(known) if *known.get() == schema => {}
            Entry::Occupied(known) => {
                self.faults.push(format!(
                    "two different schemas are called {}; one is used by {}",
                    known.key(),
                    user()
                ));
            }
        }
    }

    /// The schemas as JSON by name, if no name has two shapes.
    ///
    /// # Errors
    /// All such names.
    pub(super) fn into_distinct(self) -> Result<BTreeMap<String, String>, Vec<String>> {
        if self.faults.is_empty() { Ok(self.by_name) } else { Err(self.faults) }
    }
}
