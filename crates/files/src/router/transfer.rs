//! Bytes through the program.

use lyceum_web::{
    Authenticated, Caller, Committed, Download, Multipart, PathParams, Problem, Query, Ranges, Route, State,
    UnitOfWork, get, post,
};

use serde_json::json;

use super::{moves_bytes, takes_a_file};
use crate::dto::{DownloadQuery, File, FileRef, UploadForm};
use crate::perm::FileCreate;
use crate::service::FilesService;

pub(super) fn routes() -> Vec<Route> {
    vec![upload_route(), download_route()]
}

fn upload_route() -> Route {
    takes_a_file(post("/v1/files/upload", upload_file))
        .summary("Upload a file")
        .describe(
            "A form with one part, `file`, of any length up to the deployment's limit (5 GiB). It is streamed: it is never whole in memory, \
             and hashed and counted on its way. Its media type is told by its bytes, and must be the part's `Content-Type` if that \
             says more than `application/octet-stream`. While bytes keep coming the request may take as long as it likes. \
             `Idempotency-Key` is not honoured.",
        )
        .idempotency_exempt()
        .example(json!({"file": "the bytes"}))
        .status(201)
        .versioned()
        .problem("school-needed", 403, "There is no active school.")
        .problem("quota-exceeded", 409, "The files of the person, or of the school, come to as much as they may.")
}

async fn upload_file(
    caller: Caller<FileCreate>,
    service: State<FilesService>,
    work: UnitOfWork,
    form: Multipart<UploadForm>,
) -> Result<Committed<File>, Problem> {
    service.0.upload(&caller, work, form).await
}

fn download_route() -> Route {
    moves_bytes(get("/v1/files/{id}", download_file))
        .summary("Download a file")
        .describe(
            "The bytes, by the file's id or its stored name. They may be read by whoever uploaded them, by staff who may read all files, \
             and by those who may see what the file hangs on. `ETag` is the SHA-256.",
        )
}

async fn download_file(
    caller: Authenticated,
    service: State<FilesService>,
    id: PathParams<(FileRef,)>,
    query: Query<DownloadQuery>,
    ranges: Ranges,
) -> Result<Download, Problem> {
    let (FileRef(id),) = id.0;
    service.download(&caller, id, &query, &ranges).await
}
