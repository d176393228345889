//! The API document and the pages that show it, all made from the route tables and from embedded files.

mod document;
mod harden;
mod pages;
mod problem_pages;
mod redoc;
mod static_file;
mod swagger;

pub(crate) use document::assemble;
pub(crate) use pages::pages;
