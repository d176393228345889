//! Files that are broken, on purpose or not.

use std::io::Write as _;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::*;

const ALL: [ImportFormat; 5] =
    [ImportFormat::Gift, ImportFormat::MoodleXml, ImportFormat::Qti, ImportFormat::Aiken, ImportFormat::Csv];

/// A good file of each format.
fn seed(format: ImportFormat) -> Vec<u8> {
    match format {
        ImportFormat::Gift => include_bytes!("fixtures/mixed.gift").to_vec(),
        ImportFormat::MoodleXml => include_bytes!("fixtures/mixed.xml").to_vec(),
        ImportFormat::Qti => include_bytes!("fixtures/choice-2.1.xml").to_vec(),
        ImportFormat::Aiken => include_bytes!("fixtures/mixed.aiken").to_vec(),
        ImportFormat::Csv => include_bytes!("fixtures/mixed.csv").to_vec(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn mutated_files_do_no_harm(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>(), 0_usize..40), 1..12)
    ) {
        for format in ALL {
            let mut bytes = seed(format);
            for (at, what, byte, count) in &changes {
                if bytes.is_empty() {
                    break;
                }
                let at = at.index(bytes.len());
                let end = (at + count).min(bytes.len());
                match what {
                    0 => bytes[at] = *byte,
                    1 => drop(bytes.drain(at..end)),
                    2 => bytes.insert(at, *byte),
                    _ => {
                        let copy = bytes[at..end].to_vec();
                        bytes.splice(at..at, copy);
                    }
                }
            }
            let reading = read(format, &bytes, None);
            let items: Vec<_> = reading.found.into_iter().filter_map(|found| found.item.ok()).collect();
            // Whatever was taken can be written.
            for out in [ExportFormat::Gift, ExportFormat::MoodleXml, ExportFormat::Qti] {
                prop_assert!(write(out, "x", &items).is_ok());
            }
        }
    }

    #[test]
    fn octets_of_any_kind_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in ALL {
            read(format, &bytes, None);
            read(format, &[b"PK\x03\x04".as_slice(), &bytes].concat(), None);
        }
    }

    #[test]
    fn signs_of_the_formats_in_any_order_do_no_harm(text in "(::|\\{|\\}|=|~|#|####|->|%50%|%|\\\\|\n|\n\n|\\$CATEGORY:|//|a|1:2|\\.\\.|T|>|\\[html\\]|A\\. |ANSWER: A|<question |<text>|</|<!\\[CDATA\\[|\\]\\]>|&#0;|&x;|,|\"|type,text){0,60}") {
        for format in ALL {
            read(format, text.as_bytes(), None);
            read(format, format!("<quiz><question type=\"cloze\"><questiontext><text>{{1:SA:{text}</text></questiontext></question></quiz>").as_bytes(), None);
            read(format, format!("<assessmentItem><itemBody>{text}</itemBody></assessmentItem>").as_bytes(), None);
        }
    }
}

#[test]
fn entities_are_not_expanded_and_nothing_is_fetched() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">
        <!ENTITY x SYSTEM "file:///etc/passwd">]><quiz><question type="truefalse"><name><text>&c;</text></name>
        <questiontext format="plain"><text>&x; &c;</text></questiontext><answer fraction="100"><text>true</text></answer></question></quiz>"#;
    let (item, _) = super::only(super::read_text(ImportFormat::MoodleXml, bomb));
    assert_eq!(markup::words(&item.text), "&x; &c;");
}

#[test]
fn archives_cannot_be_blown_up() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("imsmanifest.xml", options).unwrap();
    zip.write_all(
        br#"<manifest><resources><resource type="imsqti_item_xmlv2p1" href="../../etc/passwd"/><resource type="imsqti_item_xmlv2p1" href="bomb.xml"/></resources></manifest>"#,
    )
    .unwrap();
    zip.start_file("bomb.xml", options).unwrap();
    zip.write_all(&vec![b' '; 12 << 20]).unwrap();
    zip.start_file("../../evil.xml", options).unwrap();
    zip.write_all(b"<x/>").unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    let reading = read(ImportFormat::Qti, &bytes, None);
    assert_eq!(super::reasons(&reading), ["is not in the archive", "is larger, unpacked, than it may be"]);
    assert_eq!(reading.found[1].place.file.as_deref(), Some("bomb.xml"));
    let notes = reading.notes.into_inner();
    assert!(notes.iter().any(|note| note.contains("evil.xml")), "{notes:?}");
}

#[test]
fn nothing_of_markup_acts() {
    let evil = [
        "<script>alert(1)</script>x",
        "<img src=x onerror=alert(1)>x",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<iframe src=\"https://example.org\"></iframe>x",
        "<svg onload=alert(1)>x</svg>",
        "<p style=\"position:fixed\">x</p>",
        "<math><mi//xlink:href=\"data:x,<script>alert(4)</script>\">x",
    ];
    for html in evil {
        for name in ["html", "markdown", "plain"] {
            let text = format!("::x::[{name}]Is it? {} {{T}}", html.replace('=', "\\=").replace(':', "\\:"));
            let (item, _) = super::only(super::read_text(ImportFormat::Gift, &text));
            // As a reader who does not clean would render it.
            let mut rendered = String::new();
            pulldown_cmark::html::push_html(&mut rendered, pulldown_cmark::Parser::new(&item.text));
            for bad in [
                "<script",
                "<img src=\"x\" on",
                "<img src=x on",
                "<iframe",
                "<svg",
                "<p style=",
                "<math",
                "<a href=\"javascript",
            ] {
                assert!(!rendered.contains(bad), "{html} {name}: {rendered}");
            }
        }
    }
}

#[test]
fn large_files_take_seconds() {
    let began = Instant::now();
    let many = "::A question::What is it, really and truly, in one word or two? {=this#yes ~that ~those ~these}\n\n"
        .repeat(4_000);
    assert_eq!(read(ImportFormat::Gift, many.as_bytes(), None).found.len(), 4_000);
    // What is cut off at the limit is not forgotten.
    assert!(read(ImportFormat::Gift, many.repeat(2).as_bytes(), None).cut);
    for (format, text) in [
        (ImportFormat::Gift, "{".repeat(1 << 20)),
        (ImportFormat::Gift, "a{\n\n".repeat(1 << 18)),
        (ImportFormat::Gift, format!("x {{{}}}", "=a -> b ".repeat(1 << 16))),
        (ImportFormat::MoodleXml, "<quiz>".to_owned() + &"<question ".repeat(100_000)),
        (ImportFormat::MoodleXml, "<quiz>".to_owned() + &"<question type='x'><![CDATA[".repeat(50_000)),
        (ImportFormat::MoodleXml, "<quiz>".to_owned() + &"<a>".repeat(300_000)),
        (ImportFormat::Qti, "<a ".to_owned() + &"b='c' ".repeat(200_000)),
        (
            ImportFormat::MoodleXml,
            format!(
                "<quiz><question type='truefalse'><questiontext><text>{}</text></questiontext></question></quiz>",
                "&lt;b&gt;".repeat(60_000)
            ),
        ),
        (
            ImportFormat::MoodleXml,
            format!(
                "<quiz><question type='truefalse'><questiontext><text>{}</text></questiontext></question></quiz>",
                "&lt;b&gt;".repeat(5_000)
            ),
        ),
        (ImportFormat::Gift, format!("[markdown]{} {{T}}", "[".repeat(100_000))),
        (ImportFormat::Gift, format!("[markdown]{} {{T}}", "<a ".repeat(60_000))),
        (ImportFormat::Csv, "type,text\n".to_owned() + &"\"".repeat(1 << 20)),
        (ImportFormat::Aiken, "A. x\n".repeat(1 << 17)),
    ] {
        let began = Instant::now();
        read(format, text.as_bytes(), None);
        assert!(began.elapsed() < Duration::from_secs(6), "{format:?} {:?} {}", began.elapsed(), &text[..40]);
    }
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}
