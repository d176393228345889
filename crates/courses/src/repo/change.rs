//! Changes of one row.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, Scope};
use lyceum_platform::error::violated_constraint;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, UpdateMany};
use uuid::Uuid;

use crate::error::CourseError;
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

    /// Raises a column by one.
    #[must_use]
    pub fn raise(self, column: E::Column) -> Self {
        Self(self.0.col_expr(column, Expr::col(column).add(1)))
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`CourseError::Stale`] if the row has changed since; what is taken, as the database decides.
    pub async fn apply(self, db: &impl ConnectionTrait) -> Result<(), CourseError> {
        let done = self.0.exec(db).await.map_err(taken)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(CourseError::Stale) }
    }
}

/// What a violated constraint means.
pub fn taken(error: DbErr) -> CourseError {
    match violated_constraint(&error).as_deref() {
        Some("uq_courses_school_id_code_key") => CourseError::CodeTaken,
        Some("uq_courses_school_id_slug") => CourseError::SlugTaken,
        Some("uq_ratings_school_id_course_id_user_id") => CourseError::AlreadyRated,
        _ => error.into(),
    }
}
