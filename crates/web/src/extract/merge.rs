//! Fields of a merge patch (RFC 7396).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use validator::{ValidateEmail, ValidateLength, ValidateRange, ValidateRegex};

/// A field of a merge patch: left alone, emptied or set. Give it `#[serde(default)]`, and for the API document
/// `#[schema(value_type = Option<…>)]` with the bounds of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MergeField<T> {
    /// Not in the patch: stays as it is.
    #[default]
    Absent,
    /// `null`: is emptied.
    Null,
    /// Gets this value.
    Set(T),
}

impl<T> MergeField<T> {
    /// What the field is afterwards, if it was `before`.
    pub fn apply_to(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Absent => before,
            Self::Null => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Whether the patch names the field.
    pub const fn is_present(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// The new value, if there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The field as two layers: whether it is named, and its new value.
    pub fn into_option(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }

    /// The same field with another type of value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> MergeField<U> {
        match self {
            Self::Absent => MergeField::Absent,
            Self::Null => MergeField::Null,
            Self::Set(value) => MergeField::Set(f(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for MergeField<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Null, Self::Set))
    }
}

impl<T: Serialize> Serialize for MergeField<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

/// For fields of a patch that may be left out but not be null:
/// `#[serde(default, deserialize_with = "lyceum_web::extract::present")]` on an `Option<T>`.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<T> PartialSchema for MergeField<T>
where
    Option<T>: PartialSchema,
{
    fn schema() -> RefOr<Schema> {
        <Option<T> as PartialSchema>::schema()
    }
}

impl<T: ToSchema> ToSchema for MergeField<T>
where
    Option<T>: PartialSchema,
{
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Nullable{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: ValidateLength<u64>> ValidateLength<u64> for MergeField<T> {
    fn length(&self) -> Option<u64> {
        self.value().and_then(ValidateLength::length)
    }
}

impl<N, T: ValidateRange<N>> ValidateRange<N> for MergeField<T> {
    fn greater_than(&self, max: N) -> Option<bool> {
        self.value().and_then(|value| value.greater_than(max))
    }

    fn less_than(&self, min: N) -> Option<bool> {
        self.value().and_then(|value| value.less_than(min))
    }
}

impl<T: ValidateEmail> ValidateEmail for MergeField<T> {
    fn as_email_string(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.value().and_then(ValidateEmail::as_email_string)
    }
}

impl<T: ValidateRegex> ValidateRegex for MergeField<T> {
    fn validate_regex(&self, regex: impl validator::AsRegex) -> bool {
        self.value().is_none_or(|value| value.validate_regex(regex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Fields {
        #[serde(default)]
        a: MergeField<String>,
        #[serde(default, deserialize_with = "present")]
        b: Option<u8>,
    }

    #[test]
    fn absent_null_and_set_are_three_things() {
        let field = |text: &str| serde_json::from_str::<Fields>(text).unwrap().a;
        assert_eq!(field("{}"), MergeField::Absent);
        assert_eq!(field(r#"{"a":null}"#), MergeField::Null);
        assert_eq!(field(r#"{"a":"x"}"#).apply_to(Some("y".into())), Some("x".into()));
        assert!(serde_json::from_str::<Fields>(r#"{"b":null}"#).is_err());
        assert_eq!(serde_json::from_str::<Fields>(r#"{"b":1}"#).unwrap().b, Some(1));
    }
}
