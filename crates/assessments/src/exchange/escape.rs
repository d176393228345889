//! Plain words as Markdown (`CommonMark` with tables, strike-through, footnotes and task lists): marked where they would mean
//! something else, and nowhere else.

/// The same words in Markdown: what stands within a line.
pub fn within(text: &str) -> String {
    let links = ["](", "]:", "[^", "]["].iter().any(|mark| text.contains(mark));
    let strikes = text.matches('~').count() > 1;
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in chars.iter().copied().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
        let after = chars.get(at + 1).copied();
        let special = match c {
            '\\' => after.is_none_or(|next| next.is_ascii_punctuation() || next == '\n'),
            '`' => true,
            '*' => !(is_space(before) && is_space(after)),
            '_' => !(is_word(before) && is_word(after) || is_space(before) && is_space(after)),
            '[' => links || after.is_none(),
            ']' => links || before.is_none(),
            '<' => after.is_none_or(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')),
            '&' => after.is_none_or(|next| next.is_ascii_alphanumeric() || next == '#'),
            '~' => strikes || after.is_none() || before.is_none(),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn is_space(c: Option<char>) -> bool {
    c.is_some_and(char::is_whitespace)
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

/// Whole lines in Markdown that have been marked within: what would begin a list, a heading, a quotation or a table is marked too.
pub fn lines(text: &str) -> String {
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn line(line: &str) -> String {
    let text = line.trim_start_matches([' ', '\t']);
    let mut chars = text.chars();
    let first = chars.next();
    let rest = chars.as_str();
    let opens = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t']);
    let rule = |c: char| text.chars().all(|x| x == c || x == ' ');
    let marked = match first {
        Some('#') => opens(text.trim_start_matches('#')),
        Some('>') => true,
        Some(c @ ('-' | '+' | '=')) => opens(rest) || rule(c),
        Some('*') => opens(rest),
        Some('|' | ':') => text.contains('-') && text.chars().all(|c| matches!(c, '|' | ':' | '-' | ' ' | '\t')),
        Some('~') => text.starts_with("~~~"),
        _ => false,
    };
    if marked || (text.starts_with('-') && text.chars().all(|c| matches!(c, '|' | ':' | '-' | ' ' | '\t'))) {
        return format!("\\{text}");
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let after = &text[digits..];
    let numbered = (1..=9).contains(&digits) && after.starts_with(['.', ')']) && opens(&after[1..]);
    if numbered { format!("{}\\{after}", &text[..digits]) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::markup::words;
    use super::*;

    #[test]
    fn words_stay_what_they_are() {
        for text in [
            "2 * 3 * 4 = 24",
            "snake_case_name",
            "*emphasis*",
            "a [link](x)",
            "x < y && y > z",
            "<b>bold</b>",
            "&amp; &lt;",
            "1. First",
            "# heading",
            "> quote",
            "- item",
            "a\\b \\* c",
            "`code`",
            "~~gone~~",
            "~5 km",
            "5) five",
            "|---|---|",
            "[x] done",
            "C:\\",
            "---",
            "===",
            "+ plus",
            "**",
            "__init__",
            "[^1]",
            "http://example.org/a_b_c",
            "\\(x^2\\)",
            "-5",
            "100. ",
        ] {
            assert_eq!(words(&lines(&within(text))).trim_end(), text.trim_end(), "{text}");
        }
        assert_eq!(lines(&within("2 * 3, snake_case, C:\\dir, x < y")), "2 * 3, snake_case, C:\\dir, x < y");
    }

    proptest::proptest! {
        #[test]
        fn words_of_any_kind_stay(text in "[-a-c 0-9*_`~#>+=|:.)(\\[\\]!<&;\\\\]{0,12}") {
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            proptest::prop_assert_eq!(words(&lines(&within(&line))), line);
        }
    }
}
