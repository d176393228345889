//! A tree as Markdown.

use super::{BLOCKS, Node, VOID, words};
use crate::exchange::escape;

/// A tree as Markdown.
pub fn markdown(nodes: &[Node]) -> String {
    blocks(nodes).join("\n\n")
}

fn blocks(nodes: &[Node]) -> Vec<String> {
    let mut all = Vec::new();
    let mut line = String::new();
    for node in nodes {
        match node {
            Node::Element(name, attributes, children) if is_block(node) => {
                flush(&mut line, &mut all);
                block(name, attributes, children, &mut all);
            }
            _ => inline(node, &mut line),
        }
    }
    flush(&mut line, &mut all);
    all
}

/// Whether it stands on lines of its own, or has something in it that does.
fn is_block(node: &Node) -> bool {
    match node {
        Node::Text(_) => false,
        Node::Element(name, _, children) => BLOCKS.contains(&name.as_str()) || children.iter().any(is_block),
    }
}

fn flush(line: &mut String, all: &mut Vec<String>) {
    // Breaks at the ends of a paragraph break nothing.
    let mut text = line.trim_matches(' ');
    while let Some(shorter) = text.strip_suffix("\\\n") {
        text = shorter.trim_end_matches(' ');
    }
    while let Some(shorter) = text.strip_prefix("\\\n") {
        text = shorter.trim_start_matches(' ');
    }
    if !text.trim().is_empty() {
        all.push(escape::lines(text.trim()));
    }
    line.clear();
}

fn block(name: &str, attributes: &[(String, String)], children: &[Node], all: &mut Vec<String>) {
    match name {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            let level = name[1..].parse().unwrap_or(1);
            let text = blocks(children).join(" ").replace("\\\n", " ").replace('\n', " ");
            all.push(format!("{} {text}", "#".repeat(level)).trim_end().to_owned());
        }
        "ul" | "ol" => all.push(list(name == "ol", children)),
        "blockquote" => {
            let lines = markdown(children);
            all.push(
                lines.split('\n').map(|line| format!("> {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n"),
            );
        }
        "pre" => {
            let mut code = String::new();
            words(children, &mut code);
            let fence = "`".repeat(longest_run(&code).max(2) + 1);
            all.push(format!("{fence}\n{}\n{fence}", code.trim_matches('\n')));
        }
        "hr" => all.push("---".to_owned()),
        "table" | "dl" | "details" | "figure" => {
            let mut raw = String::new();
            raw_element(name, attributes, children, &mut raw);
            all.push(raw);
        }
        _ => all.extend(blocks(children)),
    }
}

fn list(numbered: bool, children: &[Node]) -> String {
    let mut lines = Vec::new();
    let items = children.iter().filter(|node| !matches!(node, Node::Text(text) if text.trim().is_empty()));
    for (place, node) in items.enumerate() {
        let mark = if numbered { format!("{}. ", place + 1) } else { "- ".to_owned() };
        let text = match node {
            Node::Element(name, _, children) if name == "li" => markdown(children),
            other => markdown(std::slice::from_ref(other)),
        };
        let indent = " ".repeat(mark.len());
        let text =
            text.split('\n').map(|line| format!("{indent}{line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n");
        lines.push(format!("{mark}{}", text.get(mark.len()..).unwrap_or_default()).trim_end().to_owned());
    }
    lines.join("\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

fn inline(node: &Node, out: &mut String) {
    let (name, attributes, children) = match node {
        Node::Text(text) => {
            let text = collapsed(text);
            let text = if out.is_empty() || out.ends_with('\n') { text.trim_start() } else { &text };
            out.push_str(&escape::within(text));
            return;
        }
        Node::Element(name, attributes, children) => (name.as_str(), attributes, children),
    };
    let mut inner = String::new();
    for child in children {
        inline(child, &mut inner);
    }
    let has = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    match name {
        "br" => out.push_str("\\\n"),
        "b" | "strong" => emphasised("**", "strong", &inner, out),
        "i" | "em" => emphasised("*", "em", &inner, out),
        "code" | "tt" | "kbd" | "samp" => code(children, out),
        "img" => {
            let (source, words) = (has("src").unwrap_or_default(), has("alt").unwrap_or_default());
            add!(out, "![{}]({})", escape::within(&collapsed(words)).replace(']', "\\]"), target(source));
        }
        "a" if has("href").is_some() && !inner.trim().is_empty() => {
            add!(out, "[{inner}]({})", target(has("href").unwrap_or_default()));
        }
        "a" | "span" | "font" | "abbr" | "bdi" | "cite" | "time" | "data" | "p" | "div" | "li" => out.push_str(&inner),
        "wbr" => {}
        _ => add!(out, "<{name}>{inner}</{name}>"),
    }
}

fn collapsed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // A no-break space stays one.
        if c != '\u{a0}' && c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Where a link leads, fit to stand between parentheses.
fn target(to: &str) -> String {
    let mut out = String::with_capacity(to.len());
    for c in to.chars() {
        match c {
            ' ' | '<' | '>' | '(' | ')' | '\\' | '"' | '\n' | '\t' => add!(out, "%{:02X}", u32::from(c)),
            c => out.push(c),
        }
    }
    out
}

/// Marks hold only around words: beside punctuation they are left as HTML.
fn emphasised(mark: &str, name: &str, inner: &str, out: &mut String) {
    let text = inner.trim();
    if text.is_empty() {
        out.push_str(inner);
        return;
    }
    let (lead, trail) = (inner.starts_with(' '), inner.ends_with(' '));
    let solid = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    out.push_str(if lead { " " } else { "" });
    if solid(text.chars().next()) && solid(text.chars().last()) && !out.ends_with(['*', '_', '\\']) {
        add!(out, "{mark}{text}{mark}");
    } else {
        add!(out, "<{name}>{text}</{name}>");
    }
    out.push_str(if trail { " " } else { "" });
}

fn code(children: &[Node], out: &mut String) {
    let mut text = String::new();
    words(children, &mut text);
    let text = collapsed(&text);
    if text.trim().is_empty() {
        return;
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    add!(out, "{fence}{space}{text}{space}{fence}");
}

fn raw_element(name: &str, attributes: &[(String, String)], children: &[Node], out: &mut String) {
    add!(out, "<{name}");
    for (key, value) in attributes {
        let value =
            collapsed(value).replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
        add!(out, " {key}=\"{value}\"");
    }
    out.push('>');
    if VOID.contains(&name) {
        return;
    }
    for child in children {
        match child {
            Node::Text(text) => {
                let text = collapsed(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                out.push_str(if text == " " { "" } else { &text });
            }
            Node::Element(name, attributes, children) => raw_element(name, attributes, children, out),
        }
    }
    add!(out, "</{name}>");
}
