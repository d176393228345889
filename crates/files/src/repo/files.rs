//! Queries on files.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Cursor, FileId, PageRequest, SchoolId, Scope, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, Order, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};
use uuid::Uuid;

use crate::model::ScopedTable as _;
use crate::model::file::{Column, Entity, Model, State};

/// Which files to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this person.
    pub owner: Option<UserId>,
    /// Part of the name.
    pub text: Option<String>,
    /// The media type begins so.
    pub content_type: Option<String>,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
    /// Newest first.
    pub descending: bool,
}

/// A file, whatever its state.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: FileId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).one(db).await
}

/// Several files, whatever their state.
pub async fn find_many(db: &impl ConnectionTrait, scope: Scope, ids: &[FileId]) -> Result<Vec<Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Entity::scoped(scope).filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The same, locked until the transaction ends where the database has row locks.
pub async fn find_locked(db: &impl ConnectionTrait, school: SchoolId, id: FileId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// One page of files that are ready, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Scope,
    filter: &Filter,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let total = if request.total { Some(matching(scope, filter).count(db).await?) } else { None };
    let order = if filter.descending { Order::Desc } else { Order::Asc };
    let mut rows = matching(scope, filter).order_by(Column::Id, order).limit(request.fetch());
    if let Some(Cursor { id, .. }) = &request.cursor {
        let behind = if filter.descending { Column::Id.lt(FileId(*id)) } else { Column::Id.gt(FileId(*id)) };
        rows = rows.filter(behind);
    }
    Ok((rows.all(db).await?, total))
}

fn matching(scope: Scope, filter: &Filter) -> Select<Entity> {
    let mut select = Entity::scoped(scope).filter(Column::State.eq(State::Ready));
    select = if filter.deleted {
        select.filter(Column::DeletedAt.is_not_null())
    } else {
        select.filter(Column::DeletedAt.is_null())
    };
    if let Some(owner) = filter.owner {
        select = select.filter(Column::OwnerId.eq(owner));
    }
    if let Some(text) = &filter.text {
        select =
            select.filter(Expr::expr(sea_orm::sea_query::Func::lower(Expr::col(Column::Name))).like(contains(text)));
    }
    if let Some(kind) = &filter.content_type {
        select = select.filter(Column::ContentType.starts_with(kind));
    }
    if let Some(since) = filter.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since));
    }
    select
}

/// A LIKE pattern for a part of a name, in which nothing of it is a wildcard.
fn contains(text: &str) -> sea_orm::sea_query::LikeExpr {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    sea_orm::sea_query::LikeExpr::new(pattern).escape('\\')
}

/// Inserts a file.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// A change of one file, to be applied only if nobody else has changed it since it was read.
pub type Change = lyceum_platform::db::Change<Entity>;

/// Deletes a file for good.
pub async fn purge(db: &impl ConnectionTrait, school: SchoolId, id: FileId) -> Result<bool, DbErr> {
    let done = Entity::scoped_delete(Scope::School(school)).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(done.rows_affected == 1)
}

/// Uploads that were not completed in time.
pub async fn expired(db: &impl ConnectionTrait, now: DateTime<Utc>, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::ExpiresAt.lt(now))
        .order_by_asc(Column::ExpiresAt)
        .limit(limit)
        .all(db)
        .await
}

/// Files that were deleted before a moment.
pub async fn deleted_before(db: &impl ConnectionTrait, moment: DateTime<Utc>, limit: u64) -> Result<Vec<Model>, DbErr> {
    let old = Entity::scoped(Scope::Platform).filter(Column::DeletedAt.lt(moment));
    old.order_by_asc(Column::DeletedAt).limit(limit).all(db).await
}

/// Everything that a person has uploaded for themself, in all schools.
pub async fn personal_of(db: &impl ConnectionTrait, owner: UserId, limit: u64) -> Result<Vec<Model>, DbErr> {
    let theirs = Entity::scoped(Scope::Platform).filter(Column::OwnerId.eq(owner)).filter(Column::Personal.eq(true));
    theirs.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// Everything that a person has uploaded, in all schools: behind a file, so many.
pub async fn all_of(db: &impl ConnectionTrait, owner: UserId, behind: FileId, limit: u64) -> Result<Vec<Model>, DbErr> {
    let theirs = Entity::scoped(Scope::Platform).filter(Column::OwnerId.eq(owner)).filter(Column::Id.gt(behind));
    theirs.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// Which of a school's objects belong to files, ready or announced.
pub async fn known_objects(db: &impl ConnectionTrait, school: SchoolId, objects: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
    let ids = objects.iter().copied();
    let rows = Entity::scoped(Scope::School(school))
        .filter(Condition::any().add(Column::Id.is_in(ids.clone().map(FileId))).add(Column::StagingId.is_in(ids)))
        .all(db)
        .await?;
    Ok(rows.into_iter().flat_map(|row| [Some(row.id.uuid()), row.staging_id]).flatten().collect())
}
