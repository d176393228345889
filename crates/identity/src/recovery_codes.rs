//! Recovery codes: what to type when the authenticator is lost. Ten at a time, 80 random bits each, shown once, stored as
//! SHA-256 only (random codes of this length need no slow hash).

use lyceum_kernel::Entropy;
use sha2::{Digest, Sha256};

/// How many codes an account gets.
pub const COUNT: usize = 10;

/// Crockford's Base32: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Symbols in a code; five bits each.
const SYMBOLS: usize = 16;

/// Symbols between dashes.
const GROUP: usize = 4;

/// A fresh set, each as `xxxx-xxxx-xxxx-xxxx`.
pub fn generate(entropy: &dyn Entropy) -> Vec<String> {
    (0..COUNT).map(|_| one(entropy)).collect()
}

fn one(entropy: &dyn Entropy) -> String {
    let mut random = [0_u8; SYMBOLS];
    entropy.fill(&mut random);
    let mut code = String::with_capacity(SYMBOLS + SYMBOLS / GROUP);
    for (position, byte) in random.into_iter().enumerate() {
        if position > 0 && position % GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    code
}

/// The stored form of what somebody typed: dashes, spaces and case do not matter, and o, i, l are read as 0, 1, 1.
/// Nothing if it cannot be a code.
pub fn fingerprint(typed: &str) -> Option<Vec<u8>> {
    let mut canonical = String::with_capacity(SYMBOLS);
    for symbol in typed.chars().filter(|c| !matches!(c, '-' | ' ')) {
        let symbol = match symbol.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        };
        if !symbol.is_ascii() || !ALPHABET.contains(&(symbol as u8)) || canonical.len() == SYMBOLS {
            return None;
        }
        canonical.push(symbol);
    }
    (canonical.len() == SYMBOLS).then(|| Sha256::digest(canonical.as_bytes()).to_vec())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for byte in buffer {
                *byte = self.0.fetch_add(7, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn ten_different_grouped_codes() {
        let codes = generate(&Counting::default());
        assert_eq!(codes.len(), COUNT);
        for code in &codes {
            assert_eq!(code.len(), 19);
            assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
            assert!(fingerprint(code).is_some());
        }
        assert!(codes.iter().collect::<HashSet<_>>().len() > 1);
    }

    #[test]
    fn typing_is_forgiven() {
        let exact = fingerprint("0123-4567-89ab-cdef").unwrap();
        for typed in ["0123456789abcdef", "O1 23 4567 89AB CDEF", "ol23-4567-89ab-cdef"] {
            assert_eq!(fingerprint(typed), Some(exact.clone()), "{typed}");
        }
        for wrong in
            ["", "0123-4567-89ab-cde", "0123-4567-89ab-cdef0", "0123-4567-89ab-cdeü", "0123-4567-89ab-cdeu", "123456"]
        {
            assert_eq!(fingerprint(wrong), None, "{wrong}");
        }
    }
}
