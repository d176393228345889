//! Archives: read within bounds, nothing of them is ever written anywhere.

use std::collections::HashMap;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;

/// Most entries.
const MOST_ENTRIES: usize = 20_000;
/// Most octets of all files that are read, unpacked.
const MOST_BYTES: u64 = 128 * 1024 * 1024;
/// Most octets of one of them.
const MOST_OF_ONE: u64 = 16 * 1024 * 1024;
/// A file unpacks to this many times its packed size at most, once it is beyond [`HARMLESS`].
const MOST_RATIO: u64 = 200;
/// What unpacks to less is no bomb.
const HARMLESS: u64 = 1024 * 1024;

/// An archive.
pub struct Archive<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    places: HashMap<String, usize>,
    names: Vec<String>,
    nameless: usize,
    left: u64,
}

impl<'b> Archive<'b> {
    /// Opens one.
    pub fn open(bytes: &'b [u8]) -> Result<Self, &'static str> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| "the archive is damaged: it cannot be unpacked")?;
        if zip.len() > MOST_ENTRIES {
            return Err("the archive holds more than 20,000 files");
        }
        let (mut places, mut names, mut nameless) = (HashMap::new(), Vec::new(), 0);
        for place in 0..zip.len() {
            let Some(Ok(name)) = zip.name_for_index(place) else {
                nameless += 1;
                continue;
            };
            let name = plain(&name);
            if name.is_empty() || name.ends_with('/') {
                continue;
            }
            if places.insert(name.clone(), place).is_some() {
                return Err("the archive holds two files of one name");
            }
            names.push(name);
        }
        Ok(Self { zip, places, names, nameless, left: MOST_BYTES })
    }

    /// The names of all files.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many files have names that cannot be read.
    pub const fn nameless(&self) -> usize {
        self.nameless
    }

    /// A file, or why it cannot be read.
    pub fn file(&mut self, name: &str) -> Result<Vec<u8>, &'static str> {
        let place = *self.places.get(&plain(name)).ok_or("is not in the archive")?;
        let entry = self.zip.by_index(place).map_err(|_| "is encrypted, or packed in an unusual way")?;
        let most = self.left.min(MOST_OF_ONE);
        let packed = entry.compressed_size().max(1);
        if entry.size() > most || (entry.size() > HARMLESS && entry.size() / packed > MOST_RATIO) {
            return Err("is larger, unpacked, than it may be");
        }
        let mut bytes = Vec::new();
        // What it says of its size need not be true.
        entry.take(most + 1).read_to_end(&mut bytes).map_err(|_| "is damaged: it cannot be unpacked")?;
        let size = bytes.len() as u64;
        self.left = self.left.saturating_sub(size);
        if size > most || (size > HARMLESS && size / packed > MOST_RATIO) {
            return Err("is larger, unpacked, than it may be");
        }
        Ok(bytes)
    }
}

/// A name with forward slashes, without steps up or from a root: it only names something within the archive.
pub fn plain(name: &str) -> String {
    let name = name.replace('\\', "/");
    let folder = if name.ends_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("{}{folder}", parts.join("/"))
}
