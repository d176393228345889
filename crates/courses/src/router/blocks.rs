//! Routes of blocks.

use lyceum_kernel::{BlockId, SectionId};
use lyceum_web::{
    Authenticated, Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged,
    UnitOfWork, Valid, delete, get, patch, post, put,
};

use super::theirs;
use crate::dto::DeletedFilter;
use crate::dto::block::{Block, BlockOptions, BlockOrder, BlockSummary, OrderedBlocks, PatchBlock, PutBlock};
use crate::error::CourseError;
use crate::perm::CourseUpdate;
use crate::service::CoursesService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        list_route(),
        create_route(),
        order_route(),
        show_route(),
        replace_route(),
        patch_route(),
        delete_route(),
        restore_route(),
    ]
}

fn list_route() -> Route {
    get("/v1/sections/{id}/blocks", list_blocks)
        .summary("List the blocks of a section")
        .describe("In order, without their content, with what is locked for the caller and why.")
        .problem("not-allowed", 403, "Deleted ones are listed for those who may restore them.")
}

async fn list_blocks(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<SectionId>,
    filter: Query<DeletedFilter>,
    paging: Paging,
) -> Result<Listing<BlockSummary>, CourseError> {
    service.list_blocks(&caller, id.0, &filter, &paging).await.map(Listing)
}

/// What the values of a block can run into.
fn values(route: Route) -> Route {
    route
        .problem("block-incomplete", 409, "A link needs a `url`; a video and a document need a `url` or a `file_id`.")
        .problem("unknown-file", 409, "There is no such file, or the caller may not use it.")
        .problem("unknown-test", 409, "There is no such test, or it is not the caller's to use.")
        .problem("unknown-block", 409, "The release rule speaks of a block that is not in the course.")
        .problem("unknown-group", 409, "The release rule speaks of a group that is not in the school.")
        .problem("rule-too-large", 409, "The release rule has more than 4 levels or 32 conditions.")
        .problem("prerequisite-circle", 409, "The blocks would wait for each other.")
        .problem(
            "completion-unfit",
            409,
            "Only a quiz is completed by passing it, and only an assignment by handing it in.",
        )
        .problem("full", 409, "The section has 500 blocks.")
}

fn create_route() -> Route {
    theirs(values(post("/v1/sections/{id}/blocks", create_block)))
        .summary("Add a block to a section")
        .describe("At its end. The section's version rises. A section has at most 500 blocks.")
        .status(201)
        .versioned()
}

async fn create_block(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<SectionId>,
    form: Valid<PutBlock>,
) -> Result<Committed<Block>, CourseError> {
    service.create_block(&caller, work, (id.0, form.into_inner())).await
}

fn order_route() -> Route {
    theirs(put("/v1/sections/{id}/blocks/order", order_blocks))
        .summary("Order the blocks of a section")
        .describe(
            "All ids, each once, in the order they are to have. `If-Match` names the version of the section, which rises; so of two who \
             order at once the second is told.",
        )
        .problem("order-mismatch", 409, "The ids are not just those of the section's blocks.")
}

async fn order_blocks(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<SectionId>,
    if_match: IfMatch,
    form: Valid<BlockOrder>,
) -> Result<Committed<OrderedBlocks>, CourseError> {
    service.order_blocks(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn show_route() -> Route {
    get("/v1/blocks/{id}", show_block)
        .summary("Read a block")
        .describe(
            "With its content, unless its release rule keeps it from the caller: then `locked` says why, and the content is not there.",
        )
}

async fn show_block(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<BlockId>,
    options: Query<BlockOptions>,
) -> Result<Tagged<Block>, CourseError> {
    let (block, tag) = service.show_block(&caller, id.0, &options).await?;
    Ok(Json::new(block).etag(tag))
}

fn replace_route() -> Route {
    theirs(values(put("/v1/blocks/{id}", replace_block)))
        .summary("Replace a block")
        .describe("All that can be changed about a block; it stays where it is.")
}

async fn replace_block(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<BlockId>,
    if_match: IfMatch,
    form: Valid<PutBlock>,
) -> Result<Committed<Block>, CourseError> {
    service.replace_block(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    theirs(values(patch("/v1/blocks/{id}", patch_block)))
        .summary("Change a block")
        .describe(
            "A merge patch (RFC 7396). With `section_id` the block moves to the end of another section of the course.",
        )
        .problem("unknown-section", 409, "There is no such section in the course.")
}

async fn patch_block(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<BlockId>,
    if_match: IfMatch,
    form: Patch<PatchBlock>,
) -> Result<Committed<Block>, CourseError> {
    service.patch_block(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    theirs(delete("/v1/blocks/{id}", delete_block))
        .summary("Delete a block")
        .describe("Hides it; those behind it move up. It can be restored.")
}

async fn delete_block(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<BlockId>,
    if_match: IfMatch,
) -> Result<Committed<()>, CourseError> {
    service.delete_block(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    theirs(post("/v1/blocks/{id}/restore", restore_block))
        .summary("Restore a deleted block")
        .describe("Brings it back to where it stood.")
        .versioned()
        .problem("not-deleted", 409, "The block is not deleted.")
        .problem("parent-deleted", 409, "Its section is deleted: restore that first.")
        .problem("full", 409, "The section has 500 blocks.")
}

async fn restore_block(
    caller: Caller<CourseUpdate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<BlockId>,
) -> Result<Committed<Block>, CourseError> {
    service.restore_block(&caller, work, id.0).await
}
