//! The route table of files. Each file has `routes()`; all of them are added here.

mod avatars;
mod browse;
mod direct;
mod objects;
mod transfer;

use std::sync::Arc;

use lyceum_web::{Route, Routes};

use crate::service::FilesService;

/// All routes of files, served by `service`.
pub fn routes(service: &Arc<FilesService>) -> Routes {
    let files = [transfer::routes(), browse::routes(), direct::routes(), objects::routes(), avatars::routes()];
    let table = Routes::new("files", "Files and pictures of people.").state(Arc::clone(service));
    files.into_iter().flatten().fold(table, Routes::add)
}

/// What any route can say that moves bytes.
fn moves_bytes(route: Route) -> Route {
    route.problem("store-unavailable", 503, "The store of files is away; everything else works.")
}

/// What any route can say that takes a file.
fn takes_a_file(route: Route) -> Route {
    moves_bytes(route)
        .problem("body-too-large", 413, "The file is larger than files may be.")
        .problem(
            "too-many-pixels",
            413,
            "The picture has more pixels than anybody decodes: 64 million, or 20,000 on a side.",
        )
        .problem("content-mismatch", 415, "The bytes are not of the type that was announced.")
        .problem("program-refused", 415, "Programs are not taken.")
        .problem("archive-bomb", 415, "The archive unpacks to more than is taken.")
}
