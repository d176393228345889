//! Questions of other systems, in and out: GIFT, Moodle XML, QTI, Aiken and tables.
//!
//! Everything passes through [`Item`]: the question types of this house with a category path, tags, difficulty, feedback and an
//! external id. What a file holds is either an item or refused by name, with its place and a reason; what an item lost on the way
//! is said in its notes. Nothing is dropped silently.
//!
//! # What a format cannot say
//!
//! Each question is exported in the words of the format. Where these, read again, would not give the same question (ids of options,
//! a rubric, points in GIFT), an extension stands beside them: a JSON object `{"of", "item"}`, `item` being the question as
//! [`Item`] has it and `of` a digest of the question in the words of the format. It is the comment `// lyceum: …` before a
//! question in GIFT, the comment `lyceum: …` in a `question` of Moodle XML and the attribute `data-lyceum` of the body of a
//! QTI item. Who reads it ignores it when the digest is not that of the question any more: what was changed by hand counts.
//!
//! # What is read
//!
//! Texts are Markdown here. HTML is cleaned of all that could act and becomes Markdown; what Markdown has no word for stays
//! as HTML in it. Nothing is fetched, no entity of a document is expanded, nothing of an archive is written.

/// Writes behind a text.
macro_rules! add {
    ($out:expr, $($written:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($written)*);
    }};
}

/// Writes a line behind a text.
macro_rules! line {
    ($out:expr, $($written:tt)*) => {{
        use std::fmt::Write as _;
        let _ = writeln!($out, $($written)*);
    }};
}

mod aiken;
mod archive;
mod embedded;
mod encoding;
mod escape;
mod extension;
mod gift;
mod html;
mod item;
mod markup;
mod moodle;
mod qti;
mod table;
#[cfg(test)]
mod tests;
mod weights;
mod xml;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use item::{Found, Item, Notes, Place, Reading};

/// Most questions of one file.
pub const MOST: usize = 5_000;

/// Most octets of a file.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Formats that questions are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QuestionImportFormat)]
pub enum ImportFormat {
    /// Moodle's General Import Format Technology, a text.
    Gift,
    /// Moodle XML.
    MoodleXml,
    /// QTI 2.1, 2.2 or 3.0 of 1EdTech: an item, or a package.
    Qti,
    /// Aiken: multiple choice, as a text.
    Aiken,
    /// A table (RFC 4180).
    Csv,
}

/// Formats that questions are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QuestionExportFormat)]
pub enum ExportFormat {
    /// Moodle's General Import Format Technology, a text.
    Gift,
    /// Moodle XML.
    MoodleXml,
    /// A package of QTI 3.0 of 1EdTech.
    Qti,
}

impl ExportFormat {
    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Gift => "text/plain; charset=utf-8",
            Self::MoodleXml => "application/xml",
            Self::Qti => "application/zip",
        }
    }

    /// How names of files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Gift => "gift.txt",
            Self::MoodleXml => "xml",
            Self::Qti => "zip",
        }
    }
}

/// What is in a file; `charset` is what its sender said of a text. It takes time: not for async threads.
pub fn read(format: ImportFormat, bytes: &[u8], charset: Option<&str>) -> Reading {
    let mut reading = Reading::default();
    if format == ImportFormat::Qti && bytes.starts_with(b"PK") {
        qti::read_package(bytes, &mut reading);
        return reading;
    }
    let text = encoding::decode(bytes, charset, &mut reading.notes);
    match format {
        ImportFormat::Gift => gift::read(&text, &mut reading),
        ImportFormat::MoodleXml => moodle::read(&text, &mut reading),
        ImportFormat::Qti => qti::read_item(&text, &mut reading),
        ImportFormat::Aiken => aiken::read(&text, &mut reading),
        ImportFormat::Csv => table::read(&text, &mut reading),
    }
    reading
}

/// The questions as a file of the format. It takes time: not for async threads.
///
/// # Errors
/// Only if an archive cannot be made.
pub fn write(format: ExportFormat, title: &str, items: &[Item]) -> anyhow::Result<Vec<u8>> {
    match format {
        ExportFormat::Gift => Ok(gift::write(items).into_bytes()),
        ExportFormat::MoodleXml => Ok(moodle::write(items).into_bytes()),
        ExportFormat::Qti => qti::write(title, items),
    }
}
