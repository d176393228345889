//! What there is of one person, in all schools.

use lyceum_kernel::{Scope, UserId};
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::model::{ScopedTable as _, answer, attempt, attempt_event, test_override};

/// Their attempts.
pub async fn attempts(db: &impl ConnectionTrait, person: UserId) -> Result<Vec<attempt::Model>, DbErr> {
    let rows = attempt::Entity::scoped(Scope::Platform).filter(attempt::Column::UserId.eq(person));
    rows.order_by_asc(attempt::Column::Id).all(db).await
}

/// What they answered.
pub async fn answers(db: &impl ConnectionTrait, person: UserId) -> Result<Vec<answer::Model>, DbErr> {
    let rows = answer::Entity::scoped(Scope::Platform);
    rows.filter(answer::Column::AttemptId.in_subquery(of(person))).all(db).await
}

/// Takes what they wrote and what was said to them.
pub async fn forget_words(db: &impl ConnectionTrait, person: UserId) -> Result<(), DbErr> {
    answer::Entity::scoped_update(Scope::Platform)
        .col_expr(answer::Column::Response, Expr::value(None::<serde_json::Value>))
        .col_expr(answer::Column::Comment, Expr::value(None::<String>))
        .filter(answer::Column::AttemptId.in_subquery(of(person)))
        .exec(db)
        .await?;
    Ok(())
}

/// Takes what their clients reported, and what was different for them.
pub async fn forget_events(db: &impl ConnectionTrait, person: UserId) -> Result<(), DbErr> {
    attempt_event::Entity::scoped_delete(Scope::Platform)
        .filter(attempt_event::Column::AttemptId.in_subquery(of(person)))
        .exec(db)
        .await?;
    test_override::Entity::scoped_delete(Scope::Platform)
        .filter(test_override::Column::UserId.eq(person))
        .exec(db)
        .await?;
    Ok(())
}

fn of(person: UserId) -> SelectStatement {
    attempt::Entity::scoped(Scope::Platform)
        .filter(attempt::Column::UserId.eq(person))
        .select_only()
        .column(attempt::Column::Id)
        .into_query()
}
