//! Files as things with a name.

use lyceum_kernel::FileId;
use lyceum_web::{
    Authenticated, Caller, Committed, IfMatch, Json, Listing, Paging, PathId, PathParams, Query, Route, State, Tagged,
    UnitOfWork, delete, etag, get, post,
};

use crate::dto::{File, FileFilter, FileRef};
use crate::error::FilesError;
use crate::perm::FileCreate;
use crate::service::FilesService;

pub(super) fn routes() -> Vec<Route> {
    vec![list_route(), show_route(), delete_route(), restore_route()]
}

fn list_route() -> Route {
    get("/v1/files", list_files).summary("List files").describe(
        "One's own; all of the school for those who may read all (`file:read`), or with `deleted=only` delete all.",
    )
}

async fn list_files(
    caller: Authenticated,
    service: State<FilesService>,
    filter: Query<FileFilter>,
    paging: Paging,
) -> Result<Listing<File>, FilesError> {
    service.list_files(&caller, filter.into_inner(), &paging).await.map(Listing)
}

fn show_route() -> Route {
    get("/v1/files/{id}/metadata", show_file)
        .summary("Show what is known of a file")
        .describe("For those who may read it; its owner also sees how far an upload has come, and why one was refused.")
}

async fn show_file(
    caller: Authenticated,
    service: State<FilesService>,
    id: PathId<FileId>,
) -> Result<Tagged<File>, FilesError> {
    let file = service.show_file(&caller, id.0).await?;
    let tag = etag(crate::service::FILE, file.version);
    Ok(Json::new(file).etag(tag))
}

fn delete_route() -> Route {
    delete("/v1/files/{id}", delete_file)
        .summary("Delete a file")
        .describe("One's own, or with `file:delete` any that one may read. It can be restored for a while (30 days unless configured); until then \
                   it counts against the quotas.")
        .problem("not-yours", 403, "Somebody else uploaded it.")
}

async fn delete_file(
    caller: Caller<FileCreate>,
    service: State<FilesService>,
    work: UnitOfWork,
    id: PathParams<(FileRef,)>,
    if_match: IfMatch,
) -> Result<Committed<()>, FilesError> {
    let (FileRef(id),) = id.0;
    service.delete_file(&caller, work, &if_match, id).await
}

fn restore_route() -> Route {
    post("/v1/files/{id}/restore", restore_file)
        .summary("Restore a deleted file")
        .describe("For whoever uploaded it, or with `file:delete`.")
        .versioned()
        .problem("not-deleted", 409, "The file is not deleted.")
        .problem("stale", 412, "Somebody changed it at the same moment.")
}

async fn restore_file(
    caller: Caller<FileCreate>,
    service: State<FilesService>,
    work: UnitOfWork,
    id: PathId<FileId>,
) -> Result<Committed<File>, FilesError> {
    service.restore_file(&caller, work, id.0).await
}
