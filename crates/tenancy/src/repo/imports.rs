//! Queries on imports, their files and their faults.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Cursor, PageRequest, SchoolId, Scope};
use lyceum_platform::error::violated_constraint;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel as _, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, UpdateMany,
};
use uuid::Uuid;

use crate::error::TenancyError;
use crate::model::import::{Column, Entity, ImportId, Model, State};
use crate::model::{ScopedTable, import_chunk, import_fault};

/// States in which nobody sees an import yet.
fn shown() -> Condition {
    Condition::all().add(Column::State.ne(State::Receiving))
}

/// An import whose file has come.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: ImportId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).filter(shown()).one(db).await
}

/// The same, locked until the transaction ends where the database has row locks.
pub async fn find_locked(db: &impl ConnectionTrait, school: SchoolId, id: ImportId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Whether one is under way in a school.
pub async fn any_open(db: &impl ConnectionTrait, school: SchoolId) -> Result<bool, DbErr> {
    let open = Entity::scoped(Scope::School(school))
        .filter(Column::State.is_in([State::Queued, State::Running]))
        .limit(1)
        .one(db)
        .await?;
    Ok(open.is_some())
}

/// One page of imports, the latest first, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Scope,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let all = || Entity::scoped(scope).filter(shown());
    let total = if request.total { Some(all().count(db).await?) } else { None };
    let mut rows = all().order_by_desc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        rows = rows.filter(Column::Id.lt(ImportId(cursor.id)));
    }
    Ok((rows.all(db).await?, total))
}

/// The place just behind an import.
pub const fn cursor(row: &Model) -> Cursor {
    Cursor { id: row.id.uuid(), key: Vec::new() }
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
    ///
    /// # Errors
    /// [`TenancyError::ImportRunning`] if another import of the school is under way.
    pub async fn apply(self, db: &impl ConnectionTrait) -> Result<bool, TenancyError> {
        let done = self.0.exec(db).await.map_err(|error| match violated_constraint(&error).as_deref() {
            Some("uq_imports_school_id") => TenancyError::ImportRunning,
            _ => error.into(),
        })?;
        Ok(done.rows_affected == 1)
    }
}

/// Forgets an import with everything of it.
pub async fn delete(db: &impl ConnectionTrait, school: SchoolId, id: ImportId) -> Result<(), DbErr> {
    Entity::scoped_delete(Scope::School(school)).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Imports of any school that ended, or whose file never came, before these moments; a few.
pub async fn outdated(
    db: &impl ConnectionTrait,
    ended: DateTime<Utc>,
    abandoned: DateTime<Utc>,
) -> Result<Vec<Model>, DbErr> {
    let over = Column::State.is_in([State::Done, State::Failed, State::Cancelled]).and(Column::UpdatedAt.lt(ended));
    let left = Column::State.eq(State::Receiving).and(Column::UpdatedAt.lt(abandoned));
    Entity::scoped(Scope::Platform).filter(Condition::any().add(over).add(left)).limit(20).all(db).await
}

/// Stores a piece of a file.
pub async fn insert_chunk(db: &impl ConnectionTrait, chunk: import_chunk::Model) -> Result<(), DbErr> {
    import_chunk::Entity::insert(chunk.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// One piece of a file.
pub async fn chunk(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: ImportId,
    number: i32,
) -> Result<Option<import_chunk::Model>, DbErr> {
    import_chunk::Entity::scoped(Scope::School(school))
        .filter(import_chunk::Column::ImportId.eq(id))
        .filter(import_chunk::Column::Number.eq(number))
        .one(db)
        .await
}

/// Forgets the file.
pub async fn delete_chunks(db: &impl ConnectionTrait, school: SchoolId, id: ImportId) -> Result<(), DbErr> {
    import_chunk::Entity::scoped_delete(Scope::School(school))
        .filter(import_chunk::Column::ImportId.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Stores faults.
pub async fn insert_faults(db: &impl ConnectionTrait, faults: Vec<import_fault::Model>) -> Result<(), DbErr> {
    import_fault::Entity::add(db, faults).await
}

fn faults(scope: Scope, id: ImportId) -> Select<import_fault::Entity> {
    import_fault::Entity::scoped(scope).filter(import_fault::Column::ImportId.eq(id))
}

/// The faults behind the one of this number, as they were found.
pub async fn faults_behind(
    db: &impl ConnectionTrait,
    scope: Scope,
    id: ImportId,
    number: i64,
    limit: u64,
) -> Result<Vec<import_fault::Model>, DbErr> {
    let rows = faults(scope, id).filter(import_fault::Column::Number.gt(number));
    rows.order_by_asc(import_fault::Column::Number).limit(limit).all(db).await
}

/// How many faults there are.
pub async fn count_faults(db: &impl ConnectionTrait, scope: Scope, id: ImportId) -> Result<u64, DbErr> {
    faults(scope, id).count(db).await
}

/// Which rows are faulty: file and line.
pub async fn faulty_lines(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: ImportId,
) -> Result<Vec<(Option<String>, Option<i64>)>, DbErr> {
    faults(Scope::School(school), id)
        .select_only()
        .column(import_fault::Column::File)
        .column(import_fault::Column::Line)
        .into_tuple()
        .all(db)
        .await
}

/// Forgets up to a thousand faults. How many there were.
pub async fn delete_some_faults(db: &impl ConnectionTrait, school: SchoolId, id: ImportId) -> Result<u64, DbErr> {
    let first: Option<i64> = faults(Scope::School(school), id)
        .select_only()
        .column(import_fault::Column::Number)
        .order_by_asc(import_fault::Column::Number)
        .into_tuple()
        .one(db)
        .await?;
    let Some(first) = first else { return Ok(0) };
    let done = import_fault::Entity::scoped_delete(Scope::School(school))
        .filter(import_fault::Column::ImportId.eq(id))
        .filter(import_fault::Column::Number.lt(first + 1_000))
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// The place just behind a fault.
pub fn fault_cursor(row: &import_fault::Model) -> Cursor {
    Cursor { id: Uuid::from_u128(u128::try_from(row.number).unwrap_or_default()), key: Vec::new() }
}

/// The number of the fault that a cursor stands behind: any cursor is a place.
pub fn fault_number(cursor: Option<&Cursor>) -> i64 {
    cursor.map_or(0, |cursor| i64::try_from(cursor.id.as_u128()).unwrap_or(i64::MAX))
}
