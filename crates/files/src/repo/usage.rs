//! Counting room, exactly, however many upload at once.

use lyceum_kernel::{SchoolId, Scope};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _, Set};
use uuid::Uuid;

use crate::model::ScopedTable as _;
use crate::model::usage::{ActiveModel, Column, Entity};

/// Takes room for `bytes` more within `limit`; false if there is not so much. The row is locked until the transaction ends.
pub async fn take(
    db: &impl ConnectionTrait,
    (school, holder): (SchoolId, Uuid),
    bytes: i64,
    limit: i64,
) -> Result<bool, DbErr> {
    if bytes > limit {
        return Ok(false);
    }
    // One statement, whether the row is there, is not, or is just being made by somebody else.
    let used = || Expr::col((Entity, Column::BytesUsed));
    let more = OnConflict::columns([Column::SchoolId, Column::HolderId])
        .value(Column::BytesUsed, used().add(bytes))
        .action_and_where(used().lte(limit - bytes))
        .to_owned();
    let first = ActiveModel { school_id: Set(school), holder_id: Set(holder), bytes_used: Set(bytes) };
    match Entity::insert(first).on_conflict(more).exec_without_returning(db).await {
        Ok(rows) => Ok(rows == 1),
        Err(DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gives room back.
pub async fn give_back(db: &impl ConnectionTrait, school: SchoolId, holder: Uuid, bytes: i64) -> Result<(), DbErr> {
    if bytes == 0 {
        return Ok(());
    }
    Entity::scoped_update(Scope::School(school))
        .col_expr(Column::BytesUsed, Expr::col(Column::BytesUsed).sub(bytes))
        .filter(Column::HolderId.eq(holder))
        .exec(db)
        .await?;
    Ok(())
}
