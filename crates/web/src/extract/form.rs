//! Bodies of HTML forms, which OAuth2 (RFC 6749) uses.

use lyceum_kernel::Fault;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use validator::Validate;

use super::body::{check_content_type, describe_body};
use super::{deref, pairs};
use crate::describe::{Describe, Description};
use crate::json::value_faults;
use crate::problem::Problem;
use crate::route::{Extract, Incoming};

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// An `application/x-www-form-urlencoded` body. Fields that `T` does not have are ignored, as OAuth2 wants; a field given
/// twice is 422.
#[derive(Debug, Clone)]
pub struct Form<T>(pub T);
deref!(Form);

impl<T: DeserializeOwned + Validate + ToSchema + 'static> Extract for Form<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        check_content_type(incoming, &[URL_ENCODED])?;
        let body = incoming.body().await?;
        let text = std::str::from_utf8(&body)
            .map_err(|_| Problem::invalid(vec![Fault::new("", "encoding", "the body is not UTF-8 text")]))?;
        let (pairs, faults) = pairs::parse(text, "/");
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let value: T = pairs::read(&pairs).map_err(|mut fault| {
            if !fault.pointer.is_empty() && !fault.pointer.starts_with('/') {
                fault.pointer.insert(0, '/');
            }
            Problem::invalid(vec![fault])
        })?;
        match value.validate() {
            Ok(()) => Ok(Self(value)),
            Err(errors) => Err(Problem::invalid(value_faults(&errors))),
        }
    }
}

impl<T: ToSchema> Describe for Form<T> {
    fn describe(description: &mut Description) {
        let schema = description.schema_of::<T>();
        description.body(URL_ENCODED, schema);
        describe_body(description);
    }
}
