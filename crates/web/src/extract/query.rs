//! Parameters of the query string.

use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use validator::Validate;

use super::{deref, pairs};
use crate::describe::{Describe, Description};
use crate::json::value_faults;
use crate::problem::Problem;
use crate::route::{Extract, Incoming};

/// Query parameters as a struct: one parameter a field, lists separated by commas. A parameter that no extractor of the
/// handler knows is 422, and so is one given twice. May stand beside [`Paging`](super::Paging).
///
/// In the struct, parameters of enum type need `#[param(inline)]`.
#[derive(Debug, Clone, Default)]
pub struct Query<T>(pub T);
deref!(Query);

impl<T: DeserializeOwned + IntoParams + Validate + 'static> Extract for Query<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let bare = |mut fault: lyceum_kernel::Fault| {
            if let Some(name) = fault.pointer.strip_prefix('/') {
                fault.pointer = name.to_owned();
            }
            fault
        };
        let value: T = pairs::read(incoming.query()).map_err(|fault| Problem::invalid(vec![bare(fault)]))?;
        match value.validate() {
            Ok(()) => Ok(Self(value)),
            Err(errors) => Err(Problem::invalid(value_faults(&errors).into_iter().map(bare).collect())),
        }
    }
}

impl<T: IntoParams> Describe for Query<T> {
    fn describe(description: &mut Description) {
        for mut parameter in T::into_params(|| Some(ParameterIn::Query)) {
            parameter.schema = parameter.schema.map(without_null);
            if matches!(parameter.schema, Some(RefOr::T(Schema::Array(_)))) {
                parameter.style = Some(ParameterStyle::Form);
                parameter.explode = Some(false);
            }
            description.parameter(parameter);
        }
    }
}

/// A query parameter is there or not, but never null.
fn without_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    let not_null = |kind: SchemaType| match kind {
        SchemaType::Array(mut kinds) => {
            kinds.retain(|kind| *kind != Type::Null);
            match <[Type; 1]>::try_from(kinds) {
                Ok([only]) => SchemaType::Type(only),
                Err(kinds) => SchemaType::Array(kinds),
            }
        }
        other => other,
    };
    let is_null = |schema: &RefOr<Schema>| match schema {
        RefOr::T(Schema::Object(object)) => object.schema_type == SchemaType::Type(Type::Null),
        _ => false,
    };
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = not_null(object.schema_type);
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = not_null(array.schema_type);
            RefOr::T(Schema::Array(array))
        }
        RefOr::T(Schema::OneOf(mut one_of)) => {
            one_of.items.retain(|item| !is_null(item));
            if one_of.items.len() == 1 {
                return one_of.items.remove(0);
            }
            RefOr::T(Schema::OneOf(one_of))
        }
        other => other,
    }
}
