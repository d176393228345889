//! Attempts that count, for statistics: in the order in which they changed.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, SchoolId, Scope, TestId, UserId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use crate::model::ScopedTable as _;
use crate::model::attempt::{Column, Entity, Marks, Paper};
use crate::points::Points;

/// Rows read at once.
pub const BATCH: usize = 2_000;

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
    /// Its points.
    pub score: Points,
    /// Its questions.
    pub paper: Paper,
    /// What each was worth.
    pub marks: Marks,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Attempts at a revision of a test that are marked to the last question and changed after a place, in order.
pub async fn changed(
    db: &impl ConnectionTrait,
    (school, test, revision): (SchoolId, TestId, i32),
    after: Option<(DateTime<Utc>, AttemptId)>,
) -> Result<Vec<Counted>, DbErr> {
    let mut rows = Entity::scoped(Scope::School(school))
        .filter(Column::TestId.eq(test))
        .filter(Column::TestRevision.eq(revision))
        .filter(Column::Graded.eq(true))
        .filter(Column::Trial.eq(false))
        .filter(Column::Score.is_not_null())
        .filter(Column::Marks.is_not_null());
    if let Some((moment, id)) = after {
        let same = Condition::all().add(Column::UpdatedAt.eq(moment)).add(Column::Id.gt(id));
        rows = rows.filter(Condition::any().add(Column::UpdatedAt.gt(moment)).add(same));
    }
    rows.order_by_asc(Column::UpdatedAt)
        .order_by_asc(Column::Id)
        .limit(BATCH as u64)
        .select_only()
        .columns([
            Column::Id,
            Column::UserId,
            Column::Number,
            Column::Version,
            Column::Score,
            Column::Paper,
            Column::Marks,
            Column::UpdatedAt,
        ])
        .into_model()
        .all(db)
        .await
}

/// The questions and marks of one attempt.
pub async fn marks(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: AttemptId,
) -> Result<Option<(Paper, Marks)>, DbErr> {
    let row = Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).one(db).await?;
    Ok(row.and_then(|row| Some((row.paper, row.marks?))))
}
