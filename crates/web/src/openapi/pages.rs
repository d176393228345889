//! The program's own pages: the documents where the configuration shows them, and the explanations of problems always.

use std::future::ready;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};

use super::documents::{Documents, Written};
use super::static_file::StaticFile;
use super::{redoc, swagger};
use crate::edge::Page;

/// Styles are in the page, known by nothing but their being there; no script at all.
pub(super) const PLAIN_PAGE: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// All pages by path; with `shown`, those of the API document too.
pub(crate) fn pages(documents: &Documents, shown: bool) -> Vec<(&'static str, Page)> {
    let mut pages: Vec<(&'static str, Page)> = Vec::new();
    let mut files = Vec::new();
    if shown {
        pages.push(("/openapi.json", written(documents, |written, request| written.file.respond(request))));
        pages.push(("/asyncapi.json", written(documents, |written, request| written.sockets.respond(request))));
        files.extend(swagger::files());
        files.extend(redoc::files());
    }
    let index = if shown {
        include_str!("../../assets/pages/index.html")
    } else {
        include_str!("../../assets/pages/index_bare.html")
    };
    files.push(("/", StaticFile::new("text/html; charset=utf-8", index.as_bytes()).policy(PLAIN_PAGE)));
    for (path, file) in files {
        pages.push((path, Arc::new(move |request: &HttpRequest| Box::pin(ready(file.respond(request))))));
    }
    pages.push(("/problems", written(documents, |written, request| written.problems.list(request))));
    pages.push(("/problems/{code}", written(documents, |written, request| written.problems.show(request))));
    pages
}

/// A page of what is told about the routes.
fn written(documents: &Documents, show: fn(&Written, &HttpRequest) -> HttpResponse) -> Page {
    let documents = documents.clone();
    Arc::new(move |request: &HttpRequest| {
        let (documents, request) = (documents.clone(), request.clone());
        Box::pin(async move {
            match documents.for_request(&request).await {
                Ok(written) => show(written, &request),
                Err(refusal) => refusal,
            }
        })
    })
}
