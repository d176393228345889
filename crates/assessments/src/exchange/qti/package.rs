//! Packages: an archive with a manifest (IMS Content Packaging), its items and what else.

use std::collections::HashSet;

use super::{Described, canonical, canonised, document};
use crate::exchange::archive::{Archive, plain};
use crate::exchange::encoding;
use crate::exchange::item::{Place, Reading, short};
use crate::exchange::xml::{self, Element};

/// Reads one.
pub fn read(bytes: &[u8], reading: &mut Reading) {
    let mut archive = match Archive::open(bytes) {
        Ok(archive) => archive,
        Err(reason) => return reading.notes.add(reason),
    };
    if archive.nameless() > 0 {
        let nameless = archive.nameless();
        reading.notes.add(format!("{nameless} files of the archive have names that cannot be read, and are left out"));
    }
    let names = archive.names().to_vec();
    let is_manifest =
        |name: &&String| name.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case("imsmanifest.xml"));
    let manifest = names.iter().filter(is_manifest).min_by_key(|name| name.matches('/').count()).cloned();
    let mut seen = HashSet::new();
    if let Some(manifest) = &manifest {
        seen.insert(manifest.clone());
        listed(&mut archive, manifest, &mut seen, reading);
    } else {
        reading.notes.add("the archive has no imsmanifest.xml: every XML file in it was looked at");
        for name in names.iter().filter(|name| is_xml(name)) {
            seen.insert(name.clone());
            if !file(&mut archive, name, &Described::default(), reading) {
                break;
            }
        }
    }
    let others: Vec<_> = names.iter().filter(|name| !seen.contains(*name)).map(String::as_str).collect();
    if !others.is_empty() && !reading.cut {
        let some = short(&others[..others.len().min(10)].join(", "), 220);
        reading.notes.add(format!("{} files of the archive are not imported: {some}", others.len()));
    }
    if reading.found.is_empty() {
        reading.notes.add("there is no question in the archive");
    }
}

fn is_xml(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"))
}

/// What a manifest lists.
fn listed(archive: &mut Archive<'_>, manifest: &str, seen: &mut HashSet<String>, reading: &mut Reading) {
    let place = |line| Place { file: Some(manifest.to_owned()), line: Some(line) };
    let text = match archive.file(manifest) {
        Ok(bytes) => encoding::decode(&bytes, None, &mut reading.notes),
        Err(reason) => {
            reading.refuse(place(1), None, reason);
            return;
        }
    };
    let mut root = match xml::root(&text) {
        Ok(root) => root,
        Err(broken) => {
            reading.refuse(place(broken.line), None, broken.reason);
            return;
        }
    };
    canonised(&mut root);
    let folder = manifest.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    for resource in root.all("resources").flat_map(|resources| resources.all("resource")) {
        let kind = canonical(resource.attribute("type").unwrap_or_default());
        let Some(href) = resource.attribute("href") else { continue };
        let name = plain(&format!("{folder}{}", decoded(href)));
        let is_question = kind.contains("item") || kind.contains("imsqti_xmlv");
        if kind.contains("test") && !is_question {
            seen.insert(name.clone());
            reading
                .notes
                .add(format!("\"{}\" is a test: its questions are imported, and it is not", short(&name, 100)));
        }
        if !is_question || !seen.insert(name.clone()) {
            continue;
        }
        if !file(archive, &name, &described(resource), reading) {
            return;
        }
    }
}

/// An address without `%20` and the like.
fn decoded(href: &str) -> String {
    let mut bytes = Vec::with_capacity(href.len());
    let mut rest = href.bytes();
    while let Some(byte) = rest.next() {
        let digits = || {
            let mut ahead = rest.clone();
            let two = [ahead.next()?, ahead.next()?];
            u8::from_str_radix(std::str::from_utf8(&two).ok()?, 16).ok()
        };
        match (byte, digits()) {
            (b'%', Some(coded)) => {
                rest.nth(1);
                bytes.push(coded);
            }
            (byte, _) => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn file(archive: &mut Archive<'_>, name: &str, described: &Described, reading: &mut Reading) -> bool {
    match archive.file(name) {
        Ok(bytes) => {
            let text = encoding::decode(&bytes, None, &mut reading.notes);
            document(&text, Some(name), described, reading)
        }
        Err(reason) => reading.refuse(Place { file: Some(short(name, 200)), line: None }, None, reason),
    }
}

/// Keywords and difficulty as learning object metadata (IEEE 1484.12) has them.
pub fn described(resource: &Element) -> Described {
    let mut described = Described::default();
    let metadata: Vec<_> = resource.all("metadata").flat_map(Element::descendants).collect();
    for element in metadata {
        match element.name.as_str() {
            "keyword" => {
                let words = element.elements().map(Element::text).next().unwrap_or_else(|| element.text());
                described.keywords.push(words.trim().to_owned());
            }
            "difficulty" => {
                let value = element.child("value").map_or_else(|| element.text(), Element::text);
                let known = ["very easy", "easy", "medium", "difficult", "very difficult"];
                let place = known.iter().position(|known| *known == value.trim());
                described.difficulty = place.and_then(|place| i16::try_from(place + 1).ok());
            }
            _ => {}
        }
    }
    described.keywords.retain(|keyword| !keyword.is_empty());
    described
}
