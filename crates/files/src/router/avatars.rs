//! Pictures of people.

use lyceum_kernel::UserId;
use lyceum_web::{
    Authenticated, Committed, Download, Multipart, PathId, Problem, Ranges, Route, State, UnitOfWork, delete, get, put,
};

use serde_json::json;

use super::moves_bytes;
use crate::dto::{Avatar, UploadForm};
use crate::error::FilesError;
use crate::service::FilesService;

pub(super) fn routes() -> Vec<Route> {
    vec![put_route(), delete_route(), show_route()]
}

fn put_route() -> Route {
    moves_bytes(put("/v1/me/avatar", put_avatar))
        .summary("Change one's picture")
        .describe(
            "A form with one part, `file`: PNG, JPEG, GIF or WebP of at most 10 MiB. It is drawn anew, upright, without metadata and at most 512 \
             pixels on a side.",
        )
        .example(json!({"file": "the bytes"}))
        .problem("not-a-picture", 409, "The file is no picture, or one that cannot be decoded.")
        .problem("body-too-large", 413, "The file is larger than 10 MiB.")
        .problem("too-many-pixels", 413, "The picture has more than 64 million pixels, or more than 20,000 on a side.")
}

async fn put_avatar(
    caller: Authenticated,
    service: State<FilesService>,
    work: UnitOfWork,
    form: Multipart<UploadForm>,
) -> Result<Committed<Avatar>, Problem> {
    service.0.put_avatar(&caller, work, form).await
}

fn delete_route() -> Route {
    delete("/v1/me/avatar", delete_avatar).summary("Remove one's picture").describe("It is gone for good.").problem(
        "not-found",
        404,
        "There is none.",
    )
}

async fn delete_avatar(
    caller: Authenticated,
    service: State<FilesService>,
    work: UnitOfWork,
) -> Result<Committed<()>, FilesError> {
    service.delete_avatar(&caller, work).await
}

fn show_route() -> Route {
    moves_bytes(get("/v1/users/{id}/avatar", show_avatar))
        .summary("Show somebody's picture")
        .describe("One's own, or that of somebody in the active school.")
}

async fn show_avatar(
    caller: Authenticated,
    service: State<FilesService>,
    id: PathId<UserId>,
    ranges: Ranges,
) -> Result<Download, Problem> {
    service.show_avatar(&caller, id.0, &ranges).await
}
