//! Queries on imports and their rows.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Cursor, PageRequest, SchoolId, Scope};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel as _, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, UpdateMany,
};
use uuid::Uuid;

use crate::model::import::{Column, EnrollmentImportId, Entity, Model, State};
use crate::model::{ScopedTable, import_row};

/// An import that is there for those who look.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: EnrollmentImportId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).filter(Column::State.ne(State::Receiving)).one(db).await
}

/// The same, in whatever state, locked until the transaction ends where the database has row locks.
pub async fn find_locked(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: EnrollmentImportId,
) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// One page of imports, the latest first, and how many there are if that was asked; of one person, if one is named.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Scope,
    whose: Option<lyceum_kernel::UserId>,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let all = || {
        let all = Entity::scoped(scope).filter(Column::State.ne(State::Receiving));
        match whose {
            Some(user) => all.filter(Column::ImporterId.eq(user)),
            None => all,
        }
    };
    let total = if request.total { Some(all().count(db).await?) } else { None };
    let mut rows = all().order_by_desc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        rows = rows.filter(Column::Id.lt(EnrollmentImportId(cursor.id)));
    }
    Ok((rows.all(db).await?, total))
}

/// Inserts an import.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// A change of one import, to be applied only in the state and by the run that it was read in.
#[derive(Debug)]
pub struct Change(UpdateMany<Entity>);

impl Change {
    /// Of the import as it was read; raises its version.
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

    /// Writes it. False if the import has moved on since.
    pub async fn apply(self, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        Ok(self.0.exec(db).await?.rows_affected == 1)
    }
}

/// Forgets an import with everything of it.
pub async fn delete(db: &impl ConnectionTrait, school: SchoolId, id: EnrollmentImportId) -> Result<(), DbErr> {
    Entity::scoped_delete(Scope::School(school)).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Imports of any school that ended, or whose rows never came whole, before these moments; a few.
pub async fn outdated(
    db: &impl ConnectionTrait,
    ended: DateTime<Utc>,
    abandoned: DateTime<Utc>,
) -> Result<Vec<Model>, DbErr> {
    let over = Column::State.is_in([State::Done, State::Failed, State::Cancelled]).and(Column::UpdatedAt.lt(ended));
    let left = Column::State.eq(State::Receiving).and(Column::UpdatedAt.lt(abandoned));
    Entity::scoped(Scope::Platform).filter(Condition::any().add(over).add(left)).limit(20).all(db).await
}

/// Stores rows.
pub async fn insert_rows(db: &impl ConnectionTrait, rows: Vec<import_row::Model>) -> Result<(), DbErr> {
    import_row::Entity::add(db, rows).await
}

fn rows(scope: Scope, id: EnrollmentImportId) -> Select<import_row::Entity> {
    import_row::Entity::scoped(scope).filter(import_row::Column::ImportId.eq(id))
}

/// The rows behind a line, in their order.
pub async fn rows_behind(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: EnrollmentImportId,
    line: i64,
    most: u64,
) -> Result<Vec<import_row::Model>, DbErr> {
    rows(Scope::School(school), id)
        .filter(import_row::Column::Line.gt(line))
        .order_by_asc(import_row::Column::Line)
        .limit(most)
        .all(db)
        .await
}

/// The faulty rows behind a line, in their order.
pub async fn faulty_behind(
    db: &impl ConnectionTrait,
    scope: Scope,
    id: EnrollmentImportId,
    line: i64,
    most: u64,
) -> Result<Vec<import_row::Model>, DbErr> {
    rows(scope, id)
        .filter(import_row::Column::FaultCode.is_not_null())
        .filter(import_row::Column::Line.gt(line))
        .order_by_asc(import_row::Column::Line)
        .limit(most)
        .all(db)
        .await
}

/// How many rows are faulty.
pub async fn count_faulty(db: &impl ConnectionTrait, scope: Scope, id: EnrollmentImportId) -> Result<u64, DbErr> {
    rows(scope, id).filter(import_row::Column::FaultCode.is_not_null()).count(db).await
}

/// Says what is wrong with some rows: one statement, however many they are.
#[expect(
    clippy::disallowed_methods,
    reason = "each row names its school; of those that are there only the fault is touched"
)]
pub async fn note_faults(db: &impl ConnectionTrait, rows: Vec<import_row::Model>) -> Result<(), DbErr> {
    use import_row::{Column as C, Entity as Rows};
    if rows.is_empty() {
        return Ok(());
    }
    // All of them are there already.
    let there = OnConflict::columns([C::SchoolId, C::ImportId, C::Line])
        .update_columns([C::FaultColumn, C::FaultValue, C::FaultCode, C::FaultReason])
        .to_owned();
    let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
    Rows::insert_many(rows).on_conflict(there).exec_without_returning(db).await?;
    Ok(())
}

/// Forgets the rows of some lines of an import that are not faulty: nobody looks at them any more.
pub async fn forget_rows(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: EnrollmentImportId,
    up_to: i64,
) -> Result<(), DbErr> {
    import_row::Entity::scoped_delete(Scope::School(school))
        .filter(import_row::Column::ImportId.eq(id))
        .filter(import_row::Column::Line.lte(up_to))
        .filter(import_row::Column::FaultCode.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// The place just behind a faulty row.
pub fn fault_cursor(row: &import_row::Model) -> Cursor {
    Cursor { id: Uuid::from_u128(u128::try_from(row.line + 1).unwrap_or_default()), key: Vec::new() }
}

/// The line that a cursor stands behind; before the whole file if there is none.
pub fn fault_line(cursor: Option<&Cursor>) -> i64 {
    cursor.map_or(-1, |cursor| i64::try_from(cursor.id.as_u128()).unwrap_or(i64::MAX) - 1)
}
