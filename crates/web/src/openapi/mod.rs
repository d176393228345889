//! The API document and the pages that show it, all made from the route tables and from embedded files.

mod document;
mod documents;
mod harden;
mod pages;
mod problem_pages;
mod redoc;
mod schemas;
mod sockets;
mod static_file;
mod swagger;

pub(crate) use documents::Documents;
pub(crate) use pages::pages;
