//! Answers that are documents, and bodies that are signed.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use bytes::Bytes;
use lyceum_web::describe::header as header_doc;
use lyceum_web::{Describe, Description, Extract, Incoming, Problem, Reply};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use crate::service::Drawn;

/// A PDF.
pub struct PdfFile(pub Drawn);

impl Reply for PdfFile {
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        let Drawn { bytes, name } = self.0;
        let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
        let disposition = disposition.map_err(|_| Problem::internal("a file's name is not a header value"))?;
        let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(bytes));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
        headers.insert(header::CONTENT_DISPOSITION, disposition);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }
}

impl Describe for PdfFile {
    fn describe(description: &mut Description) {
        let binary = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .build();
        let schema = RefOr::T(Schema::Object(binary));
        let response = description.success_with(200, "The document.", "application/pdf", schema);
        let text = "A name for the file.";
        response.headers.insert("Content-Disposition".to_owned(), header_doc(text, Type::String));
    }
}

/// A body as it was sent, with what `Stripe-Signature` says of it.
pub struct SignedBody {
    /// The very bytes.
    pub bytes: Bytes,
    /// The header; empty if there is none.
    pub signature: String,
}

const SIGNATURE: &str = "stripe-signature";

impl Extract for SignedBody {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let kind = incoming.header(&header::CONTENT_TYPE)?.unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let detail = "The body must be application/json in UTF-8.";
            return Err(Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail));
        }
        let signature = incoming.header(&header::HeaderName::from_static(SIGNATURE))?.unwrap_or_default();
        Ok(Self { bytes: incoming.body().await?, signature })
    }
}

impl Describe for SignedBody {
    fn describe(description: &mut Description) {
        let event = ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .description(Some("An event as Stripe sends it."))
            .build();
        description.body("application/json", RefOr::T(Schema::Object(event)));
        let signature = ObjectBuilder::new().schema_type(Type::String).build();
        let text = "`t=<seconds>,v1=<HMAC-SHA256 of the time, a dot and the body, in hex>`.";
        description.request_header("Stripe-Signature", text, signature);
        description.problem(400, "malformed-body", "The body broke off or was framed wrongly.");
        description.problem(400, "malformed-header", "A header is not what its specification says.");
        description.problem(413, "body-too-large", "The body is larger than the server takes.");
        description.problem(415, "unsupported-media-type", "The body is of another media type.");
        description.problem(415, "unsupported-encoding", "The body is compressed.");
    }
}
