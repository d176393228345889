//! Queries on sections and blocks.

use lyceum_kernel::{BlockId, CourseId, Cursor, FileId, PageRequest, SchoolId, Scope, SectionId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel as _,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::error::CourseError;
use crate::model::{Ordered, ScopedTable, block, section};

/// A section that was not deleted.
pub async fn find_section(
    db: &impl ConnectionTrait,
    scope: Scope,
    id: SectionId,
) -> Result<Option<section::Model>, DbErr> {
    let living = section::Column::DeletedAt.is_null();
    section::Entity::scoped(scope).filter(section::Column::Id.eq(id)).filter(living).one(db).await
}

/// A section, deleted or not. Who is to change it holds its course.
pub async fn any_section(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: SectionId,
) -> Result<Option<section::Model>, DbErr> {
    section::Entity::scoped(Scope::School(school)).filter(section::Column::Id.eq(id)).one(db).await
}

/// A block that was not deleted.
pub async fn find_block(db: &impl ConnectionTrait, scope: Scope, id: BlockId) -> Result<Option<block::Model>, DbErr> {
    let living = block::Column::DeletedAt.is_null();
    block::Entity::scoped(scope).filter(block::Column::Id.eq(id)).filter(living).one(db).await
}

/// A block, deleted or not. Who is to change it holds its course.
pub async fn any_block(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: BlockId,
) -> Result<Option<block::Model>, DbErr> {
    block::Entity::scoped(Scope::School(school)).filter(block::Column::Id.eq(id)).one(db).await
}

/// All sections of a course, in order.
pub async fn sections(
    db: &impl ConnectionTrait,
    school: SchoolId,
    course: CourseId,
) -> Result<Vec<section::Model>, DbErr> {
    section::Entity::scoped(Scope::School(school))
        .filter(section::Column::CourseId.eq(course))
        .filter(section::Column::DeletedAt.is_null())
        .order_by_asc(section::Column::Position)
        .all(db)
        .await
}

/// All blocks of a course without their texts, by place in their section.
pub async fn briefs(db: &impl ConnectionTrait, school: SchoolId, course: CourseId) -> Result<Vec<block::Brief>, DbErr> {
    brief(
        block::Entity::scoped(Scope::School(school))
            .filter(block::Column::CourseId.eq(course))
            .filter(block::Column::DeletedAt.is_null())
            .order_by_asc(block::Column::Position),
    )
    .into_model()
    .all(db)
    .await
}

fn brief(select: Select<block::Entity>) -> Select<block::Entity> {
    use block::Column as C;
    select.select_only().columns([
        C::Id,
        C::SectionId,
        C::Position,
        C::Kind,
        C::Title,
        C::Description,
        C::Release,
        C::Completion,
        C::Version,
        C::CreatedAt,
        C::UpdatedAt,
        C::DeletedAt,
    ])
}

/// All blocks of a course with their texts: to make a copy of.
pub async fn blocks(db: &impl ConnectionTrait, school: SchoolId, course: CourseId) -> Result<Vec<block::Model>, DbErr> {
    block::Entity::scoped(Scope::School(school))
        .filter(block::Column::CourseId.eq(course))
        .filter(block::Column::DeletedAt.is_null())
        .order_by_asc(block::Column::Position)
        .all(db)
        .await
}

/// How many sections a course has that were not deleted, or blocks a section.
pub async fn count<E: Ordered>(db: &impl ConnectionTrait, school: SchoolId, parent: uuid::Uuid) -> Result<i32, DbErr>
where
    E::Model: Sync,
{
    let living = E::scoped(Scope::School(school)).filter(E::PARENT.eq(parent)).filter(E::DELETED_AT.is_null());
    Ok(i32::try_from(living.count(db).await?).unwrap_or(i32::MAX))
}

/// The place in the order that a cursor names, as its key.
pub fn place_cursor(id: uuid::Uuid, place: i32) -> Cursor {
    Cursor { id, key: place.to_be_bytes().to_vec() }
}

/// One page of what stands beneath a parent, in order; of the deleted ones by id.
fn page_beneath<E: Ordered>(
    school: SchoolId,
    parent: uuid::Uuid,
    deleted: bool,
    request: &PageRequest,
) -> (Select<E>, Select<E>) {
    let living = if deleted { E::DELETED_AT.is_not_null() } else { E::DELETED_AT.is_null() };
    let all = E::scoped(Scope::School(school)).filter(E::PARENT.eq(parent)).filter(living);
    let mut page = all.clone().limit(request.fetch());
    page = if deleted { page.order_by_asc(E::ID) } else { page.order_by_asc(E::POSITION) };
    if let Some(cursor) = &request.cursor {
        let place = <[u8; 4]>::try_from(cursor.key.as_slice()).map_or(-1, i32::from_be_bytes);
        page = page.filter(if deleted { E::ID.gt(cursor.id) } else { E::POSITION.gt(place) });
    }
    (page, all)
}

/// One page of the sections of a course, in order, and how many there are if that was asked.
pub async fn section_page(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    deleted: bool,
    request: &PageRequest,
) -> Result<(Vec<section::Model>, Option<u64>), DbErr> {
    let (page, all) = page_beneath::<section::Entity>(school, course.uuid(), deleted, request);
    let total = if request.total { Some(all.count(db).await?) } else { None };
    Ok((page.all(db).await?, total))
}

/// One page of the blocks of a section without their texts, in order, and how many there are if that was asked.
pub async fn block_page(
    db: &impl ConnectionTrait,
    (school, section): (SchoolId, SectionId),
    deleted: bool,
    request: &PageRequest,
) -> Result<(Vec<block::Brief>, Option<u64>), DbErr> {
    let (page, all) = page_beneath::<block::Entity>(school, section.uuid(), deleted, request);
    let total = if request.total { Some(all.count(db).await?) } else { None };
    Ok((brief(page).into_model().all(db).await?, total))
}

/// Inserts a section.
pub async fn insert_section(db: &impl ConnectionTrait, row: &section::Model) -> Result<(), CourseError> {
    let row = row.clone().into_active_model().reset_all();
    section::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Inserts a block.
pub async fn insert_block(db: &impl ConnectionTrait, row: &block::Model) -> Result<(), CourseError> {
    let row = row.clone().into_active_model().reset_all();
    block::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Puts a block into another section. Its version rises with what else changes about it.
pub async fn relocate(
    db: &impl ConnectionTrait,
    (school, id): (SchoolId, BlockId),
    to: SectionId,
    position: i32,
) -> Result<(), DbErr> {
    block::Entity::scoped_update(Scope::School(school))
        .col_expr(block::Column::SectionId, Expr::value(to))
        .col_expr(block::Column::Position, Expr::value(position))
        .filter(block::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// A block with a file or an address: what a list of materials shows.
pub async fn material_page(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    request: &PageRequest,
) -> Result<(Vec<block::Model>, Option<u64>), DbErr> {
    let all = block::Entity::scoped(Scope::School(school))
        .filter(block::Column::CourseId.eq(course))
        .filter(block::Column::DeletedAt.is_null())
        .filter(
            Condition::any()
                .add(block::Column::FileId.is_not_null())
                .add(block::Column::Kind.is_in([block::Kind::Document, block::Kind::Link])),
        );
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(block::Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(block::Column::Id.gt(BlockId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// The blocks, not deleted, that a file hangs on.
pub async fn blocks_of_file(
    db: &impl ConnectionTrait,
    school: SchoolId,
    file: FileId,
) -> Result<Vec<block::Model>, DbErr> {
    block::Entity::scoped(Scope::School(school))
        .filter(block::Column::FileId.eq(file))
        .filter(block::Column::DeletedAt.is_null())
        .order_by_asc(block::Column::Id)
        .limit(200)
        .all(db)
        .await
}

/// The blocks, not deleted, that a file hangs on, within a scope.
pub async fn blocks_with_file(
    db: &impl ConnectionTrait,
    scope: Scope,
    file: FileId,
) -> Result<Vec<block::Model>, DbErr> {
    block::Entity::scoped(scope)
        .filter(block::Column::FileId.eq(file))
        .filter(block::Column::DeletedAt.is_null())
        .order_by_asc(block::Column::Id)
        .limit(20)
        .all(db)
        .await
}

/// The blocks, not deleted, that a test is in.
pub async fn blocks_with_test(
    db: &impl ConnectionTrait,
    school: SchoolId,
    test: uuid::Uuid,
) -> Result<Vec<(BlockId, CourseId, block::Completion)>, DbErr> {
    use block::Column as C;
    block::Entity::scoped(Scope::School(school))
        .filter(C::TestId.eq(test))
        .filter(C::DeletedAt.is_null())
        .order_by_asc(C::Id)
        .limit(200)
        .select_only()
        .columns([C::Id, C::CourseId, C::Completion])
        .into_tuple()
        .all(db)
        .await
}

/// Whether a file hangs on a block, deleted or not.
pub async fn any_holds(db: &impl ConnectionTrait, school: SchoolId, file: FileId) -> Result<bool, DbErr> {
    let found = block::Entity::scoped(Scope::School(school)).filter(block::Column::FileId.eq(file)).limit(1);
    let found: Option<BlockId> = found.select_only().column(block::Column::Id).into_tuple().one(db).await?;
    Ok(found.is_some())
}

/// The places of the sections of some courses.
pub async fn section_places(
    db: &impl ConnectionTrait,
    school: SchoolId,
    courses: &[CourseId],
) -> Result<Vec<(SectionId, i32)>, DbErr> {
    section::Entity::scoped(Scope::School(school))
        .filter(section::Column::CourseId.is_in(courses.iter().copied()))
        .filter(section::Column::DeletedAt.is_null())
        .select_only()
        .columns([section::Column::Id, section::Column::Position])
        .into_tuple()
        .all(db)
        .await
}

/// The blocks of some courses: course, section, place in it, block.
pub async fn block_places(
    db: &impl ConnectionTrait,
    school: SchoolId,
    courses: &[CourseId],
) -> Result<Vec<(CourseId, SectionId, i32, BlockId)>, DbErr> {
    use block::Column as C;
    block::Entity::scoped(Scope::School(school))
        .filter(C::CourseId.is_in(courses.iter().copied()))
        .filter(C::DeletedAt.is_null())
        .select_only()
        .columns([C::CourseId, C::SectionId, C::Position, C::Id])
        .into_tuple()
        .all(db)
        .await
}
