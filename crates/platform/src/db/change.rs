//! A change of one row that finds out whether somebody else was faster.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, UpdateMany};

/// A row that carries how often and when it was changed.
pub trait Versioned {
    /// Its table.
    type Entity: EntityTrait;
    /// How often rows were changed.
    const VERSION: <Self::Entity as EntityTrait>::Column;
    /// When rows were last changed.
    const UPDATED_AT: <Self::Entity as EntityTrait>::Column;

    /// The version that was read.
    fn version(&self) -> i64;

    /// An update of this row and no other, in its scope.
    fn update(&self) -> UpdateMany<Self::Entity>;
}

/// A change of one row, to be applied only if nobody else has changed it since it was read.
#[derive(Debug)]
#[must_use = "nothing is written before it is applied"]
pub struct Change<E: EntityTrait>(UpdateMany<E>);

/// A change that was not written.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The row has changed since it was read.
    #[error("somebody else has changed it meanwhile")]
    Stale,
    /// What the database objected.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl<E: EntityTrait> Change<E> {
    /// Of the row as it was read; raises its version.
    pub fn of<M: Versioned<Entity = E>>(row: &M, now: DateTime<Utc>) -> Self {
        let update = row
            .update()
            .col_expr(M::VERSION, Expr::col(M::VERSION).add(1))
            .col_expr(M::UPDATED_AT, Expr::value(now))
            .filter(M::VERSION.eq(row.version()));
        Self(update)
    }

    /// Gives a column a value.
    pub fn set(self, column: E::Column, value: impl Into<sea_orm::Value>) -> Self {
        Self(self.0.col_expr(column, Expr::value(value)))
    }

    /// Raises a column by one.
    pub fn raise(self, column: E::Column) -> Self {
        Self(self.0.col_expr(column, Expr::col(column).add(1)))
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`ChangeError::Stale`] if the row has changed since; the database's.
    pub async fn apply(self, db: &impl ConnectionTrait) -> Result<(), ChangeError> {
        let done = self.0.exec(db).await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(ChangeError::Stale) }
    }
}

/// Says of the rows in these modules that they have an id, a version and a time of change, and belong to schools.
#[macro_export]
macro_rules! versioned_rows {
    ($($table:ident)+) => {
        $(impl $crate::db::Versioned for $table::Model {
            type Entity = $table::Entity;
            const VERSION: $table::Column = $table::Column::Version;
            const UPDATED_AT: $table::Column = $table::Column::UpdatedAt;

            fn version(&self) -> i64 {
                self.version
            }

            fn update(&self) -> sea_orm::UpdateMany<Self::Entity> {
                use sea_orm::{ColumnTrait as _, QueryFilter as _};
                use $crate::db::ScopedTable as _;
                $table::Entity::scoped_update(lyceum_kernel::Scope::School(self.school_id))
                    .filter($table::Column::Id.eq(self.id))
            }
        })+
    };
}
