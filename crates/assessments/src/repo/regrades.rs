//! Queries on regrades and what they change.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, PageRequest, SchoolId, Scope, TestId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveEnum as _, ColumnTrait, ConnectionTrait, DbErr, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, UpdateMany,
};

use crate::model::adjustment::Adjustments;
use crate::model::regrade::{Column, Entity, Model, RegradeId, State};
use crate::model::{ScopedTable as _, answer, attempt, regrade_change, test};

/// A regrade.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: RegradeId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).one(db).await
}

/// A regrade, held until the transaction ends.
pub async fn hold(db: &impl ConnectionTrait, school: SchoolId, id: RegradeId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

fn at(school: SchoolId, test: TestId) -> Select<Entity> {
    Entity::scoped(Scope::School(school)).filter(Column::TestId.eq(test))
}

/// One page of the regrades of a test, the latest first.
pub async fn page(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let total = if request.total { Some(at(school, test).count(db).await?) } else { None };
    let mut rows = at(school, test).order_by_desc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        rows = rows.filter(Column::Id.lt(RegradeId(cursor.id)));
    }
    Ok((rows.all(db).await?, total))
}

/// Whether a test is being marked anew, or its former marks put back.
pub async fn any_at_work(db: &impl ConnectionTrait, (school, test): (SchoolId, TestId)) -> Result<bool, DbErr> {
    let at_work = at(school, test).filter(Column::State.is_in([State::Queued, State::Running, State::Reverting]));
    Ok(at_work.count(db).await? > 0)
}

/// Whether what a regrade did was built upon by a later one.
pub async fn is_superseded(db: &impl ConnectionTrait, row: &Model) -> Result<bool, DbErr> {
    let later = at(row.school_id, row.test_id)
        .filter(Column::Id.gt(row.id))
        .filter(Column::DryRun.eq(false))
        .filter(Column::State.is_not_in([State::Cancelled, State::Reverted]));
    Ok(later.count(db).await? > 0)
}

/// Inserts a regrade.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::add(db, [row]).await
}

/// Says how the questions of a test are marked from now on.
pub async fn adjust(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    adjustments: Option<Adjustments>,
) -> Result<(), DbErr> {
    test::Entity::scoped_update(Scope::School(school))
        .col_expr(test::Column::Adjustments, Expr::value(adjustments))
        .filter(test::Column::Id.eq(test))
        .exec(db)
        .await?;
    Ok(())
}

/// A change of one regrade, to be applied only in the state and by the run that it was read in.
#[derive(Debug)]
pub struct Change(UpdateMany<Entity>);

impl Change {
    /// Of the regrade as it was read; raises its version.
    pub fn of(row: &Model, now: DateTime<Utc>) -> Self {
        let update = Entity::scoped_update(Scope::School(row.school_id))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.eq(row.id))
            .filter(Column::State.eq(row.state))
            .filter(Column::Attempt.eq(row.attempt));
        Self(update)
    }

    /// Gives a column a value.
    #[must_use]
    pub fn set(self, column: Column, value: impl Into<sea_orm::Value>) -> Self {
        Self(self.0.col_expr(column, Expr::value(value)))
    }

    /// Changes the state.
    #[must_use]
    pub fn to(self, state: State) -> Self {
        self.set(Column::State, state.to_value())
    }

    /// Writes it. False if the regrade has moved on since.
    pub async fn apply(self, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        Ok(self.0.exec(db).await?.rows_affected == 1)
    }
}

/// From one moment to another.
pub type Span = (DateTime<Utc>, DateTime<Utc>);

/// Attempts at a test that are over and count for something; those that changed between two moments, if any are named.
fn over((school, test): (SchoolId, TestId), between: Option<Span>) -> Select<attempt::Entity> {
    use attempt::{Column as C, State as S};
    let mut rows = attempt::Entity::scoped(Scope::School(school)).filter(C::TestId.eq(test)).filter(C::State.is_in([
        S::Submitted,
        S::Overdue,
        S::Closed,
    ]));
    if let Some((from, to)) = between {
        rows = rows.filter(C::UpdatedAt.gte(from)).filter(C::UpdatedAt.lte(to));
    }
    rows
}

/// How many there are.
pub async fn count_attempts(db: &impl ConnectionTrait, of: (SchoolId, TestId)) -> Result<u64, DbErr> {
    over(of, None).count(db).await
}

/// Some of them behind a place, in order of their ids.
pub async fn attempts_behind(
    db: &impl ConnectionTrait,
    of: (SchoolId, TestId),
    (position, between): (Option<AttemptId>, Option<Span>),
    limit: u64,
) -> Result<Vec<attempt::Model>, DbErr> {
    let mut rows = over(of, between).order_by_asc(attempt::Column::Id).limit(limit);
    if let Some(position) = position {
        rows = rows.filter(attempt::Column::Id.gt(position));
    }
    rows.all(db).await
}

/// Some attempts, held until the transaction ends.
pub async fn hold_attempts(
    db: &impl ConnectionTrait,
    school: SchoolId,
    ids: &[AttemptId],
) -> Result<Vec<attempt::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    attempt::Entity::scoped(Scope::School(school))
        .filter(attempt::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(attempt::Column::Id)
        .lock_exclusive()
        .all(db)
        .await
}

/// The answers in some attempts.
pub async fn answers(
    db: &impl ConnectionTrait,
    school: SchoolId,
    ids: &[AttemptId],
) -> Result<Vec<answer::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = answer::Entity::scoped(Scope::School(school));
    rows.filter(answer::Column::AttemptId.is_in(ids.iter().copied())).all(db).await
}

/// What a regrade changed of some attempts.
pub async fn changes_of(
    db: &impl ConnectionTrait,
    (school, id): (SchoolId, RegradeId),
    ids: &[AttemptId],
) -> Result<Vec<regrade_change::Model>, DbErr> {
    use regrade_change::Column as C;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = regrade_change::Entity::scoped(Scope::School(school)).filter(C::RegradeId.eq(id));
    rows.filter(C::AttemptId.is_in(ids.iter().copied())).all(db).await
}

/// Notes what changes.
pub async fn insert_changes(db: &impl ConnectionTrait, rows: Vec<regrade_change::Model>) -> Result<(), DbErr> {
    regrade_change::Entity::add(db, rows).await
}

/// Notes what an attempt that was changed already has become.
pub async fn amend_change(db: &impl ConnectionTrait, row: &regrade_change::Model) -> Result<(), DbErr> {
    use regrade_change::Column as C;
    regrade_change::Entity::scoped_update(Scope::School(row.school_id))
        .col_expr(C::ScoreAfter, Expr::value(row.score_after))
        .col_expr(C::MaxScoreAfter, Expr::value(row.max_score_after))
        .col_expr(C::PassedAfter, Expr::value(row.passed_after))
        .col_expr(C::GradedAfter, Expr::value(row.graded_after))
        .col_expr(C::VersionAfter, Expr::value(row.version_after))
        .filter(C::RegradeId.eq(row.regrade_id))
        .filter(C::AttemptId.eq(row.attempt_id))
        .exec(db)
        .await?;
    Ok(())
}

/// What a regrade changes, behind an attempt, in order of the attempts' ids.
pub async fn changes_behind(
    db: &impl ConnectionTrait,
    (scope, id): (Scope, RegradeId),
    behind: Option<AttemptId>,
    limit: u64,
) -> Result<Vec<regrade_change::Model>, DbErr> {
    use regrade_change::Column as C;
    let mut rows = regrade_change::Entity::scoped(scope).filter(C::RegradeId.eq(id));
    if let Some(behind) = behind {
        rows = rows.filter(C::AttemptId.gt(behind));
    }
    rows.order_by_asc(C::AttemptId).limit(limit).all(db).await
}

/// How many attempts a regrade changes.
pub async fn count_changes(db: &impl ConnectionTrait, (scope, id): (Scope, RegradeId)) -> Result<u64, DbErr> {
    regrade_change::Entity::scoped(scope).filter(regrade_change::Column::RegradeId.eq(id)).count(db).await
}

/// Says of some answers whether they wait for a person.
pub async fn await_marking(
    db: &impl ConnectionTrait,
    (school, attempt): (SchoolId, AttemptId),
    (questions, waits): (Vec<crate::model::question::QuestionId>, bool),
) -> Result<(), DbErr> {
    if questions.is_empty() {
        return Ok(());
    }
    answer::Entity::scoped_update(Scope::School(school))
        .col_expr(answer::Column::AwaitsMarking, Expr::value(waits))
        .filter(answer::Column::AttemptId.eq(attempt))
        .filter(answer::Column::QuestionId.is_in(questions))
        .exec(db)
        .await?;
    Ok(())
}
