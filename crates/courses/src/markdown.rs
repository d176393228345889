//! Lessons are written in Markdown (`CommonMark` with tables, strike-through and task lists). They are rendered to HTML that is then
//! cleaned of everything that could act, and to bare words for the search.

use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::Builder;
use pulldown_cmark::{Event, Options, Parser, TagEnd};

/// What of GitHub's dialect is understood.
fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES
}

/// The cleaner: text, tables, lists, images and links to the web and to mail; no script, style, frame, form or event.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow"))
        .rm_tags(["map", "area"])
        .id_prefix(Some("lesson-"));
    builder
});

/// The lesson as HTML that does nothing but be read.
pub fn to_html(markdown: &str) -> String {
    let mut html = String::with_capacity(markdown.len() * 2);
    pulldown_cmark::html::push_html(&mut html, Parser::new_ext(markdown, options()));
    CLEANER.clean(&html).to_string()
}

/// The words of a lesson, for the search.
pub fn to_words(markdown: &str) -> String {
    let mut words = String::with_capacity(markdown.len());
    for event in Parser::new_ext(markdown, options()) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::TableCell) => words.push(' '),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock) => words.push('\n'),
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_to_be_read_stays() {
        let html = to_html(
            "# Light\n\n*Green* leaves, see [here](https://example.org/x).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        );
        assert!(html.contains("<h1>Light</h1>") && html.contains("<em>Green</em>"), "{html}");
        assert!(html.contains(r#"href="https://example.org/x""#) && html.contains("noopener"), "{html}");
        assert!(html.contains("<table>") && html.contains("<td>1</td>"), "{html}");
    }

    #[test]
    fn words_are_without_marks() {
        let words = to_words("# Light\n\n*Green* `leaves` [here](https://example.org) <script>x</script>");
        assert_eq!(words.split_whitespace().collect::<Vec<_>>(), ["Light", "Green", "leaves", "here", "x"]);
    }

    #[test]
    fn nothing_acts() {
        for line in include_str!("../assets/xss.txt").lines().filter(|line| !line.is_empty()) {
            let html = to_html(line).to_lowercase();
            let dom = html.split('<').skip(1).map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag));
            for tag in dom {
                let name: String =
                    tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
                let banned =
                    ["script", "style", "iframe", "object", "embed", "form", "svg", "math", "link", "meta", "base"];
                assert!(!banned.contains(&&*name), "{line} became {html}");
                let outside_of_quotes = tag.split('"').step_by(2).collect::<String>();
                for (attribute, _) in
                    outside_of_quotes.split_whitespace().skip(1).filter_map(|pair| pair.split_once('='))
                {
                    assert!(!attribute.starts_with("on") && attribute != "style", "{line} became {html}");
                }
                for scheme in ["javascript:", "vbscript:", "data:"] {
                    let squeezed: String = tag.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
                    assert!(!squeezed.contains(&format!("href=\"{scheme}")), "{line} became {html}");
                    assert!(!squeezed.contains(&format!("src=\"{scheme}")), "{line} became {html}");
                }
            }
        }
    }
}
