//! Tables as CSV (RFC 4180), streamed: a list of any length costs no more memory than one piece of it.

use std::pin::Pin;

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use lyceum_kernel::Page;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Content, RefOr};

use super::json::{NO_STORE, Tagged};
use super::serialised::UnlessKnown;
use super::{Listing, Reply};
use crate::describe::{Describe, Description};
use crate::problem::Problem;
use crate::route::{Extract, Incoming};

/// The media type.
const TEXT_CSV: &str = "text/csv";

/// Characters at the beginning of a cell that make a spreadsheet take it for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Adds a record: cells with a comma, a quotation mark or a line break are quoted, and cells that a spreadsheet would take for a
/// formula begin with an apostrophe.
pub fn write_record<S: AsRef<str>>(text: &mut String, cells: impl IntoIterator<Item = S>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_cell(text, cell.as_ref());
    }
    text.push_str("\r\n");
}

fn write_cell(text: &mut String, cell: &str) {
    let apostrophe = if cell.starts_with(FORMULA) { "'" } else { "" };
    if cell.contains([',', '"', '\r', '\n']) {
        text.push('"');
        text.push_str(apostrophe);
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(apostrophe);
        text.push_str(cell);
    }
}

/// A cell of a table of figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'t> {
    /// Text, which nobody shall take for a formula.
    Text(&'t str),
    /// A number, which nobody can: also a negative one is written as it is.
    Number(f64),
    /// A whole number.
    Count(u64),
    /// Nothing.
    Empty,
}

impl From<Option<f64>> for Cell<'_> {
    fn from(number: Option<f64>) -> Self {
        number.filter(|number| number.is_finite()).map_or(Cell::Empty, Cell::Number)
    }
}

/// Adds a record of figures: text as [`write_record`] does, numbers with a point and all their digits.
pub fn write_figures<'t>(text: &mut String, cells: impl IntoIterator<Item = Cell<'t>>) {
    use std::fmt::Write as _;
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match cell {
            Cell::Text(cell) => write_cell(text, cell),
            // Writing to a string does not fail.
            Cell::Number(number) if number.is_finite() => write!(text, "{number}").unwrap_or_default(),
            Cell::Count(count) => write!(text, "{count}").unwrap_or_default(),
            Cell::Number(_) | Cell::Empty => {}
        }
    }
    text.push_str("\r\n");
}

/// A table, 200, offered as a file.
pub struct Csv {
    name: &'static str,
    pieces: Pin<Box<dyn Stream<Item = Result<String, Problem>>>>,
}

impl std::fmt::Debug for Csv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Csv").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Csv {
    /// A table with these columns, called `name` (ASCII without quotation marks) as a file; `pieces` hold whole records made by
    /// [`write_record`]. When a piece fails the answer breaks off, so that nobody takes it for whole.
    pub fn new(
        name: &'static str,
        columns: &[&str],
        pieces: impl Stream<Item = Result<String, Problem>> + 'static,
    ) -> Self {
        let mut head = String::new();
        write_record(&mut head, columns);
        Self { name, pieces: Box::pin(stream::once(async { Ok(head) }).chain(pieces)) }
    }
}

impl Reply for Csv {
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        let disposition = HeaderValue::try_from(format!("attachment; filename=\"{}\"", self.name))
            .map_err(|_| Problem::internal("the name of a table is not a file name"))?;
        let pieces = self.pieces.map(|piece| match piece {
            Ok(text) => Ok(Bytes::from(text)),
            Err(problem) => {
                tracing::error!(?problem, "export.broken_off");
                Err(actix_web::Error::from(problem))
            }
        });
        let mut response = HttpResponse::Ok().streaming(pieces);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
        headers.insert(header::CONTENT_DISPOSITION, disposition);
        headers.insert(header::CACHE_CONTROL, NO_STORE);
        Ok(response)
    }
}

impl Describe for Csv {
    fn describe(description: &mut Description) {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        description.success_with(200, "The table.", TEXT_CSV, RefOr::T(Schema::Object(text)));
    }
}

/// A page of a list, or all of the list as a table: whichever [`WantsCsv`] says that the client wants.
#[derive(Debug)]
pub enum ListingOrCsv<T> {
    /// A page.
    Listing(Listing<T>),
    /// Everything.
    Csv(Csv),
}

impl<T> From<Page<T>> for ListingOrCsv<T> {
    fn from(page: Page<T>) -> Self {
        Self::Listing(page.into())
    }
}

impl<T: Serialize + ToSchema> Reply for ListingOrCsv<T> {
    fn reply(self, incoming: &Incoming) -> Result<HttpResponse, Problem> {
        let mut response = match self {
            Self::Listing(listing) => listing.reply(incoming)?,
            Self::Csv(csv) => csv.reply(incoming)?,
        };
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
        Ok(response)
    }
}

impl<T: ToSchema> Describe for ListingOrCsv<T> {
    fn describe(description: &mut Description) {
        Listing::<T>::describe(description);
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let content = RefOr::T(Content::new(Some(RefOr::T(Schema::Object(text)))));
        let response = description.success(200, "A page of the list, or all of it as a table.");
        response.content.insert(TEXT_CSV.to_owned(), content);
    }
}

/// One resource as JSON that was written before, or as a table: whichever [`WantsCsv`] says that the client wants.
#[derive(Debug)]
pub enum ViewOrCsv<T> {
    /// The view, or 304.
    View(UnlessKnown<T>),
    /// The table.
    Csv(Csv),
}

impl<T: ToSchema> Reply for ViewOrCsv<T>
where
    Tagged<T>: Describe,
{
    fn reply(self, incoming: &Incoming) -> Result<HttpResponse, Problem> {
        let mut response = match self {
            Self::View(view) => view.reply(incoming)?,
            Self::Csv(csv) => csv.reply(incoming)?,
        };
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
        Ok(response)
    }
}

impl<T: ToSchema> Describe for ViewOrCsv<T>
where
    Tagged<T>: Describe,
{
    fn describe(description: &mut Description) {
        UnlessKnown::<T>::describe(description);
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let content = RefOr::T(Content::new(Some(RefOr::T(Schema::Object(text)))));
        let response = description.success(200, "The resource, or a table of it.");
        response.content.insert(TEXT_CSV.to_owned(), content);
    }
}

/// Whether `Accept` prefers `text/csv` to JSON (RFC 9110, section 12.5.1). Whoever does not say gets JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantsCsv(pub bool);

impl Extract for WantsCsv {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let accept = incoming.header(&header::ACCEPT)?.unwrap_or_default();
        Ok(Self(prefers_csv(&accept)))
    }
}

impl Describe for WantsCsv {
    fn describe(_: &mut Description) {}
}

/// Only a range that names `text/csv` or `text/*` asks for a table: `*/*` is what every client sends.
fn prefers_csv(accept: &str) -> bool {
    // How closely the range fits decides before its weight does.
    let weight = |ranges: &[&str]| {
        let weights = accept.split(',').filter_map(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let range = parts.next()?;
            let place = ranges.iter().position(|known| known.eq_ignore_ascii_case(range))?;
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            Some((place, weight.map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0))))
        });
        weights.min_by_key(|(place, _)| *place).map(|(_, weight)| weight)
    };
    let table = weight(&[TEXT_CSV, "text/*"]).unwrap_or(0.0);
    let json = weight(&["application/json", "application/*", "*/*"]).unwrap_or(0.0);
    // `text/csv, */*` asks for a table, and takes something else rather than nothing.
    let named = accept.split(',').any(|entry| {
        entry.split(';').next().is_some_and(|range| range.trim().eq_ignore_ascii_case("application/json"))
    });
    table > json || (table > 0.0 && table >= json && !named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_34_formulas_are_text_and_cells_are_quoted() {
        let mut text = String::new();
        write_record(
            &mut text,
            ["=HYPERLINK(\"x\")", "+1", "-1", "@a", "\tb", "\rc", "a,b", "say \"so\"", "two\nlines", "plain", ""],
        );
        let expected =
            "\"'=HYPERLINK(\"\"x\"\")\",'+1,'-1,'@a,'\tb,\"'\rc\",\"a,b\",\"say \"\"so\"\"\",\"two\nlines\",plain,\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn row_34_figures_are_numbers_and_the_rest_is_text() {
        let mut text = String::new();
        let cells = [Cell::Text("-1+1"), Cell::Number(-1.5), Cell::Count(7), Cell::Empty, Some(f64::NAN).into()];
        write_figures(&mut text, cells);
        assert_eq!(text, "'-1+1,-1.5,7,,\r\n");
    }

    #[test]
    fn a_table_is_sent_to_those_who_ask_for_it() {
        for accept in [
            "text/csv",
            "TEXT/CSV; q=0.9",
            "text/*",
            "text/csv, application/json;q=0.5",
            "text/csv, */*",
            "text/csv;header=present",
        ] {
            assert!(prefers_csv(accept), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/json",
            "application/json, text/csv",
            "text/csv;q=0",
            "text/csv;q=0.1, */*;q=0.8",
            "nonsense",
        ] {
            assert!(!prefers_csv(accept), "{accept}");
        }
    }
}
