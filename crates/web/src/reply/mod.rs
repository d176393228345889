//! What handlers answer. Each type says in the API document what it sends.

mod committed;
pub mod csv;
pub mod download;
mod json;
mod listing;
mod plain;
mod serialised;

use actix_web::HttpResponse;

use crate::describe::Describe;
use crate::problem::Problem;
use crate::route::Incoming;

pub(crate) use committed::replay;
pub use csv::{Csv, ListingOrCsv, ViewOrCsv, WantsCsv};
pub use download::{ByteSource, Disposition, Download, Entity, Ranges, content_disposition};
pub use json::{Created, Json, Tagged};
pub use listing::Listing;
pub use plain::{NoContent, Text};
pub use serialised::{Serialised, UnlessKnown};

/// What a handler answers.
pub trait Reply: Describe {
    /// The answer to the request.
    fn reply(self, incoming: &Incoming) -> Result<HttpResponse, Problem>;
}
