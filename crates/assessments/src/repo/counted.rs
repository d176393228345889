//! Attempts for statistics: in the order in which they changed.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, SchoolId, Scope, TestId, UserId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::model::ScopedTable as _;
use crate::model::attempt::{Column, Entity, Marks, Paper, State};
use crate::points::Points;

/// Rows read at once.
pub const BATCH: usize = 5_000;

/// What statistics want of an attempt.
#[derive(Debug, FromQueryResult)]
pub struct Counted {
    /// The attempt.
    pub id: AttemptId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs.
    pub number: i32,
    /// Its version.
    pub version: i64,
    /// Whether it is marked to the last question.
    pub graded: bool,
    /// Its points.
    pub score: Option<Points>,
    /// What became of each question.
    pub tally: Option<Vec<u8>>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Attempts at a revision of a test that are over, and not of staff trying it out.
fn over((school, test, revision): (SchoolId, TestId, i32)) -> Select<Entity> {
    Entity::scoped(Scope::School(school))
        .filter(Column::TestId.eq(test))
        .filter(Column::TestRevision.eq(revision))
        .filter(Column::State.ne(State::Open))
        .filter(Column::Trial.eq(false))
}

/// Those that changed after a place, in order.
pub async fn changed(
    db: &impl ConnectionTrait,
    of: (SchoolId, TestId, i32),
    after: Option<(DateTime<Utc>, AttemptId)>,
) -> Result<Vec<Counted>, DbErr> {
    let mut rows = over(of);
    if let Some((moment, id)) = after {
        let same = Condition::all().add(Column::UpdatedAt.eq(moment)).add(Column::Id.gt(id));
        // The first of both is for the index: an alternative alone would make it begin from the beginning.
        rows = rows
            .filter(Column::UpdatedAt.gte(moment))
            .filter(Condition::any().add(Column::UpdatedAt.gt(moment)).add(same));
    }
    columns(rows.order_by_asc(Column::UpdatedAt).order_by_asc(Column::Id).limit(BATCH as u64)).all(db).await
}

/// Ids and versions of those that changed at a moment or later.
pub async fn versions(
    db: &impl ConnectionTrait,
    of: (SchoolId, TestId, i32),
    since: DateTime<Utc>,
) -> Result<Vec<(AttemptId, i64)>, DbErr> {
    let rows = over(of).filter(Column::UpdatedAt.gte(since));
    rows.select_only().columns([Column::Id, Column::Version]).into_tuple().all(db).await
}

/// Some of them.
pub async fn some(
    db: &impl ConnectionTrait,
    of: (SchoolId, TestId, i32),
    ids: &[AttemptId],
) -> Result<Vec<Counted>, DbErr> {
    columns(over(of).filter(Column::Id.is_in(ids.iter().copied()))).all(db).await
}

fn columns(rows: Select<Entity>) -> sea_orm::Selector<sea_orm::SelectModel<Counted>> {
    rows.select_only()
        .columns([
            Column::Id,
            Column::UserId,
            Column::Number,
            Column::Version,
            Column::Graded,
            Column::Score,
            Column::Tally,
            Column::UpdatedAt,
        ])
        .into_model()
}

/// The questions and marks of some attempts.
pub async fn marks(
    db: &impl ConnectionTrait,
    school: SchoolId,
    ids: &[AttemptId],
) -> Result<Vec<(AttemptId, Paper, Option<Marks>)>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .select_only()
        .columns([Column::Id, Column::Paper, Column::Marks])
        .into_tuple()
        .all(db)
        .await
}
