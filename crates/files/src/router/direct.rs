//! Bytes straight to and from the store.

use lyceum_kernel::FileId;
use lyceum_web::{Authenticated, Caller, Committed, Json, PathId, Query, Route, State, UnitOfWork, Valid, get, post};
use serde_json::json;

use super::{moves_bytes, takes_a_file};
use crate::dto::{File, PartUrl, PartsRequest, PresignRequest, Presigned, SignQuery, SignedUrl};
use crate::error::FilesError;
use crate::perm::FileCreate;
use crate::service::FilesService;

pub(super) fn routes() -> Vec<Route> {
    vec![presign_route(), parts_route(), complete_route(), sign_route()]
}

fn presign_route() -> Route {
    post("/v1/files/presign", presign_upload)
        .summary("Announce an upload")
        .describe(
            "Takes room for a file and gives a URL, good for five minutes at most, to which just these bytes can be sent: `PUT` with the headers \
             as they are given. Files of more than 64 MiB come in parts: the answer says how many, and `POST /v1/files/{id}/parts` gives \
             their URLs. `POST /v1/files/{id}/complete` makes a file of what has arrived; until then it is there for nobody. An upload \
             that is not completed within a day is forgotten.",
        )
        .idempotency_exempt()
        .status(201)
        .example(json!({"filename": "Timetable.pdf", "content_type": "application/pdf", "size": 48213}))
        .problem("school-needed", 403, "There is no active school.")
        .problem("body-too-large", 413, "The file is larger than the deployment takes.")
        .problem("quota-exceeded", 409, "The files of the person, or of the school, come to as much as they may.")
}

async fn presign_upload(
    caller: Caller<FileCreate>,
    service: State<FilesService>,
    work: UnitOfWork,
    form: Valid<PresignRequest>,
) -> Result<Committed<Presigned>, FilesError> {
    service.presign(&caller, work, form.into_inner()).await
}

fn parts_route() -> Route {
    moves_bytes(post("/v1/files/{id}/parts", sign_parts))
        .summary("Get URLs for parts of an upload")
        .describe("For an upload of one's own that comes in parts. Parts may be sent in any order, at once, and again.")
        .idempotency_exempt()
        .problem("upload-over", 409, "The upload is complete, or was refused.")
        .problem("no-such-part", 409, "The upload has no part with such a number, or does not come in parts.")
        .problem("stale", 412, "Somebody changed it at the same moment.")
}

async fn sign_parts(
    caller: Caller<FileCreate>,
    service: State<FilesService>,
    work: UnitOfWork,
    id: PathId<FileId>,
    form: Valid<PartsRequest>,
) -> Result<Committed<Vec<PartUrl>>, FilesError> {
    service.sign_parts(&caller, work, (id.0, form.into_inner().numbers)).await
}

fn complete_route() -> Route {
    takes_a_file(post("/v1/files/{id}/complete", complete_upload))
        .summary("Complete an upload")
        .describe(
            "Looks at what has arrived: size, SHA-256, type. What is as it was announced becomes a file; an upload in parts is looked at by a \
             job (202), and its `state` tells the outcome. What is not is refused, for good. A file that is complete is answered as it is.",
        )
        .also(202, "Accepted: it is being looked at. `GET /v1/files/{id}/metadata` tells how far that is.")
        .versioned()
        .problem("upload-incomplete", 409, "Not all bytes have arrived. Send them and try again.")
        .problem("upload-over", 409, "The upload was refused.")
        .problem("quota-exceeded", 409, "The files of the person, or of the school, come to as much as they may.")
        .problem("stale", 412, "Somebody completed it at the same moment.")
        .problem("size-mismatch", 422, "There are not as many bytes as were announced.")
        .problem("checksum-mismatch", 422, "The bytes have another SHA-256 than was announced.")
}

async fn complete_upload(
    caller: Caller<FileCreate>,
    service: State<FilesService>,
    work: UnitOfWork,
    id: PathId<FileId>,
) -> Result<Committed<File>, FilesError> {
    service.0.complete(&caller, work, id.0).await
}

fn sign_route() -> Route {
    get("/v1/storage/sign", sign_download)
        .summary("Get a URL for downloading straight from the store")
        .describe("For the `key` of a file that the caller may read. The URL is good for five minutes at most, for whoever holds it.")
        .problem("not-found", 404, "There is no such file, or the caller may not read it.")
}

async fn sign_download(
    caller: Authenticated,
    service: State<FilesService>,
    query: Query<SignQuery>,
) -> Result<Json<SignedUrl>, FilesError> {
    service.sign(&caller, &query.key).await.map(Json::new)
}
