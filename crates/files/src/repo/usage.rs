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
    if add(db, school, holder, bytes, limit).await? {
        return Ok(true);
    }
    let row = ActiveModel { school_id: Set(school), holder_id: Set(holder), bytes_used: Set(0) };
    let stay = OnConflict::new().do_nothing().to_owned();
    match Entity::insert(row).on_conflict(stay).exec_without_returning(db).await {
        Ok(0) | Err(DbErr::RecordNotInserted) => Ok(false),
        Ok(_) => add(db, school, holder, bytes, limit).await,
        Err(error) => Err(error),
    }
}

async fn add(db: &impl ConnectionTrait, school: SchoolId, holder: Uuid, bytes: i64, limit: i64) -> Result<bool, DbErr> {
    let done = Entity::scoped_update(Scope::School(school))
        .col_expr(Column::BytesUsed, Expr::col(Column::BytesUsed).add(bytes))
        .filter(Column::HolderId.eq(holder))
        .filter(Expr::col(Column::BytesUsed).lte(limit.saturating_sub(bytes)))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
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
