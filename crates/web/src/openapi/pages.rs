//! The program's own pages: the documents where the configuration shows them, and the explanations of problems always.

use std::sync::Arc;

use actix_web::HttpRequest;
use bytes::Bytes;

use super::problem_pages::ProblemPages;
use super::static_file::StaticFile;
use super::{redoc, swagger};
use crate::edge::Page;
use crate::route::RouteInfo;

/// Styles are in the page, known by nothing but their being there; no script at all.
pub(super) const PLAIN_PAGE: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// All pages by path.
pub(crate) fn pages(document: &Bytes, table: &[RouteInfo], documents: bool) -> Vec<(&'static str, Page)> {
    let mut files = Vec::new();
    if documents {
        files.push(("/openapi.json", StaticFile::new("application/json", document.clone())));
        files.extend(swagger::files());
        files.extend(redoc::files());
    }
    let index = if documents {
        include_str!("../../assets/pages/index.html")
    } else {
        include_str!("../../assets/pages/index_bare.html")
    };
    files.push(("/", StaticFile::new("text/html; charset=utf-8", index.as_bytes()).policy(PLAIN_PAGE)));
    let mut pages: Vec<(&'static str, Page)> = Vec::new();
    for (path, file) in files {
        pages.push((path, Arc::new(move |request: &HttpRequest| file.respond(request))));
    }
    let problems = Arc::new(ProblemPages::new(table));
    let list = Arc::clone(&problems);
    pages.push(("/problems", Arc::new(move |request: &HttpRequest| list.list(request))));
    pages.push(("/problems/{code}", Arc::new(move |request: &HttpRequest| problems.show(request))));
    pages
}
