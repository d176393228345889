//! Queries on attempts and the answers in them. What is on the way of every answer takes one statement each.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, PageRequest, SchoolId, Scope, TestId, UserId};
use sea_orm::ActiveValue::NotSet;
use sea_orm::sea_query::{Alias, Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel as _,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
};

use crate::model::ScopedTable;
use crate::model::attempt::{Column, Entity, Model, State};
use crate::model::{answer, attempt_event};

/// An attempt.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: AttemptId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).one(db).await
}

/// An attempt, held until the transaction ends: whoever saves, hands in, closes or marks comes one after the other.
pub async fn hold(db: &impl ConnectionTrait, school: SchoolId, id: AttemptId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Somebody's attempts at a test, first to last.
pub async fn of_person(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    user: UserId,
) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::TestId.eq(test))
        .filter(Column::UserId.eq(user))
        .order_by_asc(Column::Number)
        .all(db)
        .await
}

/// Of somebody's attempts at a test that ended and count, whether each is marked to the last question, and whether it was passed.
pub async fn ended(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    user: UserId,
) -> Result<Vec<(bool, Option<bool>)>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::TestId.eq(test))
        .filter(Column::UserId.eq(user))
        .filter(Column::Trial.eq(false))
        .filter(Column::State.is_in([State::Submitted, State::Overdue, State::Closed]))
        .select_only()
        .columns([Column::Graded, Column::Passed])
        .into_tuple()
        .all(db)
        .await
}

/// The attempts at a test that run, of one person or of all.
pub async fn open(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    user: Option<UserId>,
) -> Result<Vec<Model>, DbErr> {
    let mut rows =
        Entity::scoped(Scope::School(school)).filter(Column::TestId.eq(test)).filter(Column::State.eq(State::Open));
    if let Some(user) = user {
        rows = rows.filter(Column::UserId.eq(user));
    }
    rows.all(db).await
}

/// Inserts an attempt unless somebody was faster: there is an open one, or one of its number.
pub async fn insert(db: &impl ConnectionTrait, row: &Model) -> Result<bool, DbErr> {
    let inserted = Entity::insert(row.clone().into_active_model().reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(db)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
}

/// Inserts or replaces answers, each only if its count is higher than that of the one there is. One statement. How many were new.
#[expect(clippy::disallowed_methods, reason = "each row names its school; on a conflict nothing else is touched")]
pub async fn save(db: &impl ConnectionTrait, rows: Vec<answer::Model>) -> Result<u64, DbErr> {
    use answer::Column as C;
    if rows.is_empty() {
        return Ok(0);
    }
    let newer = Expr::col((Alias::new("excluded"), C::Seq)).gt(Expr::col((answer::Entity, C::Seq)));
    let conflict = OnConflict::columns([C::SchoolId, C::AttemptId, C::QuestionId])
        .update_columns([C::Seq, C::Response, C::SavedAt, C::ClientTime])
        .action_and_where(newer)
        .to_owned();
    let saved = answer::Entity::insert_many(rows.into_iter().map(unmarked));
    let saved = saved.on_conflict(conflict).exec_without_returning(db).await;
    match saved {
        Ok(rows) => Ok(rows),
        // All of them were older.
        Err(DbErr::RecordNotInserted) => Ok(0),
        Err(error) => Err(error),
    }
}

/// Inserts answers that nobody has marked, of an attempt that is new.
#[expect(clippy::disallowed_methods, reason = "each row names its school")]
pub async fn add_answers(db: &impl ConnectionTrait, rows: Vec<answer::Model>) -> Result<(), DbErr> {
    if !rows.is_empty() {
        answer::Entity::insert_many(rows.into_iter().map(unmarked)).exec_without_returning(db).await?;
    }
    Ok(())
}

/// A row without what is null until somebody marks it: half the values to be sent.
fn unmarked(row: answer::Model) -> answer::ActiveModel {
    answer::ActiveModel {
        points: NotSet,
        comment: NotSet,
        rubric: NotSet,
        marker_id: NotSet,
        second_points: NotSet,
        second_marker_id: NotSet,
        ..row.into_active_model().reset_all()
    }
}

/// All answers in an attempt.
pub async fn answers(
    db: &impl ConnectionTrait,
    (school, attempt): (SchoolId, AttemptId),
) -> Result<Vec<answer::Model>, DbErr> {
    answer::Entity::scoped(Scope::School(school)).filter(answer::Column::AttemptId.eq(attempt)).all(db).await
}

/// Writes what became of an attempt that is held.
pub async fn write(db: &impl ConnectionTrait, row: &Model) -> Result<(), DbErr> {
    Entity::scoped_update(Scope::School(row.school_id))
        .col_expr(Column::State, Expr::value(row.state))
        .col_expr(Column::Deadline, Expr::value(row.deadline))
        .col_expr(Column::EndsAt, Expr::value(row.ends_at))
        .col_expr(Column::AddedS, Expr::value(row.added_s))
        .col_expr(Column::FinishedAt, Expr::value(row.finished_at))
        .col_expr(Column::Marks, Expr::value(row.marks.clone()))
        .col_expr(Column::Tally, Expr::value(row.tally.clone()))
        .col_expr(Column::Graded, Expr::value(row.graded))
        .col_expr(Column::Score, Expr::value(row.score))
        .col_expr(Column::MaxScore, Expr::value(row.max_score))
        .col_expr(Column::Passed, Expr::value(row.passed))
        .col_expr(Column::Version, Expr::value(row.version))
        .col_expr(Column::UpdatedAt, Expr::value(row.updated_at))
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// Says of some answers that they wait for a person.
pub async fn await_marking(
    db: &impl ConnectionTrait,
    (school, attempt): (SchoolId, AttemptId),
    questions: Vec<crate::model::question::QuestionId>,
) -> Result<(), DbErr> {
    if questions.is_empty() {
        return Ok(());
    }
    answer::Entity::scoped_update(Scope::School(school))
        .col_expr(answer::Column::AwaitsMarking, Expr::value(true))
        .filter(answer::Column::AttemptId.eq(attempt))
        .filter(answer::Column::QuestionId.is_in(questions))
        .exec(db)
        .await?;
    Ok(())
}

/// Attempts of all schools whose time is over, the longest first.
pub async fn overdue(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<(SchoolId, AttemptId)>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::State.eq(State::Open))
        .filter(Column::EndsAt.lt(now))
        .order_by_asc(Column::EndsAt)
        .limit(limit)
        .select_only()
        .columns([Column::SchoolId, Column::Id])
        .into_tuple()
        .all(db)
        .await
}

/// Which attempts to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttemptQuery {
    /// Of this person.
    pub user: Option<UserId>,
    /// In this state.
    pub state: Option<State>,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// One page of the attempts at a test, oldest first.
pub async fn page(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    query: AttemptQuery,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let mut all = Entity::scoped(Scope::School(school)).filter(Column::TestId.eq(test));
    if let Some(user) = query.user {
        all = all.filter(Column::UserId.eq(user));
    }
    if let Some(state) = query.state {
        all = all.filter(Column::State.eq(state));
    }
    if let Some(since) = query.updated_since {
        all = all.filter(Column::UpdatedAt.gte(since));
    }
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(Column::Id.gt(AttemptId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// One page of what clients reported of an attempt, oldest first.
pub async fn event_page(
    db: &impl ConnectionTrait,
    (school, attempt): (SchoolId, AttemptId),
    request: &PageRequest,
) -> Result<(Vec<attempt_event::Model>, Option<u64>), DbErr> {
    use attempt_event::Column as C;
    let all = attempt_event::Entity::scoped(Scope::School(school)).filter(C::AttemptId.eq(attempt));
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(C::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(C::Id.gt(attempt_event::AttemptEventId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}
