//! Kinds of text that clients send: each says in the API document exactly what it accepts, and accepts exactly that.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use validator::ValidateEmail as _;

/// One line: no control characters, and at least one that is not a space. See [`is_line`].
pub const LINE_PATTERN: &str = "^[^\\u0000-\\u001f\\u007f]*[^\\u0000-\\u0020\\u007f][^\\u0000-\\u001f\\u007f]*$";

/// Longest e-mail address (RFC 5321, a path without its brackets).
pub const EMAIL_MAX: usize = 254;

/// Local part in dots and atoms (RFC 5322), then a host name. At most 64 characters stand before the `@`. See [`is_email`].
pub const EMAIL_PATTERN: &str = "^(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$";

/// An address of the web: a scheme, a host, and no spaces or control characters. See [`is_web_address`].
pub const WEB_ADDRESS_PATTERN: &str = "^https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?([/?#][!-~]*)?$";

/// Whether a text is an address of the web that [`WEB_ADDRESS_PATTERN`] takes, 10 to 2,048 characters long: scheme, host, port, and the
/// rest in printing ASCII; others must be escaped.
pub fn is_web_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let in_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    (10..=2_048).contains(&text.len())
        && host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.bytes().all(in_host)
        && port.is_none_or(|port| (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()))
        && tail.bytes().all(|b| b.is_ascii_graphic())
}

/// Whether a text has between 1 and `most` characters, not only spaces, no control characters.
pub fn is_line(text: &str, most: usize) -> bool {
    let control = |c: char| c <= '\u{1f}' || c == '\u{7f}';
    (1..=most).contains(&text.chars().count()) && !text.contains(control) && text.contains(|c| c != ' ')
}

/// Whether a text is an e-mail address that [`EMAIL_PATTERN`] takes.
pub fn is_email(text: &str) -> bool {
    let atoms = text.split_once('@').is_some_and(|(local, _)| !local.split('.').any(str::is_empty));
    text.len() <= EMAIL_MAX && text.is_ascii() && atoms && text.validate_email()
}

/// The schema of a text: an example, the least and the most characters, a pattern, and what it is.
pub fn string(example: &str, length: (usize, usize), pattern: &str, what: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .examples([example])
        .min_length(Some(length.0))
        .max_length(Some(length.1))
        .pattern(Some(pattern))
        .description(Some(what))
}

/// Declares a newtype over text: what it looks like (an `ObjectBuilder`), whether a text is one, and what to say if not.
///
/// ```
/// use lyceum_web::text;
/// use lyceum_web::text::{LINE_PATTERN, is_line, string};
///
/// text!(
///     /// What a room is called.
///     RoomName,
///     string("Physics 2", (1, 40), LINE_PATTERN, "1 to 40 characters."),
///     |text| is_line(text, 40),
///     "must be 1 to 40 characters, not only spaces, with no control characters"
/// );
/// assert!(RoomName::try_from("Physics 2".to_owned()).is_ok());
/// assert!(RoomName::try_from(" ".to_owned()).is_err());
/// ```
#[macro_export]
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $schema:expr, $rule:expr, $message:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let rule: fn(&str) -> bool = $rule;
                if rule(&text) { Ok(Self(text)) } else { Err($message) }
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema> {
                $schema.build().into()
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(stringify!($name))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::{is_email, is_line, is_web_address};

    #[test]
    fn lines_and_addresses() {
        assert!(is_line("é", 1) && !is_line("", 9) && !is_line("   ", 9) && !is_line("a\nb", 9) && !is_line("ab", 1));
        assert!(is_email("ada@example.org") && !is_email("a..b@x.org") && !is_email("ada"));
    }

    #[test]
    fn addresses_are_of_the_web() {
        for good in ["https://example.org", "http://a.b:8080/x?y=%20#z", "https://x.y/a'b(c)", "https://a.b?q"] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in [
            "",
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "ftp://a.bc/de",
            "https://a b/cdef",
            "https://a.b:/cdef",
            "//example.org",
            "https://u@example.org",
            "https://a.b/é",
        ] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }
}
