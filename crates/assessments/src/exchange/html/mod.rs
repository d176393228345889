//! Clean HTML as Markdown.
//!
//! What comes in was cleaned before: all elements are closed, all attributes quoted. Headings, lists, emphasis, links, pictures and
//! code get Markdown's marks; tables and what else Markdown has no word for stay as they are.

mod markdown;

pub use markdown::markdown;

/// Elements within elements, at most.
const DEEPEST: usize = 100;

/// Elements with nothing in them.
pub const VOID: [&str; 6] = ["br", "hr", "img", "col", "wbr", "input"];

/// Elements that stand on lines of their own.
const BLOCKS: [&str; 26] = [
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "hr",
    "table",
    "dl",
    "dt",
    "dd",
    "figure",
    "article",
    "section",
    "header",
    "footer",
    "center",
    "details",
    "aside",
];

/// A piece of clean HTML.
#[derive(Debug)]
pub enum Node {
    /// Text, without references.
    Text(String),
    /// An element: its name, its attributes and what is in it.
    Element(String, Vec<(String, String)>, Vec<Node>),
}

/// The tree; nothing if it is too deep.
pub fn tree(html: &str) -> Option<Vec<Node>> {
    let mut open: Open = vec![(String::new(), Vec::new(), Vec::new())];
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        push_text(&mut open, &rest[..start]);
        let (tag, after) = tag(&rest[start + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let closes = open.iter().skip(1).any(|(open, ..)| open == name.trim());
            while closes && open.len() > 1 {
                let Some((top, attributes, children)) = open.pop() else { break };
                let done = top == name.trim();
                push(&mut open, Node::Element(top, attributes, children));
                if done {
                    break;
                }
            }
        } else if !tag.starts_with('!') {
            let (name, attributes) = parts(tag);
            if VOID.contains(&name.as_str()) {
                push(&mut open, Node::Element(name, attributes, Vec::new()));
            } else {
                open.push((name, attributes, Vec::new()));
            }
        }
        if open.len() > DEEPEST {
            return None;
        }
    }
    push_text(&mut open, rest);
    while open.len() > 1 {
        let (name, attributes, children) = open.pop()?;
        push(&mut open, Node::Element(name, attributes, children));
    }
    open.pop().map(|(_, _, children)| children)
}

type Open = Vec<(String, Vec<(String, String)>, Vec<Node>)>;

fn push(open: &mut Open, node: Node) {
    if let Some((_, _, children)) = open.last_mut() {
        children.push(node);
    }
}

fn push_text(open: &mut Open, text: &str) {
    if !text.is_empty() {
        push(open, Node::Text(decoded(text)));
    }
}

/// A tag to its end, whatever is in its quotes, and what is behind it.
pub fn tag(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

/// The name and the attributes of a tag.
pub fn parts(tag: &str) -> (String, Vec<(String, String)>) {
    let tag = tag.trim_end_matches('/');
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while let Some((key, value)) = rest.split_once('=') {
        let value = value.trim_start();
        let Some((value, after)) = value.strip_prefix('"').and_then(|value| value.split_once('"')) else { break };
        attributes.push((key.trim().to_ascii_lowercase(), decoded(value)));
        rest = after;
    }
    (name.to_ascii_lowercase(), attributes)
}

/// Text without the references that a cleaner writes.
pub fn decoded(text: &str) -> String {
    let text = text.replace("&nbsp;", "\u{a0}").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&amp;", "&")
}

/// The words of a tree.
pub fn words(nodes: &[Node], out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Element(name, _, _) if name == "br" => out.push(' '),
            Node::Element(name, _, children) => {
                words(children, out);
                if BLOCKS.contains(&name.as_str()) || matches!(name.as_str(), "td" | "th") {
                    out.push(' ');
                }
            }
        }
    }
}
