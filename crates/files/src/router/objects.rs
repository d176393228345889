//! The signed URLs of a store that is a folder.

use serde_json::json;

use super::moves_bytes;
use crate::dto::GrantQuery;
use crate::dto::{ObjectId, OwnerId};
use crate::service::FilesService;
use crate::store::Key;
use lyceum_web::{ByteStream, Download, NoContent, PathParams, Problem, Public, Query, Ranges, Route, State, get, put};

const OBJECT: &str = "/v1/storage/objects/{owner}/{object}";

pub(super) fn routes() -> Vec<Route> {
    vec![get_route(), put_route()]
}

fn signed(route: Route) -> Route {
    moves_bytes(route).problem(
        "bad-signature",
        403,
        "The signature is not good for this key, method, length or type, or has expired; or the store is not a folder.",
    )
}

fn get_route() -> Route {
    signed(get(OBJECT, get_object))
        .summary("Download by a signed URL")
        .describe("Where the store is a folder, `GET /v1/storage/sign` leads here. Only its URLs are good.")
}

async fn get_object(
    _: Public,
    service: State<FilesService>,
    key: PathParams<(OwnerId, ObjectId)>,
    query: Query<GrantQuery>,
    ranges: Ranges,
) -> Result<Download, Problem> {
    let (owner, object) = key.0;
    service.get_object(Key { owner: owner.0, object: object.0 }, &query, &ranges).await
}

fn put_route() -> Route {
    signed(put(OBJECT, put_object))
        .summary("Upload by a signed URL")
        .describe("Where the store is a folder, `POST /v1/files/presign` and `POST /v1/files/{id}/parts` lead here. Only their URLs are good.")
        .example(json!("the bytes"))
        .problem("upload-over", 409, "The upload is complete, or was forgotten.")
        .problem("size-mismatch", 422, "There are not as many bytes as were announced.")
        .problem("checksum-mismatch", 422, "The bytes have another SHA-256 than was announced.")
}

async fn put_object(
    _: Public,
    service: State<FilesService>,
    key: PathParams<(OwnerId, ObjectId)>,
    query: Query<GrantQuery>,
    body: ByteStream,
) -> Result<NoContent, Problem> {
    let (owner, object) = key.0;
    service.put_object(Key { owner: owner.0, object: object.0 }, &query, body).await?;
    Ok(NoContent)
}
