//! The kinds of text that clients send: each says in the API document exactly what it accepts, and accepts exactly that.

use lyceum_web::text;
use lyceum_web::text::{LINE_PATTERN, WEB_ADDRESS_PATTERN, is_line, is_web_address, string};

const SLUG_PATTERN: &str = "^[a-z0-9]([a-z0-9-]{0,78}[a-z0-9])?$";

fn is_slug(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=80).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

text!(
    /// What a course, a section or a block is called.
    Title,
    string("Light and life", (1, 200), LINE_PATTERN, "1 to 200 characters, not only spaces, no control characters."),
    |text| is_line(text, 200),
    "must be 1 to 200 characters, not only spaces, with no control characters"
);

text!(
    /// A course's code in the school's own records.
    Code,
    string("BIO-9-1", (1, 64), LINE_PATTERN, "The code in the school's own records; unique in the school, whatever its case."),
    |text| is_line(text, 64),
    "must be 1 to 64 characters, not only spaces, with no control characters"
);

text!(
    /// A course's name in addresses.
    CourseSlug,
    string("light-and-life", (1, 80), SLUG_PATTERN, "Small letters, digits and inner hyphens. Unique in the school."),
    is_slug,
    "must be 1 to 80 small letters, digits and inner hyphens"
);

text!(
    /// A year, grade or level, in a school's own words.
    Level,
    string("Year 9", (1, 64), LINE_PATTERN, "Year, grade or level, in the school's own words."),
    |text| is_line(text, 64),
    "must be 1 to 64 characters, not only spaces, with no control characters"
);

text!(
    /// What a course is filed under.
    Tag,
    string("biology", (1, 40), LINE_PATTERN, "1 to 40 characters. Case does not matter when it is looked up."),
    |text| is_line(text, 40),
    "must be 1 to 40 characters, not only spaces, with no control characters"
);

text!(
    /// An address of the web.
    WebAddress,
    string("https://example.org/leaves", (10, 2_048), WEB_ADDRESS_PATTERN, "An `http` or `https` address in ASCII; all else escaped."),
    is_web_address,
    "must be an http or https address"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert!(is_slug("light-and-life") && is_slug(&"a".repeat(80)));
        for bad in ["", "-a", "a-", "Light", "a_b", &"a".repeat(81)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
