//! Parameters in the path.

use std::str::FromStr;

use utoipa::ToSchema;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required};

use super::deref;
use crate::describe::{Describe, Description};
use crate::problem::Problem;
use crate::route::{Extract, Incoming};

/// One id in the path. What is no id is answered like an id that never was: 404.
#[derive(Debug, Clone, Copy)]
pub struct PathId<I>(pub I);
deref!(PathId);

/// Several parameters in the path, in its order: `PathParams<(UserId, String)>`. Each is read with [`FromStr`]; what cannot be
/// read is 404.
#[derive(Debug, Clone)]
pub struct PathParams<T>(pub T);
deref!(PathParams);

impl<I: FromStr + 'static> Extract for PathId<I> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        segment(incoming).map(Self)
    }
}

fn segment<I: FromStr>(incoming: &mut Incoming) -> Result<I, Problem> {
    incoming.next_path_segment()?.parse().map_err(|_| Problem::not_found())
}

impl<I> Describe for PathId<I> {
    fn describe(description: &mut Description) {
        let uuid = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .build();
        describe_segment(description, RefOr::T(Schema::Object(uuid)));
    }
}

fn describe_segment(description: &mut Description, schema: RefOr<Schema>) {
    // A template with too few names is found when the route is first called; the document shows the gap at once.
    let name = description.claim_path_name().unwrap_or("missing");
    description.parameter(
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema))
            .build(),
    );
    description.problem(404, "not-found", "There is nothing of that name that the caller can see.");
}

macro_rules! tuple {
    ($($segment:ident $value:ident),+) => {
        impl<$($segment: FromStr + ToSchema + 'static),+> Extract for PathParams<($($segment,)+)> {
            async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
                $(let $value = segment::<$segment>(incoming)?;)+
                Ok(Self(($($value,)+)))
            }
        }

        impl<$($segment: ToSchema),+> Describe for PathParams<($($segment,)+)> {
            fn describe(description: &mut Description) {
                $(describe_segment(description, <$segment as utoipa::PartialSchema>::schema());)+
            }
        }
    };
}

tuple!(A a);
tuple!(A a, B b);
tuple!(A a, B b, C c);
