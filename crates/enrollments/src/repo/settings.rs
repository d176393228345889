//! Queries on the settings and counters of courses.

use lyceum_kernel::{CourseId, SchoolId, Scope};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel as _, QueryFilter,
    QueryOrder as _, QuerySelect as _,
};

use crate::model::ScopedTable as _;
use crate::model::settings::{Column, Entity, Model};

/// The row of a course.
pub async fn find(db: &impl ConnectionTrait, school: SchoolId, course: CourseId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::CourseId.eq(course)).one(db).await
}

/// The rows of some courses; of those that have one.
pub async fn find_many(db: &impl ConnectionTrait, school: SchoolId, courses: &[CourseId]) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::CourseId.is_in(courses.iter().copied())).all(db).await
}

/// The rows of some courses, locked in the order of their ids until the transaction ends; made where there are none.
pub async fn hold_many(db: &impl ConnectionTrait, usual: Vec<Model>) -> Result<Vec<Model>, DbErr> {
    let Some(school) = usual.first().map(|row| row.school_id) else { return Ok(Vec::new()) };
    let courses: Vec<_> = usual.iter().map(|row| row.course_id).collect();
    let found = || {
        Entity::scoped(Scope::School(school))
            .filter(Column::CourseId.is_in(courses.iter().copied()))
            .order_by_asc(Column::CourseId)
            .lock_exclusive()
            .all(db)
    };
    let rows = found().await?;
    if rows.len() == usual.len() {
        return Ok(rows);
    }
    for missing in usual.into_iter().filter(|row| !rows.iter().any(|there| there.course_id == row.course_id)) {
        let there = OnConflict::columns([Column::SchoolId, Column::CourseId]).do_nothing().to_owned();
        Entity::insert(missing.into_active_model().reset_all()).on_conflict(there).exec_without_returning(db).await?;
    }
    found().await
}

/// The row of a course, locked until the transaction ends; made if there is none. Nobody else comes into the course, or leaves
/// it, meanwhile.
pub async fn hold(db: &impl ConnectionTrait, usual: Model) -> Result<Model, DbErr> {
    let (school, course) = (usual.school_id, usual.course_id);
    let found = || Entity::scoped(Scope::School(school)).filter(Column::CourseId.eq(course)).lock_exclusive().one(db);
    if let Some(row) = found().await? {
        return Ok(row);
    }
    let there = OnConflict::columns([Column::SchoolId, Column::CourseId]).do_nothing().to_owned();
    Entity::insert(usual.into_active_model().reset_all()).on_conflict(there).exec_without_returning(db).await?;
    found().await?.ok_or_else(|| DbErr::RecordNotFound("enrollment_settings".to_owned()))
}

/// Writes a row that is held.
pub async fn write(db: &impl ConnectionTrait, row: &Model) -> Result<(), DbErr> {
    let Model {
        school_id,
        course_id,
        self_enroll,
        capacity,
        waiting_list,
        opens_at,
        closes_at,
        taken,
        waiting,
        last_number,
        course_deleted,
        version,
        created_at: _,
        updated_at,
    } = row.clone();
    Entity::scoped_update(Scope::School(school_id))
        .col_expr(Column::SelfEnroll, Expr::value(self_enroll))
        .col_expr(Column::Capacity, Expr::value(capacity))
        .col_expr(Column::WaitingList, Expr::value(waiting_list))
        .col_expr(Column::OpensAt, Expr::value(opens_at))
        .col_expr(Column::ClosesAt, Expr::value(closes_at))
        .col_expr(Column::Taken, Expr::value(taken))
        .col_expr(Column::Waiting, Expr::value(waiting))
        .col_expr(Column::LastNumber, Expr::value(last_number))
        .col_expr(Column::CourseDeleted, Expr::value(course_deleted))
        .col_expr(Column::Version, Expr::value(version))
        .col_expr(Column::UpdatedAt, Expr::value(updated_at))
        .filter(Column::CourseId.eq(course_id))
        .exec(db)
        .await?;
    Ok(())
}
