//! Changes of one row, and marks of deletion on many.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, Scope};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, UpdateMany};
use uuid::Uuid;

use crate::error::AssessmentError;
use crate::model::{Kept, ScopedTable as _};

/// A change of one row, to be applied only if nobody else has changed it since it was read.
#[derive(Debug)]
pub struct Change<E: EntityTrait>(UpdateMany<E>);

impl<E: Kept> Change<E> {
    /// Of the row of this id and version; raises the version.
    pub fn of(school: SchoolId, id: Uuid, version: i64, now: DateTime<Utc>) -> Self {
        let update = E::scoped_update(Scope::School(school))
            .col_expr(E::VERSION, Expr::col(E::VERSION).add(1))
            .col_expr(E::UPDATED_AT, Expr::value(now))
            .filter(E::ID.eq(id))
            .filter(E::VERSION.eq(version));
        Self(update)
    }

    /// Gives a column a value.
    #[must_use]
    pub fn set(self, column: E::Column, value: impl Into<sea_orm::Value>) -> Self {
        Self(self.0.col_expr(column, Expr::value(value)))
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`AssessmentError::Stale`] if the row has changed since.
    pub async fn apply(self, db: &impl ConnectionTrait) -> Result<(), AssessmentError> {
        let done = self.0.exec(db).await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(AssessmentError::Stale) }
    }
}

/// Marks rows as deleted at one stroke; raises no versions.
pub async fn mark<E: Kept>(
    db: &impl ConnectionTrait,
    school: SchoolId,
    which: Condition,
    (mark, now): (Uuid, DateTime<Utc>),
) -> Result<(), DbErr> {
    E::scoped_update(Scope::School(school))
        .col_expr(E::DELETED_AT, Expr::value(now))
        .col_expr(E::DELETION, Expr::value(mark))
        .filter(E::DELETED_AT.is_null())
        .filter(which)
        .exec(db)
        .await?;
    Ok(())
}

/// Brings back what carries a mark.
pub async fn unmark<E: Kept>(
    db: &impl ConnectionTrait,
    school: SchoolId,
    which: Condition,
    mark: Uuid,
) -> Result<(), DbErr> {
    E::scoped_update(Scope::School(school))
        .col_expr(E::DELETED_AT, Expr::value(None::<DateTime<Utc>>))
        .col_expr(E::DELETION, Expr::value(None::<Uuid>))
        .filter(which)
        .filter(E::DELETION.eq(mark))
        .exec(db)
        .await?;
    Ok(())
}
