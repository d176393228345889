//! A page of a list: a bare array, with `Link` while there is more (RFC 8288).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use lyceum_kernel::{Cursor, Page};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Schema, Type};

use super::Reply;
use super::json::{JSON, NO_STORE, to_bytes};
use crate::describe::{Describe, Description, header as header_doc};
use crate::extract::{MAX_LIMIT, encode_cursor};
use crate::problem::Problem;
use crate::route::Incoming;

const X_TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// A page of views.
#[derive(Debug, Clone)]
pub struct Listing<T>(pub Page<T>);

impl<T> From<Page<T>> for Listing<T> {
    fn from(page: Page<T>) -> Self {
        Self(page)
    }
}

impl<T: Serialize + ToSchema> Reply for Listing<T> {
    fn reply(self, incoming: &Incoming) -> Result<HttpResponse, Problem> {
        let Page { items, next, total } = self.0;
        let body = to_bytes(&items)?;
        let mut response = HttpResponse::with_body(StatusCode::OK, actix_web::body::BoxBody::new(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(header::CACHE_CONTROL, NO_STORE);
        if let Some(next) = next {
            let link = next_link(incoming, &next);
            let link =
                HeaderValue::try_from(link).map_err(|_| Problem::internal("a Link header is not a header value"))?;
            headers.insert(header::LINK, link);
        }
        if let Some(total) = total {
            headers.insert(X_TOTAL_COUNT, HeaderValue::from(total));
        }
        Ok(response)
    }
}

/// The request's own address with the cursor replaced.
fn next_link(incoming: &Incoming, next: &Cursor) -> String {
    let request = incoming.request();
    // Whatever could end the reference or the header early is escaped; a parsed URI holds none of it in its path.
    let mut query = String::with_capacity(request.query_string().len() + 64);
    for piece in request.query_string().split('&') {
        if !piece.is_empty() && piece != "cursor" && !piece.starts_with("cursor=") {
            query.push_str(&piece.replace('<', "%3C").replace('>', "%3E").replace('"', "%22"));
            query.push('&');
        }
    }
    query.push_str("cursor=");
    query.push_str(&encode_cursor(next));
    format!("<{}{}?{query}>; rel=\"next\"", incoming.web().public_url(), request.path())
}

impl<T: ToSchema> Describe for Listing<T> {
    fn describe(description: &mut Description) {
        let item = description.schema_of::<T>();
        let array = ArrayBuilder::new().items(item).max_items(Some(MAX_LIMIT as usize)).build();
        let schema = RefOr::T(Schema::Array(array));
        let response = description.success_with(200, "A page of the list.", "application/json", schema);
        let text = "`<…>; rel=\"next\"` while there is more: where the next page is.";
        response.headers.insert("Link".to_owned(), header_doc(text, Type::String));
        let text = "The number of all rows, where `total=true` asked for it.";
        response.headers.insert("X-Total-Count".to_owned(), header_doc(text, Type::Integer));
    }
}
