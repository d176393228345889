//! Queries on enrolments.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, EnrollmentId, PageRequest, SchoolId, Scope, UserId};
use lyceum_platform::error::violated_constraint;
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel as _, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _, Select,
};

use crate::error::EnrollmentError;
use crate::model::enrollment::{Column, Entity, Model, Role, Status};
use crate::model::{ScopedTable, settings};
use crate::policy::Viewer;

/// Which enrolments to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this course.
    pub course: Option<CourseId>,
    /// Of this person.
    pub user: Option<UserId>,
    /// In this role.
    pub role: Option<Role>,
    /// In this status.
    pub status: Option<Status>,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// The scope of a viewer.
const fn reach(viewer: &Viewer) -> Scope {
    match viewer.school {
        Some(school) => Scope::School(school),
        None => Scope::Platform,
    }
}

/// The courses that are deleted.
fn deleted_courses(scope: Scope) -> SelectStatement {
    settings::Entity::scoped(scope)
        .select_only()
        .column(settings::Column::CourseId)
        .filter(settings::Column::CourseDeleted.eq(true))
        .into_query()
}

/// Those whose course is there.
fn in_courses(scope: Scope) -> Select<Entity> {
    Entity::scoped(scope).filter(Column::CourseId.not_in_subquery(deleted_courses(scope)))
}

/// An enrolment, deleted or not, in a course that is there.
pub async fn any(db: &impl ConnectionTrait, scope: Scope, id: EnrollmentId) -> Result<Option<Model>, DbErr> {
    in_courses(scope).filter(Column::Id.eq(id)).one(db).await
}

/// Somebody's enrolment in a course that is not deleted.
pub async fn of_person(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    user: UserId,
) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::CourseId.eq(course))
        .filter(Column::UserId.eq(user))
        .filter(Column::DeletedAt.is_null())
        .one(db)
        .await
}

/// The enrolments, not deleted, of some people in some courses.
pub async fn of_people(
    db: &impl ConnectionTrait,
    school: SchoolId,
    courses: &[CourseId],
    users: &[UserId],
) -> Result<Vec<Model>, DbErr> {
    if courses.is_empty() || users.is_empty() {
        return Ok(Vec::new());
    }
    let courses: BTreeSet<_> = courses.iter().copied().collect();
    let users: BTreeSet<_> = users.iter().copied().collect();
    Entity::scoped(Scope::School(school))
        .filter(Column::CourseId.is_in(courses))
        .filter(Column::UserId.is_in(users))
        .filter(Column::DeletedAt.is_null())
        .all(db)
        .await
}

/// The courses that somebody takes part in at this moment; in this role, if one is named.
pub async fn courses_of(
    db: &impl ConnectionTrait,
    (school, user): (SchoolId, UserId),
    role: Option<Role>,
    now: DateTime<Utc>,
) -> Result<Vec<CourseId>, DbErr> {
    let begun = Condition::any().add(Column::StartsAt.is_null()).add(Column::StartsAt.lte(now));
    let lasts = Condition::any().add(Column::EndsAt.is_null()).add(Column::EndsAt.gt(now));
    let mut rows = Entity::scoped(Scope::School(school))
        .filter(Column::UserId.eq(user))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::Status.is_in([Status::Active, Status::Completed]))
        .filter(begun)
        .filter(lasts);
    if let Some(role) = role {
        rows = rows.filter(Column::Role.eq(role));
    }
    rows.select_only().column(Column::CourseId).into_tuple().all(db).await
}

/// Everything of somebody, deleted or not, in the order in which courses are held.
pub async fn all_of_person(db: &impl ConnectionTrait, scope: Scope, user: UserId) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(scope)
        .filter(Column::UserId.eq(user))
        .order_by_asc(Column::CourseId)
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Those who are next in the waiting line of a course.
pub async fn next_in_line(
    db: &impl ConnectionTrait,
    school: SchoolId,
    course: CourseId,
    most: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::CourseId.eq(course))
        .filter(Column::Number.is_not_null())
        .filter(Column::DeletedAt.is_null())
        .order_by_asc(Column::Number)
        .limit(most)
        .all(db)
        .await
}

fn matching(viewer: &Viewer, filter: &Filter) -> Select<Entity> {
    let mut select = in_courses(reach(viewer));
    let taught = || Column::CourseId.is_in(viewer.teaches.iter().copied());
    if filter.deleted {
        select = select.filter(Column::DeletedAt.is_not_null());
        if !viewer.manages {
            select = select.filter(taught());
        }
    } else {
        select = select.filter(Column::DeletedAt.is_null());
        if !viewer.manages {
            select = select.filter(Condition::any().add(Column::UserId.eq(viewer.user)).add(taught()));
        }
    }
    if let Some(course) = filter.course {
        select = select.filter(Column::CourseId.eq(course));
    }
    if let Some(user) = filter.user {
        select = select.filter(Column::UserId.eq(user));
    }
    if let Some(role) = filter.role {
        select = select.filter(Column::Role.eq(role));
    }
    if let Some(status) = filter.status {
        select = select.filter(Column::Status.eq(status));
    }
    if let Some(since) = filter.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since));
    }
    select
}

/// One page of the enrolments that a viewer sees, oldest first, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    filter: &Filter,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let total = if request.total { Some(matching(viewer, filter).count(db).await?) } else { None };
    let mut page = matching(viewer, filter).order_by_asc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(Column::Id.gt(EnrollmentId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// Which learners to list.
#[derive(Debug, Clone, Default)]
pub struct Learners {
    /// In these courses; in any if none are named.
    pub courses: Option<Vec<CourseId>>,
    /// This person.
    pub user: Option<UserId>,
    /// Who have completed their course, or have not.
    pub completed: Option<bool>,
}

/// The learners who take part in courses that are there.
fn learning(school: SchoolId, learners: &Learners) -> Select<Entity> {
    let status = match learners.completed {
        None => vec![Status::Active, Status::Completed],
        Some(true) => vec![Status::Completed],
        Some(false) => vec![Status::Active],
    };
    let mut select = in_courses(Scope::School(school))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::Role.eq(Role::Student))
        .filter(Column::Status.is_in(status));
    if let Some(courses) = &learners.courses {
        select = select.filter(Column::CourseId.is_in(courses.iter().copied()));
    }
    if let Some(user) = learners.user {
        select = select.filter(Column::UserId.eq(user));
    }
    select
}

/// One page of learners, oldest enrolments first, and how many there are if that was asked.
pub async fn learner_page(
    db: &impl ConnectionTrait,
    school: SchoolId,
    learners: &Learners,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let total = if request.total { Some(learning(school, learners).count(db).await?) } else { None };
    let mut page = learning(school, learners).order_by_asc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(Column::Id.gt(EnrollmentId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// All of some learners: of one person, who are few.
pub async fn all_learners(
    db: &impl ConnectionTrait,
    school: SchoolId,
    learners: &Learners,
) -> Result<Vec<Model>, DbErr> {
    learning(school, learners).order_by_asc(Column::Id).all(db).await
}

/// Those who learn in a course, have completed so many blocks or more, and have not completed the course; locked until the transaction
/// ends.
pub async fn with_all_done(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    blocks: i32,
) -> Result<Vec<Model>, DbErr> {
    if blocks == 0 {
        return Ok(Vec::new());
    }
    Entity::scoped(Scope::School(school))
        .filter(Column::CourseId.eq(course))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::Role.eq(Role::Student))
        .filter(Column::Status.eq(Status::Active))
        .filter(Column::BlocksDone.gte(blocks))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(db)
        .await
}

/// Inserts an enrolment.
///
/// # Errors
/// [`EnrollmentError::AlreadyEnrolled`].
pub async fn insert(db: &impl ConnectionTrait, row: &Model) -> Result<(), EnrollmentError> {
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(db).await.map_err(taken)?;
    Ok(())
}

/// Writes an enrolment as it is to be, if nobody else has changed it since it was read; raises its version.
///
/// # Errors
/// [`EnrollmentError::Stale`], [`EnrollmentError::AlreadyEnrolled`].
pub async fn write(db: &impl ConnectionTrait, row: &Model, now: DateTime<Utc>) -> Result<(), EnrollmentError> {
    let Model {
        school_id,
        id,
        course_id: _,
        user_id,
        role,
        status,
        means,
        number,
        starts_at,
        ends_at,
        enrolled_at,
        completed_at,
        first_completed_at,
        // Progress is written where it is counted.
        blocks_done: _,
        last_activity_at: _,
        counted_learners: _,
        counted_done: _,
        counted_completed: _,
        withdrawn_at,
        withdrawn_by,
        left_as,
        version,
        created_at: _,
        updated_at: _,
        deleted_at,
    } = row.clone();
    let done = Entity::scoped_update(Scope::School(school_id))
        .col_expr(Column::UserId, Expr::value(user_id))
        .col_expr(Column::Role, Expr::value(role.to_value()))
        .col_expr(Column::Status, Expr::value(status.to_value()))
        .col_expr(Column::Means, Expr::value(means.to_value()))
        .col_expr(Column::Number, Expr::value(number))
        .col_expr(Column::StartsAt, Expr::value(starts_at))
        .col_expr(Column::EndsAt, Expr::value(ends_at))
        .col_expr(Column::EnrolledAt, Expr::value(enrolled_at))
        .col_expr(Column::CompletedAt, Expr::value(completed_at))
        .col_expr(Column::FirstCompletedAt, Expr::value(first_completed_at))
        .col_expr(Column::WithdrawnAt, Expr::value(withdrawn_at))
        .col_expr(Column::WithdrawnBy, Expr::value(withdrawn_by))
        .col_expr(Column::LeftAs, Expr::value(left_as.map(|status| status.to_value())))
        .col_expr(Column::DeletedAt, Expr::value(deleted_at))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .exec(db)
        .await
        .map_err(taken)?;
    if done.rows_affected == 1 { Ok(()) } else { Err(EnrollmentError::Stale) }
}

/// Inserts enrolments.
///
/// # Errors
/// [`EnrollmentError::AlreadyEnrolled`].
pub async fn insert_many(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), EnrollmentError> {
    Entity::add(db, rows).await.map_err(taken)
}

/// What a violated constraint means.
pub fn taken(error: DbErr) -> EnrollmentError {
    match violated_constraint(&error).as_deref() {
        Some("uq_enrollments_school_id_course_id_user_id") => EnrollmentError::AlreadyEnrolled,
        _ => error.into(),
    }
}
