//! One streaming pass over a body that builds nothing: grammar, depth, duplicate keys, NUL characters, numbers out of
//! range, lone surrogates.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::push_token;

/// What the pass found. Values are never repeated: they may be secrets.
#[derive(Debug, PartialEq, Eq)]
pub enum Violation {
    /// Not JSON: line and column (both from 1) of the place where it stops being JSON.
    Malformed {
        /// The line.
        line: usize,
        /// The column in bytes.
        column: usize,
    },
    /// Nested more deeply than allowed.
    TooDeep,
    /// An object has two members of one name; the pointer says which.
    DuplicateKey(String),
    /// A string or a name contains U+0000; the pointer says where.
    Nul(String),
}

/// Objects with fewer members are searched from end to end, larger ones by hash.
const LINEAR: usize = 12;

/// Checks that `body` is one JSON value of at most `max_depth` nested arrays and objects.
pub fn check(body: &[u8], max_depth: usize) -> Result<(), Violation> {
    let walk = Walk { found: RefCell::new(None), path: RefCell::default(), max_depth };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let outcome = Node { walk: &walk, depth: 0 }.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match (outcome, walk.found.into_inner()) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(violation)) => Err(violation),
        (Err(error), None) => Err(Violation::Malformed { line: error.line(), column: error.column() }),
    }
}

struct Walk<'de> {
    found: RefCell<Option<Violation>>,
    /// The tokens on the way to the value under the pen. Names are only kept while they are needed.
    path: RefCell<Vec<Token<'de>>>,
    max_depth: usize,
}

enum Token<'de> {
    Name(Cow<'de, str>),
    Index(usize),
}

impl Walk<'_> {
    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for token in self.path.borrow().iter() {
            match token {
                Token::Name(name) => push_token(&mut pointer, name),
                Token::Index(index) => push_token(&mut pointer, &index.to_string()),
            }
        }
        pointer
    }

    fn refuse<E: serde::de::Error>(&self, violation: Violation) -> E {
        *self.found.borrow_mut() = Some(violation);
        E::custom("refused")
    }

    fn text<E: serde::de::Error>(&self, text: &str) -> Result<(), E> {
        if text.as_bytes().contains(&0) { Err(self.refuse(Violation::Nul(self.pointer()))) } else { Ok(()) }
    }
}

#[derive(Clone, Copy)]
struct Node<'a, 'de> {
    walk: &'a Walk<'de>,
    depth: usize,
}

impl Node<'_, '_> {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth < self.walk.max_depth {
            Ok(Self { depth: self.depth + 1, ..self })
        } else {
            Err(self.walk.refuse(Violation::TooDeep))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.walk.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        self.walk.path.borrow_mut().push(Token::Index(0));
        let mut index = 0;
        while items.next_element_seed(inner)?.is_some() {
            index += 1;
            if let Some(last) = self.walk.path.borrow_mut().last_mut() {
                *last = Token::Index(index);
            }
        }
        self.walk.path.borrow_mut().pop();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        let mut seen = Names::default();
        while let Some(name) = members.next_key_seed(Name)? {
            self.walk.path.borrow_mut().push(Token::Name(name.clone()));
            self.walk.text::<A::Error>(&name)?;
            if !seen.insert(name) {
                return Err(self.walk.refuse(Violation::DuplicateKey(self.walk.pointer())));
            }
            members.next_value_seed(inner)?;
            self.walk.path.borrow_mut().pop();
        }
        Ok(())
    }
}

/// A member's name, borrowed from the body where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[derive(Default)]
struct Names<'de> {
    few: Vec<Cow<'de, str>>,
    many: HashSet<Cow<'de, str>>,
}

impl<'de> Names<'de> {
    /// Whether the name is new.
    fn insert(&mut self, name: Cow<'de, str>) -> bool {
        if !self.many.is_empty() {
            return self.many.insert(name);
        }
        if self.few.contains(&name) {
            return false;
        }
        self.few.push(name);
        if self.few.len() > LINEAR {
            self.many = self.few.drain(..).collect();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn ordinary_bodies_pass() {
        let body = br#"{"a":[1,-2,3.5e10,"\u00e9\ud83d\ude00",null,true],"b":{"a":{}},"c":""}"#;
        assert_eq!(check(body, 8), Ok(()));
    }

    #[test]
    fn each_fault_is_named() {
        let cases: [(&[u8], Violation); 12] = [
            (b"{\n  \"a\": }", Violation::Malformed { line: 2, column: 8 }),
            (b"{} {}", Violation::Malformed { line: 1, column: 4 }),
            (b"[1e400]", Violation::Malformed { line: 1, column: 6 }),
            (b"[NaN]", Violation::Malformed { line: 1, column: 2 }),
            (br#"["\ud800"]"#, Violation::Malformed { line: 1, column: 9 }),
            (b"[\"\xff\"]", Violation::Malformed { line: 1, column: 3 }),
            (b"[\"\x00\"]", Violation::Malformed { line: 1, column: 3 }),
            (br#"{"a":1,"b":2,"a":3}"#, Violation::DuplicateKey("/a".into())),
            (br#"{"x":[0,{"a/b":1,"\u0061/b":2}]}"#, Violation::DuplicateKey("/x/1/a~1b".into())),
            (br#"{"x":[0,"a\u0000"]}"#, Violation::Nul("/x/1".into())),
            (br#"{"a\u0000":1}"#, Violation::Nul("/a\0".into())),
            (b"[[[[[1]]]]]", Violation::TooDeep),
        ];
        for (body, expected) in cases {
            assert_eq!(check(body, 4), Err(expected), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_megabyte_of_anything_is_refused_or_read_quickly() {
        let many_keys: String = (0..60_000).fold(String::new(), |keys, i| keys + &format!("\"key{i}\":0,"));
        let bodies: Vec<Vec<u8>> = vec![
            vec![b'['; 1 << 20],
            vec![b'9'; 1 << 20],
            [b"[".as_slice(), &b"1e9,".repeat(1 << 18), b"0]"].concat(),
            [b"\"".as_slice(), &b"\\u0061".repeat(170_000), b"\""].concat(),
            format!("{{{many_keys}\"key0\":1}}").into_bytes(),
            b"{\"a\":".repeat(170_000),
        ];
        for body in bodies {
            let start = Instant::now();
            let _ = check(&body, 64);
            // Unoptimised builds, with other tests beside them, are far slower than what is shipped.
            let bound = Duration::from_millis(if cfg!(debug_assertions) { 3000 } else { 50 });
            assert!(start.elapsed() < bound, "{:?}", start.elapsed());
        }
    }
}
