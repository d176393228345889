//! Queries on completions.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, CourseId, EnrollmentId, PageRequest, SchoolId, Scope, UserId};
use sea_orm::sea_query::{Expr, OnConflict, SelectStatement};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel as _, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _, Select,
    TryInsertResult,
};

use crate::error::EnrollmentError;
use crate::model::completion::{Column, CompletionId, Entity, Model};
use crate::model::{ScopedTable, enrollment};

/// Enrolments in which somebody takes part: completions of others are not there.
fn taking_part(scope: Scope) -> SelectStatement {
    use enrollment::Column as C;
    enrollment::Entity::scoped(scope)
        .select_only()
        .column(C::Id)
        .filter(C::DeletedAt.is_null())
        .filter(C::Status.is_in([enrollment::Status::Active, enrollment::Status::Completed]))
        .into_query()
}

/// A completion, taken back or not, of somebody who takes part in its course.
pub async fn any(db: &impl ConnectionTrait, scope: Scope, id: CompletionId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope)
        .filter(Column::Id.eq(id))
        .filter(Column::EnrollmentId.in_subquery(taking_part(scope)))
        .one(db)
        .await
}

/// The completion of a block by an enrolment, taken back or not.
pub async fn of_block(
    db: &impl ConnectionTrait,
    (school, enrollment): (SchoolId, EnrollmentId),
    block: BlockId,
) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::EnrollmentId.eq(enrollment))
        .filter(Column::BlockId.eq(block))
        .one(db)
        .await
}

/// The same, locked until the transaction ends.
pub async fn hold(
    db: &impl ConnectionTrait,
    (school, enrollment): (SchoolId, EnrollmentId),
    block: BlockId,
) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::EnrollmentId.eq(enrollment))
        .filter(Column::BlockId.eq(block))
        .lock_exclusive()
        .one(db)
        .await
}

/// Inserts a completion unless the enrolment has one of the block, taken back or not; whether it did.
pub async fn insert(db: &impl ConnectionTrait, row: &Model) -> Result<bool, DbErr> {
    let there = OnConflict::columns([Column::SchoolId, Column::EnrollmentId, Column::BlockId]).do_nothing().to_owned();
    let inserted = Entity::insert(row.clone().into_active_model().reset_all())
        .on_conflict(there)
        .try_insert()
        .exec_without_returning(db)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
}

/// Writes what can change about a completion, if nobody else has changed it since it was read; raises its version.
///
/// # Errors
/// [`EnrollmentError::Stale`].
pub async fn write(db: &impl ConnectionTrait, row: &Model, now: DateTime<Utc>) -> Result<(), EnrollmentError> {
    let done = Entity::scoped_update(Scope::School(row.school_id))
        .col_expr(Column::Means, Expr::value(row.means.to_value()))
        .col_expr(Column::Url, Expr::value(row.url.clone()))
        .col_expr(Column::Feedback, Expr::value(row.feedback.clone()))
        .col_expr(Column::Grade, Expr::value(row.grade))
        .col_expr(Column::TeacherFeedback, Expr::value(row.teacher_feedback.clone()))
        .col_expr(Column::GradedBy, Expr::value(row.graded_by))
        .col_expr(Column::GradedAt, Expr::value(row.graded_at))
        .col_expr(Column::CompletedAt, Expr::value(row.completed_at))
        .col_expr(Column::DeletedAt, Expr::value(row.deleted_at))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version))
        .exec(db)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(EnrollmentError::Stale) }
}

/// Which completions of a block to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// With a grade, or without.
    pub graded: Option<bool>,
    /// Those that were taken back in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

fn matching((school, block): (SchoolId, BlockId), filter: Filter) -> Select<Entity> {
    let scope = Scope::School(school);
    let mut select = Entity::scoped(scope)
        .filter(Column::BlockId.eq(block))
        .filter(Column::EnrollmentId.in_subquery(taking_part(scope)))
        .filter(if filter.deleted { Column::DeletedAt.is_not_null() } else { Column::DeletedAt.is_null() });
    if let Some(graded) = filter.graded {
        select = select.filter(if graded { Column::Grade.is_not_null() } else { Column::Grade.is_null() });
    }
    if let Some(since) = filter.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since));
    }
    select
}

/// One page of the completions of a block, oldest first, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    place: (SchoolId, BlockId),
    filter: Filter,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let total = if request.total { Some(matching(place, filter).count(db).await?) } else { None };
    let mut page = matching(place, filter).order_by_asc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(Column::Id.gt(CompletionId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// Blocks that are completed.
pub type Done = HashSet<BlockId>;

/// The blocks that some enrolments have completed.
pub async fn blocks_of(
    db: &impl ConnectionTrait,
    school: SchoolId,
    enrollments: &[EnrollmentId],
) -> Result<HashMap<EnrollmentId, Done>, DbErr> {
    let pairs: Vec<(EnrollmentId, BlockId)> = Entity::scoped(Scope::School(school))
        .filter(Column::EnrollmentId.is_in(enrollments.iter().copied()))
        .filter(Column::DeletedAt.is_null())
        .select_only()
        .columns([Column::EnrollmentId, Column::BlockId])
        .into_tuple()
        .all(db)
        .await?;
    let mut blocks: HashMap<_, Done> = HashMap::new();
    for (enrollment, block) in pairs {
        blocks.entry(enrollment).or_default().insert(block);
    }
    Ok(blocks)
}

/// The grades that somebody who takes part has in some blocks.
pub async fn grades(
    db: &impl ConnectionTrait,
    (school, user): (SchoolId, UserId),
    blocks: &[BlockId],
) -> Result<Vec<(BlockId, i16)>, DbErr> {
    use enrollment::Column as C;
    let scope = Scope::School(school);
    let theirs = taking_part(scope).and_where(C::UserId.eq(user)).to_owned();
    let rows: Vec<(BlockId, Option<i16>)> = Entity::scoped(scope)
        .filter(Column::EnrollmentId.in_subquery(theirs))
        .filter(Column::BlockId.is_in(blocks.iter().copied()))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::Grade.is_not_null())
        .select_only()
        .columns([Column::BlockId, Column::Grade])
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(block, grade)| Some((block, grade?))).collect())
}

/// How many of some blocks each enrolment in a course has completed.
pub async fn counts(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    blocks: &[BlockId],
) -> Result<Vec<(EnrollmentId, i64)>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::CourseId.eq(course))
        .filter(Column::BlockId.is_in(blocks.iter().copied()))
        .filter(Column::DeletedAt.is_null())
        .select_only()
        .column(Column::EnrollmentId)
        .column_as(Column::Id.count(), "done")
        .group_by(Column::EnrollmentId)
        .into_tuple()
        .all(db)
        .await
}

/// Somebody's completions in all schools, taken back or not: for the export of personal data.
pub async fn of_person(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::EnrollmentId.in_subquery(ever_of(user)))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Takes the words out of somebody's completions in all schools; what was completed stays, for the roll-ups.
pub async fn forget_words(db: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    Entity::scoped_update(Scope::Platform)
        .col_expr(Column::Url, Expr::value(None::<String>))
        .col_expr(Column::Feedback, Expr::value(None::<String>))
        .col_expr(Column::TeacherFeedback, Expr::value(None::<String>))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::EnrollmentId.in_subquery(ever_of(user)))
        .exec(db)
        .await?;
    Ok(())
}

/// The enrolments that somebody has or had.
fn ever_of(user: UserId) -> SelectStatement {
    enrollment::Entity::scoped(Scope::Platform)
        .select_only()
        .column(enrollment::Column::Id)
        .filter(enrollment::Column::UserId.eq(user))
        .into_query()
}
