//! Deletion and restoration: one mark for all that went at one stroke, over the whole tree beneath a course.

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, CourseId, SchoolId, Scope, SectionId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::model::{Kept, ScopedTable, block, course, course_search, rating, section};

/// Marks as deleted what of a table is beneath the course, still there and matches; raises no versions.
async fn mark<E: Kept>(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    which: Condition,
    (mark, now): (Uuid, DateTime<Utc>),
) -> Result<(), DbErr> {
    E::scoped_update(Scope::School(school))
        .col_expr(E::DELETED_AT, Expr::value(now))
        .col_expr(E::DELETION, Expr::value(mark))
        .filter(E::COURSE.eq(course))
        .filter(E::DELETED_AT.is_null())
        .filter(which)
        .exec(db)
        .await?;
    Ok(())
}

/// Takes a mark away from everything of a table beneath the course that has it.
async fn unmark<E: Kept>(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    mark: Uuid,
) -> Result<(), DbErr> {
    E::scoped_update(Scope::School(school))
        .col_expr(E::DELETED_AT, Expr::value(None::<DateTime<Utc>>))
        .col_expr(E::DELETION, Expr::value(None::<Uuid>))
        .filter(E::COURSE.eq(course))
        .filter(E::DELETION.eq(mark))
        .exec(db)
        .await?;
    Ok(())
}

/// What is deleted at one stroke.
#[derive(Debug, Clone, Copy)]
pub enum Tree {
    /// A course and everything in it.
    Course,
    /// A section and its blocks.
    Section(SectionId),
    /// A block.
    Block(BlockId),
}

/// Deletes beneath a course, softly; the course's own row only with [`Tree::Course`].
pub async fn delete(
    db: &impl ConnectionTrait,
    place: (SchoolId, CourseId),
    tree: Tree,
    stroke: (Uuid, DateTime<Utc>),
) -> Result<(), DbErr> {
    let all = Condition::all;
    let found = match tree {
        Tree::Course => {
            mark::<course::Entity>(db, place, all(), stroke).await?;
            mark::<section::Entity>(db, place, all(), stroke).await?;
            mark::<block::Entity>(db, place, all(), stroke).await?;
            mark::<rating::Entity>(db, place, all(), stroke).await?;
            all()
        }
        Tree::Section(id) => {
            mark::<section::Entity>(db, place, all().add(section::Column::Id.eq(id)), stroke).await?;
            mark::<block::Entity>(db, place, all().add(block::Column::SectionId.eq(id)), stroke).await?;
            all().add(course_search::Column::SectionId.eq(id))
        }
        Tree::Block(id) => {
            mark::<block::Entity>(db, place, all().add(block::Column::Id.eq(id)), stroke).await?;
            all().add(course_search::Column::BlockId.eq(id))
        }
    };
    course_search::Entity::scoped_update(Scope::School(place.0))
        .col_expr(course_search::Column::DeletionId, Expr::value(stroke.0))
        .filter(course_search::Column::CourseId.eq(place.1))
        .filter(course_search::Column::DeletionId.is_null())
        .filter(found)
        .exec(db)
        .await?;
    Ok(())
}

/// Brings back everything beneath a course that carries a mark, the course's own row among it.
pub async fn restore(db: &impl ConnectionTrait, place: (SchoolId, CourseId), mark: Uuid) -> Result<(), DbErr> {
    unmark::<course::Entity>(db, place, mark).await?;
    unmark::<section::Entity>(db, place, mark).await?;
    unmark::<block::Entity>(db, place, mark).await?;
    unmark::<rating::Entity>(db, place, mark).await?;
    course_search::Entity::scoped_update(Scope::School(place.0))
        .col_expr(course_search::Column::DeletionId, Expr::value(None::<Uuid>))
        .filter(course_search::Column::CourseId.eq(place.1))
        .filter(course_search::Column::DeletionId.eq(mark))
        .exec(db)
        .await?;
    Ok(())
}

/// The blocks of a course that carry a mark.
pub async fn blocks_marked(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    mark: Uuid,
) -> Result<Vec<BlockId>, DbErr> {
    block::Entity::scoped(Scope::School(school))
        .filter(block::Column::CourseId.eq(course))
        .filter(block::Column::DeletionId.eq(mark))
        .order_by_asc(block::Column::Id)
        .select_only()
        .column(block::Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// Courses that were deleted before a moment, of all schools, oldest first.
pub async fn courses_deleted_before(
    db: &impl ConnectionTrait,
    moment: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<course::Model>, DbErr> {
    course::Entity::scoped(Scope::Platform)
        .filter(course::Column::DeletedAt.lt(moment))
        .order_by_asc(course::Column::DeletedAt)
        .limit(limit)
        .all(db)
        .await
}

/// Deletes a course for good that was deleted before a moment, and what is beneath it with it. False if it was restored meanwhile.
pub async fn purge_course(
    db: &impl ConnectionTrait,
    (school, id): (SchoolId, CourseId),
    moment: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = course::Entity::scoped_delete(Scope::School(school))
        .filter(course::Column::Id.eq(id))
        .filter(course::Column::DeletedAt.lt(moment))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Deletes for good sections, blocks and ratings that were deleted before a moment, some of each; whether there may be more.
pub async fn purge_parts(db: &impl ConnectionTrait, moment: DateTime<Utc>, limit: u64) -> Result<bool, DbErr> {
    let blocks = purge::<block::Entity>(db, moment, limit).await?;
    let sections = purge::<section::Entity>(db, moment, limit).await?;
    let ratings = purge::<rating::Entity>(db, moment, limit).await?;
    Ok([blocks, sections, ratings].into_iter().any(|deleted| deleted >= limit))
}

async fn purge<E: Kept>(db: &impl ConnectionTrait, moment: DateTime<Utc>, limit: u64) -> Result<u64, DbErr> {
    let old: Vec<(SchoolId, Uuid)> = E::scoped(Scope::Platform)
        .filter(E::DELETED_AT.lt(moment))
        .limit(limit)
        .select_only()
        .column(E::SCHOOL)
        .column(E::ID)
        .into_tuple()
        .all(db)
        .await?;
    let mut schools: Vec<_> = old.iter().map(|(school, _)| *school).collect();
    schools.sort_unstable();
    schools.dedup();
    for school in schools {
        let ids: Vec<_> = old.iter().filter(|(of, _)| *of == school).map(|(_, id)| *id).collect();
        course_search::Entity::scoped_delete(Scope::School(school))
            .filter(
                Condition::any()
                    .add(course_search::Column::TargetId.is_in(ids.iter().copied()))
                    .add(course_search::Column::SectionId.is_in(ids.iter().copied())),
            )
            .exec(db)
            .await?;
        E::scoped_delete(Scope::School(school)).filter(E::ID.is_in(ids)).exec(db).await?;
    }
    Ok(old.len() as u64)
}
