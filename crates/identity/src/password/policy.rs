//! Which new passwords are refused: NIST SP 800-63B and OWASP ASVS 6.2, that is length and a list, no rules of composition.
//!
//! The list is `common_passwords.txt`: the entries of at least eight characters among the 30,000 most frequent passwords that
//! the crate zxcvbn 3.1.1 ships (MIT licence, its text in `COMMON_PASSWORDS_LICENSE`), case-folded and sorted bytewise.
//!
//! A password goes to the hash as it came: neither trimmed nor normalised nor cut.

use std::borrow::Cow;

use lyceum_kernel::Fault;

use crate::model::account::fold;

/// Fewest characters (Unicode scalar values, as JSON Schema counts them).
pub const MIN_CHARS: usize = 8;

/// Most characters.
pub const MAX_CHARS: usize = 256;

/// Most bytes that are ever hashed or compared.
pub const MAX_BYTES: usize = 1024;

/// The shape of a new password in the API document: 8 to 256 characters, not one repeated, not even with another at the end.
///
/// It says in the schema what a program that makes up passwords would otherwise run into (`00000000`, `00000001`). The list of common
/// ones is beyond a regular expression; a made-up password meets it with a chance of less than one in a billion. That a
/// password is not the username is beyond a schema, which sees one value at a time. Letters stand apart from other
/// characters, though any may follow any, so that a generator that likes to use what it made for one string in another
/// (Hypothesis does) does not make one thing of the two. Works in ECMA 262 and in Python.
pub const NEW_PASSWORD_PATTERN: &str = r"^(?!([\s\S])\1*[\s\S]$)(?:[^\u0000A-Za-z]|[A-Za-z]){8,256}$";

/// Context words shorter than this are not looked for: too many good passwords begin with them.
const MIN_CONTEXT_WORD: usize = 4;

static COMMON: &str = include_str!("common_passwords.txt");

/// Knows the common passwords and the words of this deployment.
#[derive(Debug)]
pub struct PasswordPolicy {
    common: Vec<&'static str>,
    deployment: Vec<String>,
}

impl PasswordPolicy {
    /// A policy that also refuses passwords made of `deployment_words` (its name, its domain).
    pub fn new<S: AsRef<str>>(deployment_words: &[S]) -> Self {
        Self {
            common: COMMON.lines().collect(),
            deployment: deployment_words.iter().filter_map(|word| context_word(word.as_ref())).collect(),
        }
    }

    /// Checks a new password of somebody about whom `context` is known: e-mail address, username, names, school.
    ///
    /// # Errors
    /// The faults of the field at `pointer`, with the codes `length`, `repeated`, `common` and `context`.
    pub fn check<'a>(
        &self,
        password: &str,
        context: impl IntoIterator<Item = &'a str>,
        pointer: &str,
    ) -> Result<(), Vec<Fault>> {
        match self.refusal(password, context) {
            None => Ok(()),
            Some((code, message)) => Err(vec![Fault::new(pointer, code, message)]),
        }
    }

    fn refusal<'a>(
        &self,
        password: &str,
        context: impl IntoIterator<Item = &'a str>,
    ) -> Option<(&'static str, Cow<'static, str>)> {
        if let Err((code, message)) = shape(password) {
            return Some((code, message.into()));
        }
        let folded = fold(password);
        if self.is_common(&folded) {
            return Some(("common", "is among the passwords that attackers try first".into()));
        }
        let made_of_context = self.deployment.iter().any(|word| is_word_and_digits(&folded, word))
            || context.into_iter().flat_map(context_words).any(|word| is_word_and_digits(&folded, &word));
        made_of_context.then(|| ("context", "is a name or address that others know, with digits at most".into()))
    }

    fn is_common(&self, folded: &str) -> bool {
        self.common.binary_search(&folded).is_ok()
    }
}

/// Whether it is as [`NEW_PASSWORD_PATTERN`] wants it, which needs no knowledge of anybody; otherwise a code and the words for it.
pub fn shape(password: &str) -> Result<(), (&'static str, &'static str)> {
    // Bytes first: counting the characters of a megabyte would be work.
    if password.len() > MAX_BYTES || !(MIN_CHARS..=MAX_CHARS).contains(&password.chars().count()) {
        return Err(("length", "must have 8 to 256 characters"));
    }
    let mut characters = password.chars();
    characters.next_back();
    let first = characters.next();
    if characters.all(|character| Some(character) == first) {
        return Err(("repeated", "is one character repeated, with another at the end at most"));
    }
    Ok(())
}

/// The words of one thing known about a person: the whole, and of an address also the part before the `@`.
fn context_words(known: &str) -> impl Iterator<Item = String> {
    let local = known.rsplit_once('@').map(|(local, _)| local);
    let joined: String = known.split_whitespace().collect();
    [context_word(known), context_word(&joined), local.and_then(context_word)].into_iter().flatten()
}

fn context_word(text: &str) -> Option<String> {
    let folded = fold(text);
    let long_enough = folded.chars().count() >= MIN_CONTEXT_WORD;
    (long_enough && folded.chars().any(char::is_alphabetic)).then_some(folded)
}

/// Whether the password is the word, once or more, with nothing but digits and punctuation around it.
fn is_word_and_digits(folded: &str, word: &str) -> bool {
    folded.contains(word) && !folded.replace(word, "").chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str, context: &[&str]) -> Option<&'static str> {
        let policy = PasswordPolicy::new(&["Lyceum"]);
        policy.refusal(password, context.iter().copied()).map(|(code, _)| code)
    }

    #[test]
    fn the_list_is_sorted_folded_and_long_enough() {
        let policy = PasswordPolicy::new::<&str>(&[]);
        assert!(policy.common.len() > 3_000);
        assert!(policy.common.is_sorted());
        assert!(policy.common.iter().all(|word| word.chars().count() >= MIN_CHARS && fold(word) == *word));
    }

    #[test]
    fn length_counts_characters_and_bounds_bytes() {
        assert_eq!(refused("abcdefg", &[]), Some("length"));
        assert_eq!(refused("kjdfhgwe", &[]), None);
        assert_eq!(refused(&"\u{1f600}x".repeat(128), &[]), None);
        assert_eq!(refused(&"ab".repeat(129), &[]), Some("length"));
        assert_eq!(refused(&"x".repeat(1_000_000), &[]), Some("length"));
    }

    #[test]
    fn common_ones_are_refused_in_any_case() {
        for password in ["password123", "PassWord123", "12345678", "qwertyuiop", "iloveyou"] {
            assert_eq!(refused(password, &[]), Some("common"), "{password}");
        }
        for password in ["zzzzzzzzzzzz", "00000001", "éééééééé"] {
            assert_eq!(refused(password, &[]), Some("repeated"), "{password}");
        }
    }

    #[test]
    fn context_with_digits_is_refused_and_in_a_sentence_is_not() {
        assert_eq!(refused("Lyceum2026", &[]), Some("context"));
        assert_eq!(refused("Lovelace1815", &["ada", "lovelace@example.org"]), Some("context"));
        assert_eq!(refused("NorthfieldHigh2026!", &["Northfield High"]), Some("context"));
        assert_eq!(refused("lovelace writes programs", &["lovelace@example.org"]), None);
        assert_eq!(refused("0000918273", &["0000"]), None);
    }

    #[test]
    fn nothing_is_asked_of_composition() {
        assert_eq!(refused("aaaaaaab cdefgh", &[]), None);
        assert_eq!(refused("aaaaaaabcdefghij", &[]), None);
        assert_eq!(refused("837261940572", &[]), None);
    }
}
