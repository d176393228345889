//! Octets to text, whatever wrote them.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::item::Notes;

/// The text: by its byte order mark, else as its sender said (RFC 7303), else as it declares itself in XML, else UTF-8, else
/// Windows-1252.
pub fn decode(bytes: &[u8], charset: Option<&str>, notes: &mut Notes) -> String {
    let said = charset.and_then(|charset| Encoding::for_label(charset.as_bytes())).filter(|said| *said != UTF_8);
    let text = match (Encoding::for_bom(bytes), said) {
        (Some((encoding, mark)), _) => with(encoding, &bytes[mark..], notes),
        (None, Some(said)) => with(said, bytes, notes),
        (None, None) => unmarked(bytes, notes),
    };
    if text.contains(['\r', '\0']) {
        text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}")
    } else {
        text
    }
}

fn unmarked(bytes: &[u8], notes: &mut Notes) -> String {
    if let Some(encoding) = wide(bytes) {
        return with(encoding, bytes, notes);
    }
    let declared = declared(bytes).filter(|encoding| *encoding != UTF_16LE && *encoding != UTF_16BE);
    if let Some(encoding) = declared.filter(|encoding| *encoding != UTF_8) {
        return with(encoding, bytes, notes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    notes.add("the file is not UTF-8; it was read as Windows-1252");
    with(WINDOWS_1252, bytes, notes)
}

fn with(encoding: &'static Encoding, bytes: &[u8], notes: &mut Notes) -> String {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    if damaged {
        notes.add(format!("the file has octets that are no {}; they became \u{fffd}", encoding.name()));
    }
    text.into_owned()
}

/// UTF-16 without a mark: every other octet of its beginning is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(64) & !1];
    if head.len() < 4 {
        return None;
    }
    let zeros = |at: usize| head.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count() * 2;
    let most = head.len() * 2 / 3;
    match (zeros(0) > most, zeros(1) > most) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// `<?xml … encoding="…"?>`.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(200)];
    let head = String::from_utf8_lossy(head);
    let declaration = head.trim_start().strip_prefix("<?xml")?.split("?>").next()?.to_owned();
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_kinds() {
        let read = |bytes: &[u8]| decode(bytes, None, &mut Notes::default());
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        assert_eq!(read("Größe".as_bytes()), "Größe");
        assert_eq!(read("\u{feff}Größe".as_bytes()), "Größe");
        assert_eq!(read(&wide("\u{feff}Größe")), "Größe");
        assert_eq!(read(&big("\u{feff}Größe")), "Größe");
        assert_eq!(read(&wide("Größe: x?")), "Größe: x?");
        assert_eq!(read(b"Gr\xf6\xdfe \x80"), "Größe €");
        assert_eq!(
            read(b"<?xml version='1.0' encoding='ISO-8859-2'?><a>\xb3</a>"),
            "<?xml version='1.0' encoding='ISO-8859-2'?><a>ł</a>"
        );
        assert_eq!(read(b"a\r\nb\rc"), "a\nb\nc");
        assert_eq!(read(b"a\xff\0b"), "aÿ\u{fffd}b");
        assert_eq!(read(b""), "");
        assert_eq!(decode(b"\xb3", Some("iso-8859-2"), &mut Notes::default()), "ł");
    }
}
