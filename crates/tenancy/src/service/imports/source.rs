//! A file that was sent: a table of people, or an archive of `OneRoster`.

use bytes::Bytes;
use lyceum_web::tabular::{Bundle, Table};

use super::bundle;
use super::people;
use super::row::{Placed, Row};
use crate::model::import::Format;

/// A file as it came.
#[derive(Debug, Clone)]
pub(super) struct Source(Bytes);

impl Source {
    pub(super) const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    fn is_archive(&self) -> bool {
        Bundle::is_one(&self.0)
    }

    /// Reads every row in an order that is always the same (people, classes, who is in them) until `take` says that it is
    /// enough. Blocks.
    pub(super) fn walk(&self, take: &mut dyn FnMut(Row) -> bool) -> Result<Format, Placed> {
        if self.is_archive() {
            bundle::read(&self.0, take)?;
            return Ok(Format::OneRoster);
        }
        let mut table = Table::open(None, &*self.0)?;
        let format = if people::is_one_roster(table.headings()) { Format::OneRosterUsers } else { Format::Csv };
        people::read(&mut table, None, take)?;
        Ok(format)
    }
}
