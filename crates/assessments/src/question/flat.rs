//! One flat object made of two parts: members that all questions have, and those of the type.

use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, OneOfBuilder, Schema, Type};

/// Reads one part. The fault says where in the object and what is wrong there, in words of ours.
pub fn read_part<T: DeserializeOwned>(members: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(members).map_err(|error| {
        let place = error.path().to_string();
        let at = if place == "." { String::new() } else { format!(" at {place}") };
        let message = error.inner().to_string();
        let named = |prefix: &str| {
            message.strip_prefix(prefix).and_then(|rest| rest.split_once('`')).map(|(name, _)| name.to_owned())
        };
        if let Some(name) = named("missing field `") {
            format!("must have {name}{at}")
        } else if let Some(name) = named("unknown field `") {
            format!("must not have {name}{at}")
        } else if message.starts_with("must ") {
            format!("{message}{at}")
        } else {
            let expected = message.rsplit_once(", expected ").map_or("another value", |(_, what)| what);
            format!("must have {expected}{at}")
        }
    })
}

/// For each type, the object with the common members, `type`, and the type's own.
pub fn one_of<const N: usize>(common: &RefOr<Schema>, types: [(&'static str, RefOr<Schema>); N]) -> RefOr<Schema> {
    let mut all = OneOfBuilder::new();
    for (name, own) in types {
        all = all.item(merged(common, name, &own));
    }
    RefOr::T(Schema::OneOf(all.build()))
}

fn merged(common: &RefOr<Schema>, name: &'static str, own: &RefOr<Schema>) -> Object {
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([name]));
    let mut whole = ObjectBuilder::new().title(Some(name)).property("type", kind).required("type").build();
    for part in [common, own] {
        if let RefOr::T(Schema::Object(part)) = part {
            whole.properties.extend(part.properties.clone());
            whole.required.extend(part.required.clone());
            whole.description = whole.description.or_else(|| part.description.clone());
        }
    }
    if let RefOr::T(Schema::Object(own)) = own {
        whole.description.clone_from(&own.description);
    }
    whole.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    whole
}
