//! Archives of `OneRoster` 1.1 and 1.2 (1EdTech): tables in a ZIP file, with a manifest.
//!
//! Nothing of an archive is written anywhere, and names of entries are only compared: what matters is how much comes out. Each
//! file is read as a stream, up to a bound, and its checksum must be right.

use std::collections::HashMap;
use std::io::{self, Cursor, Read};

use zip::ZipArchive;

use super::{Cells, Placed, RowFault, Table, TooLarge};

/// Most entries of an archive.
const MOST_ENTRIES: usize = 100;

/// Most bytes of all files that are read, unpacked.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// What every archive has.
const MANIFEST: &str = "manifest.csv";

/// An archive of `OneRoster`.
pub struct Bundle<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// Where each file stands.
    files: HashMap<&'static str, usize>,
    left: u64,
}

impl std::fmt::Debug for Bundle<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bundle").field("files", &self.files).field("left", &self.left).finish_non_exhaustive()
    }
}

fn refused(code: &'static str, reason: &'static str) -> Placed {
    Placed::whole(None, RowFault::new(code, reason))
}

impl<'b> Bundle<'b> {
    /// Whether a file is an archive, and not a table.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
    }

    /// Opens an archive. `known` are the files that say something to the reader, `needed` those that it cannot do without; what else is
    /// in it is left alone.
    ///
    /// # Errors
    /// The archive is damaged or too large, lacks a file or has one twice, or is of another version than 1.1 and 1.2.
    pub fn open(bytes: &'b [u8], known: &[&'static str], needed: &[&'static str]) -> Result<Self, Placed> {
        let damaged = |_| refused("archive", "is damaged: it cannot be unpacked");
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if zip.len() > MOST_ENTRIES {
            return Err(refused("archive", "holds more than 100 files"));
        }
        let mut files = HashMap::new();
        for place in 0..zip.len() {
            let Some(Ok(name)) = zip.name_for_index(place) else { continue };
            // Some exporters put everything into one folder.
            let name = name.rsplit('/').next().unwrap_or_default();
            let mut known = known.iter().copied().chain([MANIFEST]);
            let Some(known) = known.find(|known| known.eq_ignore_ascii_case(name)) else { continue };
            if files.insert(known, place).is_some() {
                return Err(Placed::whole(Some(known), RowFault::new("archive", "is in the archive twice")));
            }
        }
        for needed in [MANIFEST].into_iter().chain(needed.iter().copied()) {
            if !files.contains_key(needed) {
                return Err(Placed::whole(Some(needed), RowFault::new("missing-file", "is not in the archive")));
            }
        }
        let mut bundle = Self { zip, files, left: MOST_BYTES };
        bundle.check_version()?;
        Ok(bundle)
    }

    /// Reads a file with `read`; nothing if it is not there.
    ///
    /// # Errors
    /// What `read` finds; or the file cannot be unpacked, or is too large.
    pub fn table<T>(
        &mut self,
        file: &'static str,
        read: impl FnOnce(&mut Table<'_>) -> Result<T, Placed>,
    ) -> Result<Option<T>, Placed> {
        let Some(place) = self.files.get(file).copied() else { return Ok(None) };
        let unusual =
            |_| Placed::whole(Some(file), RowFault::new("archive", "is encrypted, or packed in an unusual way"));
        let entry = self.zip.by_index(place).map_err(unusual)?;
        if entry.size() > self.left {
            return Err(Placed::whole(Some(file), RowFault::new("too-large", "holds more than an archive may hold")));
        }
        let mut table = Table::open(Some(file), Bounded { inner: entry, left: &mut self.left })?;
        read(&mut table).map(Some)
    }

    /// A manifest that names another version than those that are known is not read on a guess.
    fn check_version(&mut self) -> Result<(), Placed> {
        self.table(MANIFEST, |table| {
            let columns = Columns::of(table, MANIFEST, ["propertyName", "value"], &[])?;
            while let Some(cells) = table.next()? {
                let [name, value] = columns.texts(&cells);
                let known = value.is_some_and(|version| matches!(version, "1.1" | "1.2"));
                if name.is_some_and(|name| name.eq_ignore_ascii_case("oneroster.version")) && !known {
                    let fault = RowFault::new("version", "is not a version that is known: 1.1 or 1.2").at("value");
                    let fault = fault.value(value.unwrap_or_default());
                    return Err(Placed { file: Some(MANIFEST), line: Some(cells.line), fault });
                }
            }
            Ok(())
        })
        .map(|_| ())
    }
}

/// Where some columns stand in a table.
#[derive(Debug, Clone, Copy)]
pub struct Columns<const N: usize>([Option<usize>; N]);

impl<const N: usize> Columns<N> {
    /// By their headings, whatever their case; those of `optional` may be left out.
    ///
    /// # Errors
    /// A column is missing.
    pub fn of(table: &Table<'_>, file: &'static str, names: [&str; N], optional: &[&str]) -> Result<Self, Placed> {
        let places = names.map(|name| table.headings().iter().position(|heading| heading.eq_ignore_ascii_case(name)));
        for (name, place) in names.into_iter().zip(places) {
            if place.is_none() && !optional.contains(&name) {
                let fault = RowFault::new("columns", "needs this column").at(name);
                return Err(Placed { file: Some(file), line: Some(1), fault });
            }
        }
        Ok(Self(places))
    }

    /// What a row says in them; nothing where a cell is empty.
    pub fn texts<'t>(&self, cells: &Cells<'t>) -> [Option<&'t str>; N] {
        self.0.map(|place| place.and_then(|place| cells.text(place)))
    }
}

/// A reader that gives up when more comes out than may.
struct Bounded<'l, R> {
    inner: R,
    left: &'l mut u64,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                *self.left = left;
                Ok(read)
            }
            None => Err(io::Error::other(TooLarge)),
        }
    }
}
