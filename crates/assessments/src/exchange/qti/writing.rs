//! Questions as a package of QTI 3.0.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::document;
use super::kinds_out::Parts;
use crate::exchange::extension;
use crate::exchange::item::{Item, Reading};
use crate::exchange::xml::{self, escaped};

const NAMESPACE: &str = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0";

/// A package: a manifest, and an item in `items/` for each question.
///
/// # Errors
/// If the archive cannot be made.
pub fn write(title: &str, items: &[Item]) -> anyhow::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    archive.start_file("imsmanifest.xml", options)?;
    archive.write_all(manifest(title, items).as_bytes())?;
    for (place, item) in items.iter().enumerate() {
        archive.start_file(file(place), options)?;
        archive.write_all(question(place, item).as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn file(place: usize) -> String {
    format!("items/question-{:05}.xml", place + 1)
}

fn manifest(title: &str, items: &[Item]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<manifest xmlns=\"http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1\" identifier=\"MANIFEST\">\n");
    out.push_str("<metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata>\n<organizations/>\n<resources>\n");
    for (place, item) in items.iter().enumerate() {
        let href = file(place);
        add!(out, "<resource identifier=\"question-{:05}\" type=\"imsqti_item_xmlv3p0\" href=\"{href}\">", place + 1);
        out.push_str(&metadata(title, item));
        line!(out, "<file href=\"{href}\"/></resource>");
    }
    out.push_str("</resources>\n</manifest>\n");
    out
}

/// Keywords and difficulty as learning object metadata.
fn metadata(title: &str, item: &Item) -> String {
    let keyword = |tag: &String| format!("<keyword><string>{}</string></keyword>", escaped(tag));
    let keywords: String = item.tags.iter().map(keyword).collect();
    let known = ["very easy", "easy", "medium", "difficult", "very difficult"];
    let difficulty = item.difficulty.and_then(|place| known.get(usize::try_from(place - 1).ok()?));
    let difficulty = difficulty.map(|word| {
        format!("<educational><difficulty><source>LOMv1.0</source><value>{word}</value></difficulty></educational>")
    });
    format!(
        "<metadata><lom xmlns=\"http://ltsc.ieee.org/xsd/LOM\"><general><title><string>{}</string></title>{keywords}</general>{}</lom></metadata>",
        escaped(title),
        difficulty.unwrap_or_default()
    )
}

/// An item, with the extension if its words alone would not give the question again.
fn question(place: usize, item: &Item) -> String {
    let parts = Parts::of(item, true);
    let mut plain = words(place, item, &parts, "");
    if xml::root(&plain).is_err() {
        // A gap stands where no element may: in an attribute, for one. Gaps then follow the text.
        plain = words(place, item, &Parts::of(item, false), "");
    }
    let described = xml::root(&format!("<resource>{}</resource>", metadata("", item)));
    let described = described.map(|resource| super::package::described(&resource)).unwrap_or_default();
    let mut reading = Reading::default();
    document(&plain, None, &described, &mut reading);
    if reading.found.first().is_some_and(|found| found.item.as_ref() == Ok(item)) {
        return plain;
    }
    let digest = xml::root(&plain).map(|root| root.digest()).unwrap_or_default();
    let extension = format!(" data-lyceum=\"{}\"", escaped(&extension::seal(item, &digest)));
    plain.replacen("<qti-item-body", &format!("<qti-item-body{extension}"), 1)
}

fn words(place: usize, item: &Item, parts: &Parts, extension: &str) -> String {
    let points = serde_json::to_string(&item.points).unwrap_or_default();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    line!(
        out,
        "<qti-assessment-item xmlns=\"{NAMESPACE}\" identifier=\"question-{:05}\" title=\"{}\" adaptive=\"false\" time-dependent=\"false\">",
        place + 1,
        escaped(&item.title())
    );
    out.push_str(&parts.declarations);
    line!(
        out,
        "<qti-outcome-declaration identifier=\"SCORE\" cardinality=\"single\" base-type=\"float\" normal-maximum=\"{points}\"/>"
    );
    out.push_str(
        "<qti-outcome-declaration identifier=\"FEEDBACK\" cardinality=\"multiple\" base-type=\"identifier\"/>\n",
    );
    line!(out, "<qti-item-body{extension}>\n{}</qti-item-body>", parts.body);
    out.push_str(&parts.processing);
    if let Some(feedback) = &item.feedback {
        let html = crate::exchange::markup::to_xhtml(feedback);
        line!(
            out,
            "<qti-modal-feedback outcome-identifier=\"FEEDBACK\" identifier=\"general\" show-hide=\"show\"><qti-content-body>{html}</qti-content-body></qti-modal-feedback>"
        );
    }
    out.push_str("</qti-assessment-item>\n");
    out
}
