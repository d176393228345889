//! Names and values of a query string or a form, decoded strictly, and made into a type.

use std::borrow::Cow;
use std::fmt;

use lyceum_kernel::Fault;
use percent_encoding::percent_decode;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};

use crate::json::shape_fault;

/// One decoded parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// Decodes `application/x-www-form-urlencoded` text. Each name may come once; neither names nor values may contain NUL or
/// what is not UTF-8. `prefix` goes before the names in the pointers of the faults.
pub(crate) fn parse(text: &str, prefix: &str) -> (Vec<Pair>, Vec<Fault>) {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut faults = Vec::new();
    for piece in text.split('&').filter(|piece| !piece.is_empty()) {
        if faults.len() >= MAX_FAULTS {
            break;
        }
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let Some(name) = decode(name) else {
            faults.push(Fault::new("", "encoding", "a parameter's name is not UTF-8 text"));
            continue;
        };
        let pointer = || format!("{prefix}{name}");
        let Some(value) = decode(value) else {
            faults.push(Fault::new(pointer(), "encoding", "is not UTF-8 text"));
            continue;
        };
        if name.contains('\0') || value.contains('\0') {
            faults.push(Fault::new(pointer(), "nul", "must not contain the character NUL"));
        } else if pairs.len() >= MAX_PAIRS {
            faults.push(Fault::new("", "too-many", "there are too many parameters"));
            break;
        } else if pairs.iter().any(|pair| pair.name == name) {
            faults.push(Fault::new(pointer(), "repeated", "may be given only once"));
        } else {
            pairs.push(Pair { name: name.into_owned(), value: value.into_owned() });
        }
    }
    (pairs, faults)
}

/// No operation has as many parameters.
const MAX_PAIRS: usize = 64;
/// More are of no help to anybody.
const MAX_FAULTS: usize = 20;

fn decode(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Some(Cow::Owned(percent_decode(spaced.as_bytes()).decode_utf8().ok()?.into_owned()));
    }
    percent_decode(text.as_bytes()).decode_utf8().ok()
}

/// Makes a `T` of the pairs that `T` has fields for; others are somebody else's. The fault's pointer is the bare name.
pub(crate) fn read<T: DeserializeOwned>(pairs: &[Pair]) -> Result<T, Fault> {
    T::deserialize(Pairs(pairs)).map_err(|error| shape_fault(error.name, &error.message))
}

/// serde's message and the parameter that it is about.
#[derive(Debug)]
struct PairError {
    name: String,
    message: String,
}

impl fmt::Display for PairError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for PairError {}

impl de::Error for PairError {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self { name: String::new(), message: message.to_string() }
    }
}

struct Pairs<'a>(&'a [Pair]);

impl<'de> Deserializer<'de> for Pairs<'_> {
    type Error = PairError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairError> {
        let pairs = self.0.iter().map(|pair| (pair.name.as_str(), Text(pair.value.as_str())));
        visitor.visit_map(MapDeserializer::new(pairs))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PairError> {
        visitor.visit_map(Fields { pairs: self.0, known: fields, value: None })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The pairs that a struct has fields for.
struct Fields<'a> {
    pairs: &'a [Pair],
    known: &'static [&'static str],
    value: Option<&'a Pair>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = PairError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, PairError> {
        while let Some((pair, rest)) = self.pairs.split_first() {
            self.pairs = rest;
            if self.known.contains(&pair.name.as_str()) {
                self.value = Some(pair);
                return seed.deserialize(Text(&pair.name)).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, PairError> {
        let Some(pair) = self.value.take() else { return Err(de::Error::custom("a value without a name")) };
        seed.deserialize(Text(&pair.value)).map_err(|error| PairError { name: pair.name.clone(), ..error })
    }
}

/// A value: text that becomes what the field wants. Lists are separated by commas.
#[derive(Clone, Copy)]
struct Text<'a>(&'a str);

impl IntoDeserializer<'_, PairError> for Text<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $kind:ty, $what:literal;)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairError> {
                // "+5" and "infinity" are numbers to Rust, not to JSON.
                let plain = self.0.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c.is_ascii_lowercase());
                let plain = plain && !self.0.contains("inf") && !self.0.contains("nan");
                match self.0.parse::<$kind>() {
                    Ok(value) if plain => visitor.$visit(value),
                    _ => Err(de::Error::custom(concat!("invalid type: text, expected ", $what))),
                }
            }
        )+
    };
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = PairError;

    parsed! {
        deserialize_bool visit_bool bool, "true or false";
        deserialize_i8 visit_i8 i8, "a whole number";
        deserialize_i16 visit_i16 i16, "a whole number";
        deserialize_i32 visit_i32 i32, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_u8 visit_u8 u8, "a whole number";
        deserialize_u16 visit_u16 u16, "a whole number";
        deserialize_u32 visit_u32 u32, "a whole number";
        deserialize_u64 visit_u64 u64, "a whole number";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairError> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, PairError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PairError> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairError> {
        visitor.visit_seq(SeqDeserializer::new(self.0.split(',').map(Text)))
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Role {
        Teacher,
        Student,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        q: Option<String>,
        #[serde(default)]
        role: Vec<Role>,
        active: Option<bool>,
        since: Option<chrono::DateTime<chrono::Utc>>,
        n: i32,
    }

    fn filter(text: &str) -> Result<Filter, Fault> {
        let (pairs, faults) = parse(text, "");
        assert!(faults.is_empty(), "{faults:?}");
        read(&pairs)
    }

    #[test]
    fn values_become_what_the_fields_want_and_other_parameters_are_left_alone() {
        let found =
            filter("q=a+b%2Bc&role=teacher,student&active=true&since=2026-01-02T03:04:05Z&n=-5&limit=3").unwrap();
        assert_eq!(found.q.as_deref(), Some("a b+c"));
        assert_eq!(found.role, [Role::Teacher, Role::Student]);
        assert_eq!((found.active, found.n), (Some(true), -5));
        assert!(found.since.is_some());
    }

    #[test]
    fn faults_name_the_parameter() {
        let cases = [
            ("q=1", "/n", "missing"),
            ("n=x", "n", "type"),
            ("n=%2B5", "n", "type"),
            ("n=", "n", "type"),
            ("n=1&active=TRUE", "active", "type"),
            ("n=1&role=hunter2", "role", "choice"),
            ("n=1&since=yesterday", "since", "format"),
        ];
        for (text, pointer, code) in cases {
            let fault = filter(text).unwrap_err();
            assert_eq!((fault.pointer.as_str(), fault.code.as_ref()), (pointer, code), "{text}");
            assert!(!fault.message.contains("hunter2"));
        }
    }

    #[test]
    fn decoding_is_strict() {
        let codes = |text: &str| parse(text, "").1.into_iter().map(|fault| fault.code.into_owned()).collect::<Vec<_>>();
        assert_eq!(codes("a=%ff"), ["encoding"]);
        assert_eq!(codes("%ff=a"), ["encoding"]);
        assert_eq!(codes("a=%00"), ["nul"]);
        assert_eq!(codes("a=1&a=2"), ["repeated"]);
        assert!(codes("a&b=&c=%20&&").is_empty());
        assert_eq!(codes(&"a&".repeat(100_000)).len(), MAX_FAULTS);
    }
}
