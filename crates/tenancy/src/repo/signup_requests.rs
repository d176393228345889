//! Queries on requests to join.

use chrono::{DateTime, Utc};
use lyceum_kernel::{PageRequest, SchoolId, Scope, SignupRequestId, UserId};
use lyceum_platform::error::violated_constraint;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel as _,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::error::TenancyError;
use crate::model::ScopedTable;
use crate::model::signup_request::{Column, Entity, Model, Status};
use crate::repo::keyset::{self, Keys, Sorting};

/// Which requests to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of which this became.
    pub status: Option<Status>,
    /// For this role.
    pub role: Option<String>,
    /// From this address, case-folded.
    pub email_key: Option<String>,
    /// Of this account.
    pub user: Option<UserId>,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// A request.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: SignupRequestId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).one(db).await
}

/// The same, locked until the transaction ends where the database has row locks.
pub async fn find_locked(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: SignupRequestId,
) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// The open request of an address or an account in a school, locked.
pub async fn find_pending_locked(db: &impl ConnectionTrait, like: &Model) -> Result<Option<Model>, DbErr> {
    let whose = match like.user_id {
        Some(user) => Condition::any().add(Column::UserId.eq(user)).add(Column::EmailKey.eq(like.email_key.clone())),
        None => Condition::all().add(Column::EmailKey.eq(like.email_key.clone())),
    };
    Entity::scoped(Scope::School(like.school_id))
        .filter(Column::Status.eq(Status::Pending))
        .filter(whose)
        .lock_exclusive()
        .one(db)
        .await
}

/// One page of requests, by when they were made, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Scope,
    filter: &Filter,
    sorting: Sorting,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let mut rows = Entity::scoped(scope);
    if let Some(status) = filter.status {
        rows = rows.filter(Column::Status.eq(status));
    }
    if let Some(role) = &filter.role {
        rows = rows.filter(Column::Role.eq(role));
    }
    if let Some(key) = &filter.email_key {
        rows = rows.filter(Column::EmailKey.eq(key));
    }
    if let Some(user) = filter.user {
        rows = rows.filter(Column::UserId.eq(user));
    }
    if let Some(since) = filter.updated_since {
        rows = rows.filter(Column::UpdatedAt.gte(since));
    }
    keyset::page(db, rows, Keys { name: Column::Id, id: Column::Id }, sorting, request).await
}

/// The requests of an account, the oldest first.
pub async fn of_account(db: &impl ConnectionTrait, person: UserId) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::UserId.eq(person)).order_by_asc(Column::Id).all(db).await
}

/// Inserts a request.
///
/// # Errors
/// [`TenancyError::Raced`] if there is an open one of the same address or account.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), TenancyError> {
    let insert = Entity::insert(row.into_active_model().reset_all());
    insert.exec_without_returning(db).await.map_err(|error| match violated_constraint(&error).as_deref() {
        Some("uq_signup_requests_school_id_email_key" | "uq_signup_requests_school_id_user_id") => TenancyError::Raced,
        _ => error.into(),
    })?;
    Ok(())
}

/// Writes what changed about a request, if nobody else has changed it since it was read.
///
/// # Errors
/// [`TenancyError::Stale`].
pub async fn update(db: &impl ConnectionTrait, before: &Model, after: &Model) -> Result<(), TenancyError> {
    let done = Entity::scoped_update(Scope::School(before.school_id))
        .col_expr(Column::FullName, Expr::value(after.full_name.clone()))
        .col_expr(Column::Role, Expr::value(after.role.clone()))
        .col_expr(Column::Message, Expr::value(after.message.clone()))
        .col_expr(Column::Status, Expr::value(after.status))
        .col_expr(Column::GrantedRole, Expr::value(after.granted_role.clone()))
        .col_expr(Column::DecidedBy, Expr::value(after.decided_by))
        .col_expr(Column::DecidedAt, Expr::value(after.decided_at))
        .col_expr(Column::Version, Expr::value(after.version))
        .col_expr(Column::UpdatedAt, Expr::value(after.updated_at))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(db)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(TenancyError::Stale) }
}

/// Whether an open request asks for a role.
pub async fn any_asks(db: &impl ConnectionTrait, school: SchoolId, role: &str) -> Result<bool, DbErr> {
    let found = Entity::scoped(Scope::School(school))
        .filter(Column::Role.eq(role))
        .filter(Column::Status.eq(Status::Pending))
        .limit(1)
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Takes out who asked: what was somebody's or came from any of these addresses. Open requests are over.
pub async fn forget(db: &impl ConnectionTrait, person: UserId, email_keys: &[String]) -> Result<(), DbErr> {
    let theirs = || Condition::any().add(Column::UserId.eq(person)).add(Column::EmailKey.is_in(email_keys));
    Entity::scoped_update(Scope::Platform)
        .col_expr(Column::Status, Expr::value(Status::Rejected))
        .filter(Column::Status.eq(Status::Pending))
        .filter(theirs())
        .exec(db)
        .await?;
    let nothing = || Expr::value(None::<String>);
    Entity::scoped_update(Scope::Platform)
        .col_expr(Column::FullName, nothing())
        .col_expr(Column::Message, nothing())
        .col_expr(Column::Email, nothing())
        .col_expr(Column::EmailKey, nothing())
        .filter(theirs())
        .exec(db)
        .await?;
    Ok(())
}
