//! Documents as they are read: on from where they are broken, within bounds.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Broken, Element, Node};
use crate::exchange::item::short;

/// Elements within elements, at most.
const DEEPEST: usize = 100;
/// Elements and texts of one tree, at most.
const MOST_NODES: usize = 200_000;

/// A document as it is read.
struct Document<'t> {
    text: &'t str,
    /// Where lines end.
    ends: Vec<usize>,
}

/// Why it cannot be read on.
#[derive(Debug)]
struct Fault {
    /// Where in the text.
    at: usize,
    /// How far it was read.
    read: usize,
    reason: String,
}

impl Fault {
    fn at(at: usize, reason: impl Into<String>) -> Self {
        Self { at, read: at, reason: reason.into() }
    }
}

impl<'t> Document<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, ends: text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect() }
    }

    fn line(&self, at: usize) -> u32 {
        u32::try_from(self.ends.partition_point(|end| *end < at) + 1).unwrap_or(u32::MAX)
    }

    fn broken(&self, at: usize, reason: String) -> Broken {
        Broken { line: self.line(at), reason }
    }

    fn reader(&self, from: usize) -> Reader<&'t [u8]> {
        let mut reader = Reader::from_str(self.text.get(from..).unwrap_or_default());
        let config = reader.config_mut();
        (config.allow_dangling_amp, config.allow_unmatched_ends, config.check_comments) = (true, true, false);
        reader
    }

    fn place(reader: &Reader<&[u8]>, from: usize) -> usize {
        from + usize::try_from(reader.buffer_position()).unwrap_or_default()
    }

    fn next<'r>(reader: &mut Reader<&'r [u8]>, from: usize) -> Result<Event<'r>, Fault> {
        reader.read_event().map_err(|error| {
            let at = from + usize::try_from(reader.error_position()).unwrap_or_default();
            let read = Self::place(reader, from).max(at);
            Fault { at, read, reason: format!("is broken: {}", short(&error.to_string(), 200)) }
        })
    }

    fn open(&self, start: &BytesStart<'_>, at: usize) -> Result<Element, Fault> {
        let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| Fault::at(at, format!("has a broken attribute: {error}")))?;
            let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            // Prefixes of namespaces are left out, but not those that declare one.
            let key =
                if key.starts_with("xmlns") { key } else { key.rsplit(':').next().unwrap_or_default().to_owned() };
            attributes.push((key, unescaped(&String::from_utf8_lossy(&attribute.value))));
        }
        Ok(Element { name, attributes, children: Vec::new(), line: self.line(at) })
    }

    /// The element that begins with `start`, to its end.
    fn element(
        &self,
        reader: &mut Reader<&'t [u8]>,
        from: usize,
        first: Element,
        border: Option<&str>,
    ) -> Result<Element, Fault> {
        let mut open = vec![first];
        let mut nodes = 0;
        loop {
            let at = Self::place(reader, from);
            let event = Self::next(reader, from)?;
            nodes += 1;
            if nodes > MOST_NODES {
                return Err(Fault::at(at, "has too many elements"));
            }
            match event {
                Event::Start(start) => {
                    let element = self.open(&start, at)?;
                    if border == Some(element.name.as_str()) {
                        return Err(Fault::at(at, format!("is not closed before the next <{}>", element.name)));
                    }
                    open.push(element);
                    if open.len() > DEEPEST {
                        return Err(Fault::at(at, "is nested too deeply"));
                    }
                }
                Event::Empty(start) => {
                    let element = self.open(&start, at)?;
                    add(&mut open, Node::Element(element));
                }
                Event::End(_) => {
                    let Some(done) = open.pop() else { return Err(Fault::at(at, "ends twice")) };
                    if open.is_empty() {
                        return Ok(done);
                    }
                    add(&mut open, Node::Element(done));
                }
                Event::Eof => return Err(Fault::at(at, "is not closed: the file ends within it")),
                other => {
                    if let Some(node) = leaf(&other) {
                        add(&mut open, node);
                    }
                }
            }
        }
    }
}

fn add(open: &mut [Element], node: Node) {
    let Some(parent) = open.last_mut() else { return };
    match (parent.children.last_mut(), node) {
        (Some(Node::Text(text)), Node::Text(more)) => text.push_str(&more),
        (_, node) => parent.children.push(node),
    }
}

fn leaf(event: &Event<'_>) -> Option<Node> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match event {
        Event::Text(words) => Some(Node::Text(text(words))),
        Event::CData(words) => Some(Node::Text(text(words))),
        Event::Comment(words) => Some(Node::Comment(text(words))),
        Event::GeneralRef(name) => Some(Node::Text(reference(&text(name)))),
        _ => None,
    }
}

/// What a reference stands for; itself if that is not known.
fn reference(name: &str) -> String {
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    });
    if name.starts_with('#') {
        let c = number.and_then(char::from_u32).filter(|c| *c != '\0');
        return c.unwrap_or('\u{fffd}').to_string();
    }
    let known = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", '\u{a0}'),
        ("auml", 'ä'),
        ("ouml", 'ö'),
        ("uuml", 'ü'),
        ("Auml", 'Ä'),
        ("Ouml", 'Ö'),
        ("Uuml", 'Ü'),
        ("szlig", 'ß'),
        ("eacute", 'é'),
        ("egrave", 'è'),
        ("agrave", 'à'),
        ("ccedil", 'ç'),
        ("deg", '°'),
        ("ndash", '–'),
        ("mdash", '—'),
        ("hellip", '…'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("times", '×'),
        ("euro", '€'),
        ("copy", '©'),
        ("middot", '·'),
        ("minus", '−'),
    ];
    let found = known.iter().find(|(known, _)| *known == name);
    found.map_or_else(|| format!("&{name};"), |(_, c)| c.to_string())
}

/// The value of an attribute without references.
fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut pieces = raw.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let known = piece.split_once(';').filter(|(name, _)| name.len() <= 10 && !name.contains(' '));
        if let Some((name, rest)) = known {
            out.push_str(&reference(name));
            out.push_str(rest);
        } else {
            out.push('&');
            out.push_str(piece);
        }
    }
    out
}

/// The root of a document.
pub fn root(text: &str) -> Result<Element, Broken> {
    let document = Document::new(text);
    let mut reader = document.reader(0);
    let mut read = || -> Result<Element, Fault> {
        loop {
            let at = Document::place(&reader, 0);
            match Document::next(&mut reader, 0)? {
                Event::Start(start) => {
                    let first = document.open(&start, at)?;
                    return document.element(&mut reader, 0, first, None);
                }
                Event::Empty(start) => return document.open(&start, at),
                Event::Eof => return Err(Fault::at(at, "is no XML: there is no element in it")),
                _ => {}
            }
        }
    };
    read().map_err(|fault| document.broken(fault.at, fault.reason))
}

/// Every element just within the root, one after the other; those called `name` also behind a place where the document is
/// broken. The name of the root, if there is one. `take` says whether more is wanted.
pub fn each(text: &str, name: &str, take: &mut dyn FnMut(Result<Element, Broken>) -> bool) -> Option<String> {
    let document = Document::new(text);
    let (mut from, mut root, mut budget) = (0, None, text.len().saturating_mul(8));
    loop {
        let Err((began, fault)) = children(&document, name, from, &mut root, take) else { return root };
        let Fault { at, read, reason } = fault;
        if !take(Err(document.broken(began.unwrap_or(at), reason))) {
            return root;
        }
        let behind = began.map_or(at, |began| began + 1).max(from + 1);
        let Some(next) = next_start(text, name, behind) else { return root };
        budget = budget.saturating_sub(read.saturating_sub(next));
        if budget == 0 {
            take(Err(document.broken(next, "is not read, nor what follows: too much before it is broken".to_owned())));
            return root;
        }
        from = next;
    }
}

/// Where the next tag begins that opens such an element.
fn next_start(text: &str, name: &str, from: usize) -> Option<usize> {
    let tag = format!("<{name}");
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at))?;
    text[from..]
        .match_indices(&tag)
        .map(|(at, _)| from + at)
        .find(|at| text[at + tag.len()..].starts_with([' ', '>', '\n', '\t']))
}

fn children(
    document: &Document<'_>,
    name: &str,
    from: usize,
    root: &mut Option<String>,
    take: &mut dyn FnMut(Result<Element, Broken>) -> bool,
) -> Result<(), (Option<usize>, Fault)> {
    let mut reader = document.reader(from);
    loop {
        let at = Document::place(&reader, from);
        let (start, is_empty) = match Document::next(&mut reader, from).map_err(|fault| (None, fault))? {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::Eof => return Ok(()),
            _ => continue,
        };
        let mut element = document.open(&start, at).map_err(|fault| (Some(at), fault))?;
        if root.is_none() && element.name != name {
            *root = Some(element.name);
            continue;
        }
        if !is_empty {
            element = document.element(&mut reader, from, element, Some(name)).map_err(|fault| (Some(at), fault))?;
        }
        if !take(Ok(element)) {
            return Ok(());
        }
    }
}
