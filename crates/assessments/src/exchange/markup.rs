//! Texts of other systems as Markdown, and Markdown as XHTML.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;
use pulldown_cmark::{Event, Options, Parser, TagEnd};

use super::item::{Notes, short};
use super::{escape, html};

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// HTML.
    Html,
    /// Markdown.
    Markdown,
    /// Just words.
    Plain,
    /// HTML if it looks like it, else words.
    Auto,
}

/// Most octets of a text in HTML, without the pictures in it.
const MOST_HTML: usize = 200_000;

/// Most tags in it.
const MOST_TAGS: usize = 10_000;

/// Text, tables, lists, images and links; no script, style, frame, form or event.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder.url_schemes(HashSet::from(["http", "https", "mailto"])).link_rel(None).rm_tags(["map", "area"]);
    builder
});

/// The elements that are left.
static KEPT: LazyLock<HashSet<&'static str>> = LazyLock::new(|| CLEANER.clone_tags());

/// What the readers of Markdown here understand.
fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES
}

impl Markup {
    /// By the name that Moodle has for it.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "html" | "1" => Some(Self::Html),
            "markdown" | "4" => Some(Self::Markdown),
            "plain" | "plain_text" | "plaintext" | "2" => Some(Self::Plain),
            "moodle" | "moodle_auto_format" | "auto" | "0" => Some(Self::Auto),
            _ => None,
        }
    }

    fn is_html(self, text: &str) -> bool {
        self == Self::Html || (self == Self::Auto && looks_like_html(text))
    }

    /// The text as Markdown, at most some 200 kB of it.
    pub fn markdown(self, text: &str, notes: &mut Notes) -> Result<String, String> {
        let text = text.trim();
        if self.is_html(text) {
            return Ok(html::markdown(&clean(text, notes)?));
        }
        Ok(match self {
            Self::Markdown => text.to_owned(),
            _ => escape::lines(&escape::within(text)),
        })
    }

    /// The text as mere words, where there is no markup.
    pub fn words(self, text: &str, notes: &mut Notes) -> Result<String, String> {
        if !self.is_html(text) {
            return Ok(text.trim().to_owned());
        }
        let mut words = String::new();
        html::words(&clean(text, notes)?, &mut words);
        Ok(words.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Whether there is a tag or a reference in it.
fn looks_like_html(text: &str) -> bool {
    let tag = |at: usize| {
        let rest = text[at + 1..].trim_start_matches('/');
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).take(12).collect();
        let known = KEPT.contains(name.to_ascii_lowercase().as_str()) || name.eq_ignore_ascii_case("script");
        known && rest[name.len()..].starts_with(['>', ' ', '/', '\n', '\t'])
    };
    let reference = |at: usize| {
        let rest = &text[at + 1..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        end.is_some_and(|end| end > 1 && rest.bytes().take(end).all(|b| b.is_ascii_alphanumeric() || b == b'#'))
    };
    text.match_indices('<').any(|(at, _)| tag(at)) || text.match_indices('&').any(|(at, _)| reference(at))
}

/// What of HTML may be read, as a tree; what is left out is noted by name.
fn clean(text: &str, notes: &mut Notes) -> Result<Vec<html::Node>, String> {
    let text = without_data(text, notes);
    if text.len() > MOST_HTML || text.matches('<').count() > MOST_TAGS {
        return Err("has more markup than a question may have".to_owned());
    }
    let left_out = names(&text).filter(|name| !KEPT.contains(name.as_str())).take(50);
    let left_out: BTreeSet<_> =
        left_out.filter(|name| !matches!(name.as_str(), "html" | "body" | "head" | "font")).collect();
    if !left_out.is_empty() {
        let names: Vec<_> = left_out.into_iter().map(|name| format!("<{}>", short(&name, 30))).collect();
        notes.add(format!("markup is left out: {}", names.join(", ")));
    }
    let clean = CLEANER.clean(&text).to_string();
    html::tree(&clean).ok_or_else(|| "has markup nested too deeply".to_owned())
}

/// The names of all tags that open.
fn names(text: &str) -> impl Iterator<Item = String> {
    let tags = text.split('<').skip(1).filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    tags.map(|rest| {
        rest.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':'))
            .collect::<String>()
            .to_ascii_lowercase()
    })
}

/// Without files that stand in addresses: they would be longer than any text.
fn without_data(text: &str, notes: &mut Notes) -> String {
    let mut out = String::with_capacity(text.len().min(MOST_HTML));
    let mut rest = text;
    while let Some(at) = rest.find("data:") {
        let (before, data) = rest.split_at(at);
        let quote = before.chars().last().filter(|c| matches!(c, '"' | '\''));
        let end = quote.and_then(|quote| data.find(quote)).filter(|end| data[..*end].contains(";base64,"));
        out.push_str(before);
        if let Some(end) = end {
            let kind = data["data:".len()..end].split(';').next().unwrap_or_default();
            notes.add(format!("a file within the text is not kept: {}, some {} octets", short(kind, 40), end / 4 * 3));
            rest = &data[end..];
        } else {
            out.push_str("data:");
            rest = &data["data:".len()..];
        }
    }
    out.push_str(rest);
    out
}

/// Markdown in which no HTML could act: such tags are shown as text.
pub fn harmless(markdown: &str) -> String {
    if !markdown.contains('<') {
        return markdown.to_owned();
    }
    let mut out = String::with_capacity(markdown.len());
    let mut done = 0;
    for (event, range) in Parser::new_ext(markdown, options()).into_offset_iter() {
        if matches!(event, Event::Html(_) | Event::InlineHtml(_)) && range.start >= done {
            out.push_str(&markdown[done..range.start]);
            out.push_str(&without_acting(&markdown[range.clone()]));
            done = range.end;
        }
    }
    out.push_str(&markdown[done..]);
    out
}

fn without_acting(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for (place, piece) in html.split('<').enumerate() {
        if place > 0 {
            out.push_str(if acts(piece) { "&lt;" } else { "<" });
        }
        out.push_str(piece);
    }
    out
}

/// Whether what follows a `<` could do something.
fn acts(tag: &str) -> bool {
    let name = tag.trim_start_matches('/');
    let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
    if name.is_empty() {
        return false;
    }
    let squeezed: String = tag.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let squeezed = html::decoded(&squeezed).to_ascii_lowercase();
    let lower = tag.to_ascii_lowercase().replace(['/', '"', '\''], " ");
    let event = lower.split_whitespace().skip(1).any(|word| word.starts_with("on") || word.starts_with("style"));
    let scheme = ["javascript:", "vbscript:", "data:", "&#"].iter().any(|scheme| squeezed.contains(scheme));
    !KEPT.contains(name.to_ascii_lowercase().as_str()) || event || scheme
}

/// The words of Markdown.
pub fn words(markdown: &str) -> String {
    let mut words = String::with_capacity(markdown.len());
    for event in Parser::new_ext(markdown, options()) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::TableCell) => words.push(' '),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock) => words.push('\n'),
            _ => {}
        }
    }
    words.trim_end_matches('\n').to_owned()
}

/// Markdown as clean XHTML.
pub fn to_xhtml(markdown: &str) -> String {
    let mut dirty = String::with_capacity(markdown.len() * 2);
    pulldown_cmark::html::push_html(&mut dirty, Parser::new_ext(markdown, options()));
    let clean = CLEANER.clean(&dirty).to_string();
    let mut out = String::with_capacity(clean.len() + 16);
    let mut rest = clean.as_str();
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let (tag, after) = html::tag(&rest[start + 1..]);
        out.push('<');
        out.push_str(&tag.replace('<', "&lt;"));
        let name = tag.split_whitespace().next().unwrap_or_default();
        out.push_str(if html::VOID.contains(&name) { "/>" } else { ">" });
        rest = after;
    }
    out.push_str(rest);
    super::xml::legal(&out.replace("&nbsp;", "&#160;"))
}
