//! Queries on TOTP secrets and recovery codes.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Scope, UserId};
use sea_orm::entity::prelude::Expr;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use crate::model::ScopedTable;
use crate::model::{recovery_code, totp_secret};

/// The secret of an account.
pub async fn secret(db: &impl ConnectionTrait, account: UserId) -> Result<Option<totp_secret::Model>, DbErr> {
    use totp_secret::{Column, Entity};
    Entity::scoped(Scope::Platform).filter(Column::AccountId.eq(account)).one(db).await
}

/// Stores a secret that is not confirmed yet, in place of another that is not. A confirmed one stays: false then.
pub async fn enrol(
    db: &impl ConnectionTrait,
    account: UserId,
    sealed: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use totp_secret::{ActiveModel, Column, Entity};
    Entity::scoped_delete(Scope::Platform)
        .filter(Column::AccountId.eq(account))
        .filter(Column::ConfirmedAt.is_null())
        .exec(db)
        .await?;
    let row = ActiveModel {
        account_id: Set(account),
        sealed_secret: Set(sealed),
        last_step: Set(0),
        created_at: Set(now),
        confirmed_at: Set(None),
    };
    let keep = OnConflict::column(Column::AccountId).do_nothing().to_owned();
    let inserted = Entity::insert(row).on_conflict(keep).exec_without_returning(db).await;
    match inserted {
        Ok(rows) => Ok(rows == 1),
        Err(DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Confirms the secret with a code of `step`, once.
pub async fn confirm(db: &impl ConnectionTrait, account: UserId, step: i64, now: DateTime<Utc>) -> Result<bool, DbErr> {
    use totp_secret::{Column, Entity};
    let done = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::ConfirmedAt, Expr::value(now))
        .col_expr(Column::LastStep, Expr::value(step))
        .filter(Column::AccountId.eq(account))
        .filter(Column::ConfirmedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Uses the code of a step up. False if it, or a later one, was used before: a code is good once (RFC 6238, section 5.2).
pub async fn claim_step(db: &impl ConnectionTrait, account: UserId, step: i64) -> Result<bool, DbErr> {
    use totp_secret::{Column, Entity};
    let done = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::LastStep, Expr::value(step))
        .filter(Column::AccountId.eq(account))
        .filter(Column::ConfirmedAt.is_not_null())
        .filter(Column::LastStep.lt(step))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Uses a recovery code up. False if there is none such or it was used before.
pub async fn claim_recovery_code(
    db: &impl ConnectionTrait,
    account: UserId,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use recovery_code::{Column, Entity};
    let done = Entity::scoped_update(Scope::Platform)
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::AccountId.eq(account))
        .filter(Column::CodeHash.eq(hash.to_vec()))
        .filter(Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Puts new recovery codes in place of all old ones.
pub async fn replace_recovery_codes(
    db: &impl ConnectionTrait,
    account: UserId,
    codes: Vec<(Uuid, Vec<u8>)>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use recovery_code::{ActiveModel, Entity};
    delete_recovery_codes(db, account).await?;
    for (id, code_hash) in codes {
        let row = ActiveModel {
            id: Set(id),
            account_id: Set(account),
            code_hash: Set(code_hash),
            created_at: Set(now),
            used_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(db).await?;
    }
    Ok(())
}

/// How many recovery codes are left.
pub async fn recovery_codes_left(db: &impl ConnectionTrait, account: UserId) -> Result<u64, DbErr> {
    use recovery_code::{Column, Entity};
    Entity::scoped(Scope::Platform)
        .filter(Column::AccountId.eq(account))
        .filter(Column::UsedAt.is_null())
        .count(db)
        .await
}

/// Forgets the secret and the codes of an account. True if there was a secret.
pub async fn delete_all(db: &impl ConnectionTrait, account: UserId) -> Result<bool, DbErr> {
    use totp_secret::{Column, Entity};
    delete_recovery_codes(db, account).await?;
    let done = Entity::scoped_delete(Scope::Platform).filter(Column::AccountId.eq(account)).exec(db).await?;
    Ok(done.rows_affected == 1)
}

async fn delete_recovery_codes(db: &impl ConnectionTrait, account: UserId) -> Result<(), DbErr> {
    use recovery_code::{Column, Entity};
    Entity::scoped_delete(Scope::Platform).filter(Column::AccountId.eq(account)).exec(db).await?;
    Ok(())
}
