//! Queries on schools.

use chrono::{DateTime, Utc};
use lyceum_kernel::{PageRequest, SchoolId, Scope};
use sea_orm::sea_query::{Expr, LikeExpr};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel as _, QueryFilter, QuerySelect, Select,
};

use crate::error::TenancyError;
use crate::model::school::{Column, Entity, Model, Status};
use crate::model::{ScopedTable, fold};
use crate::repo::keyset::{self, Keys, Sorting};

/// Which schools to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of name or slug.
    pub text: Option<String>,
    /// Suspended or not.
    pub status: Option<Status>,
    /// Only those that strangers may see.
    pub public: bool,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// A school that was not deleted.
pub async fn find(db: &impl ConnectionTrait, id: SchoolId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(id)).filter(Column::DeletedAt.is_null()).one(db).await
}

/// A school, deleted or not, locked until the transaction ends where the database has row locks.
pub async fn find_locked(db: &impl ConnectionTrait, id: SchoolId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(id)).lock_exclusive().one(db).await
}

/// The school of this slug that was not deleted.
pub async fn find_by_slug(db: &impl ConnectionTrait, slug: &str) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::Slug.eq(slug.to_lowercase()))
        .filter(Column::DeletedAt.is_null())
        .one(db)
        .await
}

/// Schools of these ids that were not deleted.
pub async fn find_many(db: &impl ConnectionTrait, ids: &[SchoolId]) -> Result<Vec<Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Entity::scoped(Scope::Platform)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::DeletedAt.is_null())
        .all(db)
        .await
}

/// One page of schools, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Scope,
    filter: &Filter,
    sorting: Sorting,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    keyset::page(db, matching(scope, filter), Keys { name: Column::NameKey, id: Column::Id }, sorting, request).await
}

fn matching(scope: Scope, filter: &Filter) -> Select<Entity> {
    let mut select = Entity::scoped(scope);
    select = if filter.deleted {
        select.filter(Column::DeletedAt.is_not_null())
    } else {
        select.filter(Column::DeletedAt.is_null())
    };
    if let Some(text) = &filter.text {
        let pattern = like(&fold(text));
        select =
            select.filter(Condition::any().add(Column::NameKey.like(pattern.clone())).add(Column::Slug.like(pattern)));
    }
    if let Some(status) = filter.status {
        select = select.filter(Column::Status.eq(status));
    }
    if filter.public {
        select = select.filter(Column::DirectoryPublic.eq(true)).filter(Column::Status.eq(Status::Active));
    }
    if let Some(since) = filter.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since));
    }
    select
}

/// A `LIKE` pattern for text anywhere, in which `%` and `_` mean themselves.
pub fn like(text: &str) -> LikeExpr {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{escaped}%")).escape('\\')
}

/// Inserts a school.
///
/// # Errors
/// [`TenancyError::SlugTaken`] as the database decides.
pub async fn insert(db: &impl ConnectionTrait, school: Model) -> Result<(), TenancyError> {
    Entity::insert(school.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// A change of one school, to be applied only if nobody else has changed it since it was read.
pub type Change = lyceum_platform::db::Change<Entity>;

/// Takes some seats of a school at once, if there are as many; all or none. False if there are not.
pub async fn take_seats(db: &impl ConnectionTrait, school: SchoolId, seats: i64) -> Result<bool, DbErr> {
    let enough = Condition::any()
        .add(Column::SeatLimit.is_null())
        .add(Expr::col(Column::SeatsUsed).add(seats).lte(Expr::col(Column::SeatLimit)));
    let done = Entity::scoped_update(Scope::School(school))
        .col_expr(Column::SeatsUsed, Expr::col(Column::SeatsUsed).add(seats))
        .filter(Column::DeletedAt.is_null())
        .filter(enough)
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Gives seats back.
pub async fn return_seats(db: &impl ConnectionTrait, school: SchoolId, seats: i64) -> Result<(), DbErr> {
    Entity::scoped_update(Scope::School(school))
        .col_expr(Column::SeatsUsed, Expr::col(Column::SeatsUsed).sub(seats))
        .exec(db)
        .await?;
    Ok(())
}

/// Sets how many seats a school may use, any number if none, and since when it is not paid for. False if there is no such school.
pub async fn limit_seats(
    db: &impl ConnectionTrait,
    school: SchoolId,
    limit: Option<i64>,
    lapsed_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::scoped_update(Scope::School(school))
        .col_expr(Column::SeatLimit, Expr::value(limit))
        .col_expr(Column::LapsedAt, Expr::value(lapsed_at))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}
