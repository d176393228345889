//! What a file is: told by its bytes, held against what it was said to be.

use std::io::{Cursor, Read, Seek};
use std::path::Path;

use crate::error::FilesError;

/// Longest side of a picture, in pixels.
const MOST_SIDE: u32 = 20_000;
/// Most pixels of a picture.
const MOST_PIXELS: u64 = 64_000_000;
/// Archives up to this size are looked into, in bytes.
const LOOKED_INTO: u64 = 64 << 20;
/// An archive may unpack to this many times its size, once it is beyond [`HARMLESS`].
const MOST_RATIO: u64 = 200;
/// What unpacks to less is no bomb, in bytes.
const HARMLESS: u64 = 64 << 20;
/// Archives in archives in archives are bombs.
const MOST_NESTED: u32 = 2;

/// Any bytes.
pub const BINARY: &str = "application/octet-stream";
const PLAIN: &str = "text/plain";
const HTML: &str = "text/html";
const SVG: &str = "image/svg+xml";

/// Names without a meaning beyond the bytes' own, and their stored names' endings.
const TYPES: [(&str, &str); 36] = [
    ("application/pdf", "pdf"),
    ("application/zip", "zip"),
    ("application/json", "json"),
    ("application/xml", "xml"),
    ("application/rtf", "rtf"),
    ("application/epub+zip", "epub"),
    ("application/gzip", "gz"),
    ("application/msword", "doc"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/vnd.oasis.opendocument.presentation", "odp"),
    ("audio/mpeg", "mp3"),
    ("audio/mp4", "m4a"),
    ("audio/ogg", "ogg"),
    ("audio/wav", "wav"),
    ("audio/flac", "flac"),
    ("audio/webm", "weba"),
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/svg+xml", "svg"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/calendar", "ics"),
    ("video/mp4", "mp4"),
    ("video/webm", "webm"),
    ("video/quicktime", "mov"),
    ("video/ogg", "ogv"),
];

/// The ending of stored names of this type.
pub fn extension(content_type: &str) -> &'static str {
    TYPES.iter().find(|(known, _)| *known == content_type).map_or("bin", |(_, extension)| extension)
}

/// Whether a browser may show it in place: pictures, sound, moving pictures, PDF and plain text, but nothing that can hold a script.
pub fn is_safe_inline(content_type: &str) -> bool {
    let kind = essence(content_type);
    let family = kind.split('/').next().unwrap_or_default();
    matches!(family, "audio" | "video")
        || (family == "image" && kind != SVG)
        || kind == "application/pdf"
        || kind == PLAIN
}

/// Whether a picture can be made smaller.
pub fn is_picture(content_type: &str) -> bool {
    matches!(content_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

/// Whether text can be read from it.
pub fn has_text(content_type: &str) -> bool {
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    content_type == "application/pdf" || content_type == word || matches!(content_type, "text/markdown" | PLAIN)
}

/// The type without parameters, in lower case.
pub fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What a name's ending says of its type.
fn by_name(name: &str) -> Option<&'static str> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    let ending = match ending.as_str() {
        "jpeg" => "jpg",
        "markdown" => "md",
        "htm" => "html",
        other => other,
    };
    TYPES.iter().find(|(_, known)| *known == ending).map(|(kind, _)| *kind)
}

/// What the bytes themselves say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looks {
    Program,
    Html,
    Svg,
    Text,
    Known(&'static str),
    Unknown,
}

fn look(prefix: &[u8]) -> Looks {
    // infer wants more of some of them than their first bytes.
    let magic: [&[u8]; 6] = [b"MZ", b"\x7fELF", b"#!", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe"];
    if infer::is_app(prefix) || magic.iter().any(|magic| prefix.starts_with(magic)) {
        return Looks::Program;
    }
    // infer takes any text that begins with a tag for HTML, and knows SVG not at all.
    let text = is_text(prefix);
    if text {
        let lower = String::from_utf8_lossy(&prefix[..prefix.len().min(1024)]).to_ascii_lowercase();
        let begins = lower.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        if begins.starts_with('<') && lower.contains("<svg") {
            return Looks::Svg;
        }
        let tags = ["<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<style"];
        if tags.iter().any(|tag| begins.starts_with(tag)) {
            return Looks::Html;
        }
    }
    match infer::get(prefix).map(|kind| kind.mime_type()) {
        Some("text/html") => Looks::Html,
        Some(kind) if !text || !kind.starts_with("text/") => Looks::Known(kind),
        _ if text => Looks::Text,
        _ => Looks::Unknown,
    }
}

/// UTF-8 without control characters that no text has; a character may be cut at the end.
fn is_text(prefix: &[u8]) -> bool {
    let valid = match std::str::from_utf8(prefix) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() + 4 > prefix.len(),
    };
    valid && !prefix.iter().any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}

/// The same under another name.
fn canonical(kind: &str) -> &str {
    match kind {
        "image/jpg" | "image/pjpeg" => "image/jpeg",
        "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "audio/wav",
        "audio/x-flac" => "audio/flac",
        "audio/mp3" => "audio/mpeg",
        "audio/m4a" | "audio/x-m4a" => "audio/mp4",
        "application/x-zip-compressed" => "application/zip",
        "application/x-gzip" => "application/gzip",
        "text/rtf" => "application/rtf",
        "text/xml" => "application/xml",
        "text/x-markdown" => "text/markdown",
        "application/ogg" => "audio/ogg",
        other => other,
    }
}

/// The type of a file that begins so, was said to be of type `declared` and is called `name`.
///
/// # Errors
/// [`FilesError::Program`] for programs, [`FilesError::NotOfType`] for bytes that are not what they were said to be.
pub fn decide(prefix: &[u8], declared: Option<&str>, name: &str) -> Result<String, FilesError> {
    let declared = declared.map(essence).filter(|kind| kind != BINARY && !kind.is_empty());
    let said = declared.as_deref().map(canonical);
    let mismatch = || Err(FilesError::NotOfType(said.unwrap_or("its name").to_owned()));
    let looks = look(prefix);
    // Whoever declares nothing is taken by the name, if the bytes bear it out, and else by the bytes alone.
    let Some(said) = said else {
        return Ok(match (looks, by_name(name)) {
            (Looks::Program, _) => return Err(FilesError::Program),
            (_, Some(named)) if !prefix.is_empty() && bears_out(looks, named) => named,
            (Looks::Known(kind), _) => canonical(kind),
            (Looks::Html, _) => HTML,
            (Looks::Svg, _) => SVG,
            (Looks::Text, _) => PLAIN,
            (Looks::Unknown, _) => BINARY,
        }
        .to_owned());
    };
    if prefix.is_empty() {
        return if is_media(said) { mismatch() } else { Ok(said.to_owned()) };
    }
    if looks == Looks::Program && !is_media(said) {
        return Err(FilesError::Program);
    }
    if bears_out(looks, said) { Ok(said.to_owned()) } else { mismatch() }
}

/// Types that programs open by their own magic: the bytes must bear them out.
fn is_media(kind: &str) -> bool {
    matches!(kind.split('/').next(), Some("image" | "audio" | "video" | "font")) || kind == "application/pdf"
}

fn bears_out(looks: Looks, said: &str) -> bool {
    let family = |kind: &str| kind.split('/').next().unwrap_or_default().to_owned();
    match looks {
        Looks::Program => false,
        Looks::Svg => matches!(said, SVG | "application/xml" | PLAIN),
        Looks::Html => matches!(said, HTML | "application/xhtml+xml" | PLAIN | "text/markdown"),
        Looks::Known(found) => {
            let found = canonical(found);
            let container = matches!(found, "video/mp4" | "audio/ogg" | "video/webm" | "video/x-matroska");
            let archive = found == "application/zip" && (said.contains("zip") || said.contains("document"));
            let old_office = found == "application/x-ole-storage" || found == "application/msword";
            found == said
                || archive
                || (container && matches!(family(said).as_str(), "audio" | "video"))
                || (old_office && said.starts_with("application/vnd.ms-"))
                || (family(said) == "video" && family(found) == "video")
        }
        Looks::Text => !is_media(said) && !said.contains("zip") && !said.contains("officedocument"),
        Looks::Unknown => !is_media(said) && family(said) != "text",
    }
}

/// Pixels across and down of a picture that lies in a file, read from its head alone.
///
/// # Errors
/// [`FilesError::TooManyPixels`], and [`FilesError::NotOfType`] for what has no such head. It blocks.
pub fn dimensions(path: &Path, content_type: &str) -> Result<(i32, i32), FilesError> {
    let broken = || FilesError::NotOfType(content_type.to_owned());
    let file = std::io::BufReader::new(std::fs::File::open(path).map_err(|_| FilesError::StoreAway)?);
    let format = image::ImageFormat::from_mime_type(content_type).ok_or_else(broken)?;
    let (width, height) = image::ImageReader::with_format(file, format).into_dimensions().map_err(|_| broken())?;
    if width.max(height) > MOST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(FilesError::TooManyPixels);
    }
    Ok((i32::try_from(width).map_err(|_| broken())?, i32::try_from(height).map_err(|_| broken())?))
}

/// Whether a file is a ZIP of any kind.
pub fn is_archive(prefix: &[u8]) -> bool {
    prefix.starts_with(b"PK\x03\x04") || prefix.starts_with(b"PK\x05\x06")
}

/// Refuses archives that are made to be unpacked to death. What cannot be read as an archive is let in: nobody here unpacks it.
///
/// # Errors
/// [`FilesError::Bomb`]. It blocks.
pub fn look_into_archive(path: &Path) -> Result<(), FilesError> {
    let file = std::fs::File::open(path).map_err(|_| FilesError::StoreAway)?;
    let size = file.metadata().map_err(|_| FilesError::StoreAway)?.len();
    if size > LOOKED_INTO {
        return Ok(());
    }
    let mut budget = LOOKED_INTO;
    let unpacked = unpacked_size(file, MOST_NESTED, &mut budget)?;
    if unpacked > HARMLESS && unpacked / size.max(1) > MOST_RATIO { Err(FilesError::Bomb) } else { Ok(()) }
}

/// What an archive says that it unpacks to, archives in it included; `budget` bounds what is unpacked for knowing that.
fn unpacked_size(file: impl Read + Seek, nested: u32, budget: &mut u64) -> Result<u64, FilesError> {
    let Ok(mut archive) = zip::ZipArchive::new(file) else { return Ok(0) };
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let Ok(entry) = archive.by_index(index) else { continue };
        total = total.saturating_add(entry.size());
        let mut inner = Vec::new();
        let taken = entry.take((*budget).min(HARMLESS));
        let mut taken = std::io::BufReader::new(taken);
        let mut magic = [0; 4];
        if taken.read_exact(&mut magic).is_err() || !is_archive(&magic) {
            continue;
        }
        if nested == 0 {
            return Err(FilesError::Bomb);
        }
        inner.extend_from_slice(&magic);
        if taken.read_to_end(&mut inner).is_err() {
            continue;
        }
        *budget = budget.saturating_sub(inner.len() as u64);
        if *budget == 0 {
            return Err(FilesError::Bomb);
        }
        total = total.saturating_add(unpacked_size(Cursor::new(inner), nested - 1, budget)?);
    }
    Ok(total)
}

/// A name as a client gave it, made fit to be shown: the last part of a path, no control characters, at most 255 characters.
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .take(255)
        .collect();
    let shown = shown.trim().trim_start_matches('.').to_owned();
    if shown.is_empty() { "file".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

    #[test]
    fn row_29_bytes_that_are_not_what_they_were_said_to_be_are_refused() {
        let refused = |bytes: &[u8], declared: &str| decide(bytes, Some(declared), "x").unwrap_err();
        for bytes in [
            &b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff"[..],
            b"\x7fELF\x02\x01\x01\0",
            b"<!DOCTYPE html><script>alert(1)</script>",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"just words",
            b"",
            b"%PDF-1.7",
            b"GIF89a\x01\0\x01\0",
        ] {
            assert!(matches!(refused(bytes, "image/png"), FilesError::NotOfType(_)), "{bytes:?}");
        }
        assert!(matches!(refused(b"\x7fELF\x02\x01\x01\0", "application/octet-stream"), FilesError::Program));
        assert!(matches!(refused(PNG, "text/plain"), FilesError::NotOfType(_)));
        assert!(matches!(refused(b"<html>", "application/pdf"), FilesError::NotOfType(_)));
        assert!(matches!(refused(b"\0\x01\x02\x03", "text/plain"), FilesError::NotOfType(_)));
    }

    #[test]
    fn what_is_honest_is_taken() {
        for (bytes, declared, name, wanted) in [
            (PNG, Some("image/png"), "a.png", "image/png"),
            (PNG, None, "a.txt", "image/png"),
            (PNG, Some("application/octet-stream"), "a", "image/png"),
            (b"# Title", Some("text/markdown; charset=utf-8"), "a.md", "text/markdown"),
            (b"# Title", None, "a.md", "text/markdown"),
            (b"a,b\r\n1,2", Some("text/csv"), "a.csv", "text/csv"),
            (b"", Some("text/plain"), "empty.txt", "text/plain"),
            (b"", None, "empty", "text/plain"),
            (b"<html></html>", Some("text/html"), "a.html", "text/html"),
            (b"\x01\x02\x03\xff", None, "a.dat", BINARY),
            (b"%PDF-1.7\n", Some("application/pdf"), "a.pdf", "application/pdf"),
            (b"PK\x03\x04\x14\0\0\0", Some("application/zip"), "a.zip", "application/zip"),
            (b"{}", Some("application/json"), "a.json", "application/json"),
        ] {
            assert_eq!(decide(bytes, declared, name).unwrap(), wanted, "{declared:?} {name}");
        }
    }

    #[test]
    fn row_33_names_are_no_paths() {
        for (given, wanted) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\evil.exe", "evil.exe"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
            ("..", "file"),
            ("", "file"),
            (".htaccess", "htaccess"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("Ünïcödé ✓.pdf", "Ünïcödé ✓.pdf"),
        ] {
            assert_eq!(clean_name(given), wanted, "{given:?}");
        }
        assert_eq!(clean_name(&"x".repeat(300)).len(), 255);
    }

    #[test]
    fn only_what_holds_no_script_is_shown() {
        assert!(is_safe_inline("image/png") && is_safe_inline("application/pdf") && is_safe_inline("text/plain"));
        assert!(!is_safe_inline("image/svg+xml") && !is_safe_inline("text/html") && !is_safe_inline(BINARY));
    }
}
