//! Answers that are not JSON.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use super::Reply;
use super::json::NO_STORE;
use crate::describe::{Describe, Description};
use crate::problem::Problem;
use crate::route::Incoming;

/// 204: done, and nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoContent;

impl Reply for NoContent {
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        Ok(HttpResponse::new(StatusCode::NO_CONTENT))
    }
}

impl Describe for NoContent {
    fn describe(description: &mut Description) {
        description.success(204, "Done.");
    }
}

/// Plain text in UTF-8, 200.
#[derive(Debug, Clone)]
pub struct Text(pub String);

impl Reply for Text {
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        let mut response = HttpResponse::with_body(StatusCode::OK, actix_web::body::BoxBody::new(self.0));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
        Ok(response)
    }
}

impl Describe for Text {
    fn describe(description: &mut Description) {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        description.success_with(200, "Success.", "text/plain; charset=utf-8", RefOr::T(Schema::Object(text)));
    }
}
