//! Entity tags (RFC 9110, section 8.8.3) of versioned resources and the comparison of lists of them.

use std::fmt::Write;

use crate::problem::Problem;

/// The pattern of `If-Match` and `If-None-Match` values, as the API document has it.
pub const TAG_LIST_PATTERN: &str = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$"#;

/// The strong entity tag of one kind of view of a resource: `"<version>-<kind>"`, with its quotation marks.
///
/// ```
/// assert_eq!(lyceum_web::etag("user", 3), "\"3-user\"");
/// ```
pub fn etag(kind: &str, version: i64) -> String {
    let mut tag = String::with_capacity(kind.len() + 8);
    // Writing to a string does not fail.
    let _ = write!(tag, "\"{version}-{kind}\"");
    tag
}

/// A parsed `If-Match` or `If-None-Match` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagList {
    /// `*`: any representation that exists.
    Any,
    /// These.
    Tags(Vec<Tag>),
}

/// One entity tag from a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Whether it was marked `W/`.
    pub weak: bool,
    /// The tag with its quotation marks.
    pub quoted: String,
}

impl TagList {
    /// Parses the value of a header named `header`; anything else than `*` or a list of entity tags is malformed.
    pub fn parse(header: &'static str, value: &str) -> Result<Self, Problem> {
        let value = value.trim_matches([' ', '\t']);
        if value == "*" {
            return Ok(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = value;
        loop {
            let (tag, after) = take_tag(rest).ok_or_else(|| {
                Problem::malformed_header(header, "must be * or a list of entity tags in double quotes")
            })?;
            tags.push(tag);
            let after = after.trim_start_matches([' ', '\t']);
            if after.is_empty() {
                return Ok(Self::Tags(tags));
            }
            rest = after
                .strip_prefix(',')
                .ok_or_else(|| Problem::malformed_header(header, "entity tags must be separated by commas"))?
                .trim_start_matches([' ', '\t']);
        }
    }

    /// Strong comparison, for `If-Match`: a weak tag matches nothing.
    pub fn matches_strongly(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|tag| !tag.weak && tag.quoted == etag),
        }
    }

    /// Weak comparison, for `If-None-Match`.
    pub fn matches_weakly(&self, etag: &str) -> bool {
        let opaque = etag.strip_prefix("W/").unwrap_or(etag);
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|tag| tag.quoted == opaque),
        }
    }
}

fn take_tag(text: &str) -> Option<(Tag, &str)> {
    let (weak, quoted) = text.strip_prefix("W/").map_or((false, text), |rest| (true, rest));
    let inner = quoted.strip_prefix('"')?;
    let end = inner.find('"')?;
    let well_formed = inner.bytes().take(end).all(|b| b == 0x21 || (0x23..=0x7e).contains(&b) || b >= 0x80);
    let (tag, rest) = quoted.split_at_checked(end + 2)?;
    well_formed.then(|| (Tag { weak, quoted: tag.to_owned() }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> TagList {
        TagList::parse("if-match", value).unwrap()
    }

    #[test]
    fn lists_weak_tags_and_commas_inside_tags_are_understood() {
        let list = parse(r#""1-user" ,W/"a,b",	"""#);
        assert!(list.matches_strongly("\"1-user\""));
        assert!(!list.matches_strongly("\"a,b\""));
        assert!(list.matches_weakly("\"a,b\""));
        assert!(list.matches_weakly("\"\""));
        assert!(!list.matches_weakly("\"2-user\""));
        assert!(parse("*").matches_strongly("\"x\""));
    }

    #[test]
    fn what_is_not_a_list_is_malformed() {
        for bad in ["", "abc", "\"a", "\"a\" \"b\"", "\"a\",", "W/", "*,\"a\"", "\"a b\"", "w/\"a\""] {
            assert!(TagList::parse("if-match", bad).is_err(), "{bad}");
        }
    }
}
