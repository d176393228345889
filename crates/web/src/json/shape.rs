//! From JSON to a type, with what does not fit named by its pointer; and from a validator's findings to faults.

use lyceum_kernel::Fault;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::push_token;
use super::strict::Strict;

/// Deserialises a body that has passed [`check`](fn@super::check). What does not fit the type comes back as one fault.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(Strict(&mut deserializer))
        .map_err(|error| shape_fault(pointer_to(error.path()), &error.inner().to_string()))
}

fn pointer_to(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push_token(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_token(&mut pointer, key),
            // The variant of a tagged enum is not a place in the document.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// How the messages begin that types of ours give serde: they hold nothing of the input. No message of serde's begins so.
const OURS: &str = "must ";

/// Puts serde's message into our words. Whatever the client sent is left out: it may be a secret.
pub(crate) fn shape_fault(mut pointer: String, message: &str) -> Fault {
    let named = |prefix: &str| {
        message.strip_prefix(prefix).and_then(|rest| rest.split_once('`')).map(|(name, _)| name.to_owned())
    };
    if let Some(name) = named("missing field `") {
        push_token(&mut pointer, &name);
        return Fault::new(pointer, "missing", "is required");
    }
    if let Some(name) = named("unknown field `") {
        let mut token = String::new();
        push_token(&mut token, &name);
        if !pointer.ends_with(&token) {
            pointer.push_str(&token);
        }
        return Fault::new(pointer, "unknown", "is not a field of this object");
    }
    if message.starts_with("unknown variant `") {
        return Fault::new(pointer, "choice", format!("must be {}", expected(message).unwrap_or("one of the choices")));
    }
    let code = if message.starts_with("invalid type: ") {
        "type"
    } else if message.starts_with("invalid value: ") {
        "value"
    } else if message.starts_with("invalid length ") {
        "length"
    } else if message.starts_with(OURS) {
        let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
        return Fault::new(pointer, "format", message.to_owned());
    } else {
        return Fault::new(pointer, "format", "does not have the required format");
    };
    match expected(message).map(|what| if what.starts_with("struct ") { "an object" } else { what }) {
        Some(what) => Fault::new(pointer, code, format!("must be {what}")),
        None => Fault::new(pointer, code, "does not have the required type"),
    }
}

/// What serde expected: the end of its message, which never repeats the input.
fn expected(message: &str) -> Option<&str> {
    let (_, what) = message.rsplit_once(", expected ")?;
    Some(what.rsplit_once(" at line ").map_or(what, |(what, _)| what))
}

/// Every fault that a validator found, nested structures and lists included, in order of their pointers.
pub fn value_faults(errors: &ValidationErrors) -> Vec<Fault> {
    let mut faults = Vec::new();
    collect(errors, &mut String::new(), &mut faults);
    faults.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    faults
}

fn collect(errors: &ValidationErrors, pointer: &mut String, faults: &mut Vec<Fault>) {
    let base = pointer.len();
    for (field, kind) in errors.errors() {
        // A check of the whole object, and the stand-in for a list that is the whole object, have no place of their own.
        if field != "__all__" && field != "_tmp_validator" {
            push_token(pointer, field.strip_prefix("r#").unwrap_or(field));
        }
        match kind {
            ValidationErrorsKind::Field(found) => {
                faults.extend(found.iter().map(|error| value_fault(pointer.clone(), error)));
            }
            ValidationErrorsKind::Struct(inner) => collect(inner, pointer, faults),
            ValidationErrorsKind::List(items) => {
                let list = pointer.len();
                for (index, inner) in items {
                    push_token(pointer, &index.to_string());
                    collect(inner, pointer, faults);
                    pointer.truncate(list);
                }
            }
        }
        pointer.truncate(base);
    }
}

fn value_fault(pointer: String, error: &ValidationError) -> Fault {
    let message = error.message.clone().unwrap_or_else(|| words_for(error).into());
    Fault::new(pointer, error.code.clone(), message)
}

fn words_for(error: &ValidationError) -> String {
    let bounds = |unit: &str| {
        let bound = |name| error.params.get(name).map(ToString::to_string);
        match (bound("min"), bound("max"), bound("equal")) {
            (_, _, Some(equal)) => format!("must be exactly {equal}{unit}"),
            (Some(min), Some(max), None) => format!("must be from {min} to {max}{unit}"),
            (Some(min), None, None) => format!("must be at least {min}{unit}"),
            (None, Some(max), None) => format!("must be at most {max}{unit}"),
            (None, None, None) => "is out of range".to_owned(),
        }
    };
    match error.code.as_ref() {
        "length" => bounds(" long"),
        "range" => bounds(""),
        "email" => "is not an e-mail address".to_owned(),
        "url" => "is not a URL".to_owned(),
        "regex" => "does not have the required form".to_owned(),
        "required" => "is required".to_owned(),
        "must_match" => "must be the same as the other".to_owned(),
        "non_control_character" => "must not contain control characters".to_owned(),
        _ => "is not acceptable".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use validator::Validate;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[validate(length(min = 2, max = 4))]
        name: String,
        #[validate(nested)]
        items: Vec<Item>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[validate(range(min = 1))]
        count: u8,
        #[serde(default)]
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    #[serde(try_from = "String")]
    struct Colour;

    impl TryFrom<String> for Colour {
        type Error = &'static str;

        fn try_from(_: String) -> Result<Self, Self::Error> {
            Err("must be a colour")
        }
    }

    #[test]
    fn our_own_words_about_a_format_are_kept() {
        let fault = parse::<Vec<Colour>>(br#"["hunter2"]"#).unwrap_err();
        assert_eq!(
            (fault.pointer.as_str(), fault.code.as_ref(), fault.message.as_ref()),
            ("/0", "format", "must be a colour")
        );
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        #[default]
        Plain,
        Fancy,
    }

    fn fault(body: &str) -> (String, String) {
        let fault = parse::<Outer>(body.as_bytes()).unwrap_err();
        assert!(!fault.message.contains("hunter2"), "{}", fault.message);
        (fault.pointer, fault.code.into_owned())
    }

    #[test]
    fn faults_of_shape_have_pointers_and_never_repeat_the_value() {
        let cases = [
            (r#"{"name":"x"}"#, "/items", "missing"),
            (r#"{"name":"x","items":[{}]}"#, "/items/0/count", "missing"),
            (r#"{"name":"x","items":[],"hunter2":1}"#, "/hunter2", "unknown"),
            (r#"{"name":"x","items":[{"count":1,"a/b":1}]}"#, "/items/0/a~1b", "unknown"),
            (r#"{"name":"x","items":[{"count":"hunter2, expected hunter2"}]}"#, "/items/0/count", "type"),
            (r#"{"name":"x","items":[{"count":300}]}"#, "/items/0/count", "value"),
            (r#"{"name":"x","items":[{"count":3,"kind":"hunter2"}]}"#, "/items/0/kind", "choice"),
            (r"[]", "", "type"),
            (r#"["x",[]]"#, "", "type"),
            (r#"{"name":"x","items":[[1,"plain"]]}"#, "/items/0", "type"),
            (r#""hunter2""#, "", "type"),
        ];
        for (body, pointer, code) in cases {
            assert_eq!(fault(body), (pointer.to_owned(), code.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        for whole in ["48", "48.0", "4.8e1", "480e-1"] {
            let body = format!(r#"{{"name":"xy","items":[{{"count":{whole}}}]}}"#);
            assert_eq!(parse::<Outer>(body.as_bytes()).unwrap().items[0].count, 48, "{whole}");
            assert_eq!(parse::<Option<i64>>(whole.as_bytes()).unwrap(), Some(48), "{whole}");
            assert_eq!(parse::<serde_json::Value>(whole.as_bytes()).unwrap(), 48, "{whole}");
        }
        assert_eq!(parse::<i32>(b"-0.0").unwrap(), 0);
        let tenths: f64 = parse(b"2.0").unwrap();
        assert!((tenths - 2.0).abs() < f64::EPSILON);
        for (other, code) in [("48.5", "type"), ("300.0", "value"), ("-1.0", "value"), ("1e30", "type")] {
            let body = format!(r#"{{"name":"xy","items":[{{"count":{other}}}]}}"#);
            assert_eq!(fault(&body), ("/items/0/count".to_owned(), code.to_owned()), "{other}");
        }
    }

    #[test]
    fn faults_of_value_come_all_at_once() {
        let outer: Outer = parse(br#"{"name":"x","items":[{"count":1,"kind":"fancy"},{"count":0}]}"#).unwrap();
        assert!(matches!(outer.items[0].kind, Kind::Fancy));
        let faults = value_faults(&outer.validate().unwrap_err());
        let found: Vec<_> = faults.iter().map(|f| (f.pointer.as_str(), f.message.as_ref())).collect();
        assert_eq!(found, [("/items/1/count", "must be at least 1"), ("/name", "must be from 2 to 4 long")]);
    }
}
