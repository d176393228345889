//! What is told about the routes, written when somebody first asks: a server that nobody asks holds and reads none of it.

use std::sync::{Arc, OnceLock};

use actix_web::HttpRequest;
use actix_web::web::block;
use bytes::Bytes;

use super::document::assemble;
use super::problem_pages::ProblemPages;
use super::sockets;
use super::static_file::StaticFile;
use crate::app::TableFaults;
use crate::problem::Problem;
use crate::route::Routes;

/// The documents of some route tables. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Documents(Arc<Shelf>);

struct Shelf {
    tables: Vec<Routes>,
    written: OnceLock<Result<Written, TableFaults>>,
}

/// The documents, written.
pub(crate) struct Written {
    /// OpenAPI 3.1, in JSON.
    pub(crate) document: Bytes,
    /// The same, to be served.
    pub(super) file: StaticFile,
    /// `AsyncAPI` 3.0, to be served.
    pub(super) sockets: StaticFile,
    /// What problems mean.
    pub(super) problems: ProblemPages,
}

impl Documents {
    pub(crate) fn of(tables: Vec<Routes>) -> Self {
        Self(Arc::new(Shelf { tables, written: OnceLock::new() }))
    }

    /// The documents. Writing them takes some tens of milliseconds, once.
    ///
    /// # Errors
    /// What is wrong with the tables.
    pub(crate) fn written(&self) -> Result<&Written, &TableFaults> {
        let Shelf { tables, written } = &*self.0;
        written.get_or_init(|| write(tables).map_err(TableFaults)).as_ref()
    }

    /// The documents for a request, written elsewhere than on its thread.
    pub(super) async fn for_request(&self, request: &HttpRequest) -> Result<&Written, actix_web::HttpResponse> {
        if self.0.written.get().is_none() {
            let elsewhere = self.clone();
            // Should it fail to run there, it is written here.
            let _ = block(move || elsewhere.written().is_ok()).await;
        }
        self.written().map_err(|faults| {
            tracing::error!(%faults, "the API document cannot be written");
            Problem::internal("the API document cannot be written").respond(request)
        })
    }
}

fn write(tables: &[Routes]) -> Result<Written, Vec<String>> {
    let (document, causes) = assemble(tables)?;
    let sockets = sockets::assemble(tables)?;
    let file = StaticFile::new("application/json", document.clone());
    let sockets = StaticFile::new("application/json", sockets);
    Ok(Written { document, file, sockets, problems: ProblemPages::new(&causes) })
}
