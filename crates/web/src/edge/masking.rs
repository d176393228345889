//! Query strings as they may be logged.

use percent_encoding::percent_decode_str;

/// Parts of parameter names whose values are nobody's business.
const SECRET: [&str; 14] = [
    "token",
    "secret",
    "password",
    "passwd",
    "signature",
    "sig",
    "code",
    "key",
    "ticket",
    "credential",
    "auth",
    "state",
    "email",
    "nonce",
];

/// Parameters whose values are people's names or what somebody looks for, which is often a person.
const PERSONAL: [&str; 5] = ["q", "search", "name", "username", "full_name"];

/// The query string with the values of secret and personal parameters replaced by `***`.
pub(crate) fn mask_query(query: &str) -> String {
    let mut masked = String::with_capacity(query.len());
    for (place, pair) in query.split('&').enumerate() {
        if place > 0 {
            masked.push('&');
        }
        match pair.split_once('=') {
            Some((name, value)) if is_secret(name) || names_somebody(value) => {
                masked.push_str(name);
                masked.push_str("=***");
            }
            Some(_) => masked.push_str(pair),
            // Without a name there is no telling what it is.
            None if pair.is_empty() => {}
            None => masked.push_str("***"),
        }
    }
    masked
}

fn is_secret(name: &str) -> bool {
    let name = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
    PERSONAL.contains(&name.as_str()) || SECRET.iter().any(|word| name.contains(word))
}

/// Whether a value holds an e-mail address, whatever its parameter is called.
fn names_somebody(value: &str) -> bool {
    percent_decode_str(value).any(|byte| byte == b'@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_is_kept() {
        assert_eq!(mask_query("limit=5&token=abc.def&sort=-name"), "limit=5&token=***&sort=-name");
        assert_eq!(mask_query("q=Ada&to=ada%40example.org&limit=5"), "q=***&to=***&limit=5");
        assert_eq!(
            mask_query("X-Amz-Signature=beef&%74oken=x&Access_Token=y"),
            "X-Amz-Signature=***&%74oken=***&Access_Token=***"
        );
        assert_eq!(mask_query("eyJhbGciOi"), "***");
        assert_eq!(mask_query(""), "");
    }
}
