//! Queries on what counts in courses, and on how far enrolments are.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, EnrollmentId, SchoolId, Scope, UserId};
use sea_orm::sea_query::{Expr, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel as _, QueryFilter, QuerySelect, TryInsertResult,
};

use crate::model::course_plan::{Blocks, Column, Entity, Model};
use crate::model::{ScopedTable as _, enrollment};

/// The plan of a course, which nobody brings up to date until the transaction ends. Others may share it.
pub async fn share(db: &impl ConnectionTrait, school: SchoolId, course: CourseId) -> Result<Option<Model>, DbErr> {
    let row = Entity::scoped(Scope::School(school)).filter(Column::CourseId.eq(course));
    row.lock(LockType::KeyShare).one(db).await
}

/// The plan of a course, which nobody else shares or brings up to date until the transaction ends.
pub async fn hold(db: &impl ConnectionTrait, school: SchoolId, course: CourseId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::CourseId.eq(course)).lock_exclusive().one(db).await
}

/// Inserts a plan unless the course has one; whether it did.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let there = OnConflict::columns([Column::SchoolId, Column::CourseId]).do_nothing().to_owned();
    let inserted = Entity::insert(row.into_active_model().reset_all())
        .on_conflict(there)
        .try_insert()
        .exec_without_returning(db)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
}

/// Brings a plan that is held up to date.
pub async fn renew(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    (revision, blocks): (i64, Blocks),
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let blocks = serde_json::to_value(&blocks).map_err(|error| DbErr::Json(error.to_string()))?;
    Entity::scoped_update(Scope::School(school))
        .col_expr(Column::Revision, Expr::value(revision))
        .col_expr(Column::Blocks, Expr::value(blocks))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::CourseId.eq(course))
        .exec(db)
        .await?;
    Ok(())
}

/// Adds to the number of blocks that an enrolment has completed, if it is that of somebody who takes part; the enrolment as it is then.
pub async fn add_done(
    db: &impl ConnectionTrait,
    (school, id): (SchoolId, EnrollmentId),
    more: i32,
    now: DateTime<Utc>,
) -> Result<Option<enrollment::Model>, DbErr> {
    use enrollment::{Column as C, Status};
    let rows = enrollment::Entity::scoped_update(Scope::School(school))
        .col_expr(C::BlocksDone, Expr::col(C::BlocksDone).add(more))
        .col_expr(C::LastActivityAt, Expr::value(now))
        .filter(C::Id.eq(id))
        .filter(C::DeletedAt.is_null())
        .filter(C::Status.is_in([Status::Active, Status::Completed]))
        .exec_with_returning(db)
        .await?;
    Ok(rows.into_iter().next())
}

/// Adds to the number of blocks that somebody who learns in a course at this moment has completed there; their enrolment as it is then.
pub async fn advance(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    user: UserId,
    (more, now): (i32, DateTime<Utc>),
) -> Result<Option<enrollment::Model>, DbErr> {
    use enrollment::{Column as C, Role, Status};
    let begun = Condition::any().add(C::StartsAt.is_null()).add(C::StartsAt.lte(now));
    let lasts = Condition::any().add(C::EndsAt.is_null()).add(C::EndsAt.gt(now));
    let rows = enrollment::Entity::scoped_update(Scope::School(school))
        .col_expr(C::BlocksDone, Expr::col(C::BlocksDone).add(more))
        .col_expr(C::LastActivityAt, Expr::value(now))
        .filter(C::CourseId.eq(course))
        .filter(C::UserId.eq(user))
        .filter(C::DeletedAt.is_null())
        .filter(C::Role.eq(Role::Student))
        .filter(C::Status.is_in([Status::Active, Status::Completed]))
        .filter(begun)
        .filter(lasts)
        .exec_with_returning(db)
        .await?;
    Ok(rows.into_iter().next())
}

/// Adds to the number of blocks that some enrolments have completed, whatever has become of them.
pub async fn shift_done(
    db: &impl ConnectionTrait,
    school: SchoolId,
    ids: &[EnrollmentId],
    more: i64,
) -> Result<(), DbErr> {
    use enrollment::Column as C;
    for ids in ids.chunks(1_000) {
        enrollment::Entity::scoped_update(Scope::School(school))
            .col_expr(C::BlocksDone, Expr::col(C::BlocksDone).add(more))
            .filter(C::Id.is_in(ids.iter().copied()))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Says of all enrolments in a course that nothing is completed, and holds them.
pub async fn reset_done(db: &impl ConnectionTrait, school: SchoolId, course: CourseId) -> Result<(), DbErr> {
    use enrollment::Column as C;
    enrollment::Entity::scoped_update(Scope::School(school))
        .col_expr(C::BlocksDone, Expr::value(0))
        .filter(C::CourseId.eq(course))
        .exec(db)
        .await?;
    Ok(())
}
