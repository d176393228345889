//! The text of Word documents (ECMA-376): `word/document.xml` of a ZIP archive.

use std::io::{BufReader, Cursor, Read as _};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::child::MOST_TEXT;

/// What the document may unpack to, in bytes.
const MOST_XML: u64 = 128 << 20;

/// The words of the body, a paragraph a line.
pub(super) fn text(bytes: &[u8]) -> anyhow::Result<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let document = archive.by_name("word/document.xml")?;
    let mut xml = Reader::from_reader(BufReader::new(document.take(MOST_XML)));
    let mut buffer = Vec::new();
    let (mut words, mut within) = (String::new(), false);
    while words.len() <= MOST_TEXT {
        match xml.read_event_into(&mut buffer)? {
            Event::Start(tag) if tag.local_name().as_ref() == b"t" => within = true,
            Event::End(tag) => match tag.local_name().as_ref() {
                b"t" => within = false,
                b"p" => words.push('\n'),
                _ => {}
            },
            Event::Empty(tag) if matches!(tag.local_name().as_ref(), b"tab" | b"br") => words.push(' '),
            Event::Text(text) if within => words.push_str(&text.decode()?),
            Event::GeneralRef(name) if within => {
                let entity = name.resolve_char_ref()?.or_else(|| match name.as_ref() as &[u8] {
                    b"amp" => Some('&'),
                    b"lt" => Some('<'),
                    b"gt" => Some('>'),
                    b"quot" => Some('"'),
                    b"apos" => Some('\''),
                    _ => None,
                });
                words.extend(entity);
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_words_of_a_document_are_found() {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
        let xml = "<?xml version=\"1.0\"?><w:document xmlns:w=\"x\"><w:body><w:p><w:r><w:t>Fish &amp; chips</w:t></w:r></w:p>\
            <w:p><w:r><w:t>Second</w:t><w:tab/><w:t>line</w:t></w:r></w:p><w:instr>not this</w:instr></w:body></w:document>";
        archive.write_all(xml.as_bytes()).unwrap();
        let bytes = archive.finish().unwrap().into_inner();
        assert_eq!(text(&bytes).unwrap(), "Fish & chips\nSecond line\n");
        assert!(text(b"no archive").is_err());
    }
}
