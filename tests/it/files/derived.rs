//! What jobs make of files: smaller pictures, texts. Hostile files harm nobody.

use std::fmt::Write as _;
use std::io::Write as _;

use lyceum_kernel::{FileId, SchoolId};

use super::{Scene, png, scene, text_of, upload};

async fn text(s: &Scene, file: &str) -> Option<String> {
    let (school, file) = (s.school.id.parse::<SchoolId>(), file.parse::<FileId>());
    s.app.system.files.text(school.expect("an id"), file.expect("an id")).await.expect("an answer")
}

fn pdf(words: &str) -> Vec<u8> {
    let content = format!("BT /F1 24 Tf 72 700 Td ({words}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut text = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        places.push(text.len());
        write!(text, "{number} 0 obj\n{object}\nendobj\n").expect("text");
    }
    let xref = text.len();
    write!(text, "xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).expect("text");
    for place in &places {
        writeln!(text, "{place:010} 00000 n ").expect("text");
    }
    write!(text, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n", places.len() + 1).expect("text");
    text.into_bytes()
}

fn docx(xml: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("[Content_Types].xml", "<Types/>"), ("word/document.xml", xml)] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        archive.write_all(text.as_bytes()).expect("bytes");
    }
    archive.finish().expect("an archive").into_inner()
}

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

#[tokio::test]
async fn the_text_of_documents_is_read() {
    let s = scene().await;
    let xml = "<w:document xmlns:w=\"x\"><w:body><w:p><w:r><w:t>Photosynthesis</w:t></w:r></w:p></w:body></w:document>";
    for (name, kind, bytes, words) in [
        ("a.txt", "text/plain", b"Plain words".to_vec(), "Plain words"),
        ("a.md", "text/markdown", b"# Heading\n\nwords".to_vec(), "# Heading"),
        ("a.docx", WORD, docx(xml), "Photosynthesis"),
        ("a.pdf", "application/pdf", pdf("Hello from a PDF"), "Hello from a PDF"),
    ] {
        let made = upload(&s.teacher, name, Some(kind), &bytes).await;
        let id = text_of(made.expect(201), "id").to_owned();
        assert_eq!(text(&s, &id).await, None, "{name}");
        s.app.drain_outbox().await;
        let found = text(&s, &id).await.unwrap_or_default();
        assert!(found.contains(words), "{name}: {found:?}");
        // Nobody finds what was deleted.
        s.teacher.delete(&format!("/v1/files/{id}")).await.expect(204);
        assert_eq!(text(&s, &id).await, None, "{name}");
    }
}

#[tokio::test]
async fn documents_that_cannot_be_read_harm_nobody() {
    let s = scene().await;
    // A document of 200 MB in some kilobytes, one that is no XML, a PDF that is none, and one whose pages are their own parents.
    let bomb = docx(&format!("<w:document><w:t>{}</w:t></w:document>", "x".repeat(60 << 20)));
    let circle = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1/Parent 2 0 R>>endobj\n\
        trailer<</Root 1 0 R>>\n%%EOF"
        .to_vec();
    let mut ids = Vec::new();
    for (kind, bytes) in [
        (WORD, bomb),
        (WORD, docx("<w:document><<<")),
        ("application/pdf", b"%PDF-1.7\nrubbish".to_vec()),
        ("application/pdf", circle),
    ] {
        let made = upload(&s.teacher, "a", Some(kind), &bytes).await;
        ids.push(text_of(made.expect(201), "id").to_owned());
    }
    s.app.drain_outbox().await;
    for id in ids {
        assert!(text(&s, &id).await.is_none_or(|text| text.len() <= 1 << 20));
    }
    s.teacher.get("/v1/files").await.expect(200);
}

#[tokio::test]
async fn pictures_get_smaller_copies() {
    let s = scene().await;
    let made = upload(&s.teacher, "a.png", Some("image/png"), &png(1_600, 800)).await;
    let path = format!("/v1/files/{}", text_of(made.expect(201), "id"));
    s.teacher.get(&format!("{path}?variant=thumbnail")).await.problem(404);
    s.app.drain_outbox().await;
    for (variant, width, height) in [("thumbnail", 320, 160), ("preview", 1_280, 640)] {
        let copy = s.teacher.get(&format!("{path}?variant={variant}")).await;
        assert_eq!((copy.status.as_u16(), copy.header("content-type")), (200, Some("image/jpeg")));
        let picture = image::load_from_memory(&copy.bytes).expect("a picture");
        assert_eq!((picture.width(), picture.height()), (width, height));
    }
    s.student.get(&format!("{path}?variant=thumbnail")).await.problem(404);
    assert_eq!(s.teacher.get(&format!("{path}?variant=huge")).await.pointers(), ["variant"]);
}
