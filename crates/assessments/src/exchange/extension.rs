//! What a format cannot say, beside what it can.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::item::{Item, Notes};

#[derive(Serialize, Deserialize)]
struct Sealed<I> {
    of: String,
    item: I,
}

/// A digest of a question in the words of a format: 16 hexadecimal digits.
pub fn digest(words: &str) -> String {
    Sha256::digest(words.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// The extension, in ASCII, on one line, without two hyphens in a row.
pub fn seal(item: &Item, digest: &str) -> String {
    let sealed = Sealed { of: digest.to_owned(), item };
    let json = serde_json::to_string(&sealed).unwrap_or_default();
    let mut ascii = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                add!(ascii, "\\u{unit:04x}");
            }
        }
    }
    // Only strings can have two.
    ascii.replace("--", "-\\u002d")
}

/// The question as it was, if its words are those that it was sealed with.
pub fn open(extension: &str, digest: &str, notes: &mut Notes) -> Option<Item> {
    match serde_json::from_str::<Sealed<Item>>(extension) {
        Ok(sealed) if sealed.of == digest => Some(sealed.item),
        Ok(_) => {
            notes.add("was changed after its export: what only the extension said is left out");
            None
        }
        Err(_) => {
            notes.add("has an extension that is not understood");
            None
        }
    }
}
