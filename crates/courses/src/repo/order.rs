//! The order of sections in a course and of blocks in a section: dense, from 0. The parent is locked by whoever calls.
//!
//! A unique index says that no two stand in one place, and it is checked row by row: so places are first turned negative, where
//! nobody stands, and then put right.

use lyceum_kernel::{SchoolId, Scope};
use sea_orm::sea_query::{CaseStatement, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany};
use uuid::Uuid;

use crate::model::{Ordered, ScopedTable as _};

fn living<E: Ordered>(school: SchoolId, parent: Uuid) -> UpdateMany<E> {
    E::scoped_update(Scope::School(school)).filter(E::PARENT.eq(parent)).filter(E::DELETED_AT.is_null())
}

/// The ids beneath a parent, in order.
pub async fn ids<E: Ordered>(db: &impl ConnectionTrait, school: SchoolId, parent: Uuid) -> Result<Vec<Uuid>, DbErr> {
    E::scoped(Scope::School(school))
        .filter(E::PARENT.eq(parent))
        .filter(E::DELETED_AT.is_null())
        .order_by_asc(E::POSITION)
        .select_only()
        .column(E::ID)
        .into_tuple()
        .all(db)
        .await
}

/// Makes room at a place: everything from there on moves back by one.
pub async fn open<E: Ordered>(
    db: &impl ConnectionTrait,
    school: SchoolId,
    parent: Uuid,
    place: i32,
) -> Result<(), DbErr> {
    let away = Expr::value(-1).sub(Expr::col(E::POSITION));
    living::<E>(school, parent).col_expr(E::POSITION, away).filter(E::POSITION.gte(place)).exec(db).await?;
    let back = Expr::value(0).sub(Expr::col(E::POSITION));
    living::<E>(school, parent).col_expr(E::POSITION, back).filter(E::POSITION.lt(0)).exec(db).await?;
    Ok(())
}

/// Closes the gap at a place where nobody stands any more.
pub async fn close<E: Ordered>(
    db: &impl ConnectionTrait,
    school: SchoolId,
    parent: Uuid,
    place: i32,
) -> Result<(), DbErr> {
    let away = Expr::value(0).sub(Expr::col(E::POSITION));
    living::<E>(school, parent).col_expr(E::POSITION, away).filter(E::POSITION.gt(place)).exec(db).await?;
    let back = Expr::value(-1).sub(Expr::col(E::POSITION));
    living::<E>(school, parent).col_expr(E::POSITION, back).filter(E::POSITION.lt(0)).exec(db).await?;
    Ok(())
}

/// Puts everything beneath a parent into this order, which names each exactly once.
pub async fn arrange<E: Ordered>(
    db: &impl ConnectionTrait,
    school: SchoolId,
    parent: Uuid,
    ids: &[Uuid],
) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let away = Expr::value(-1).sub(Expr::col(E::POSITION));
    living::<E>(school, parent).col_expr(E::POSITION, away).exec(db).await?;
    let mut places = CaseStatement::new();
    for (place, id) in (0_i32..).zip(ids) {
        places = places.case(E::ID.eq(*id), Expr::value(place));
    }
    living::<E>(school, parent).col_expr(E::POSITION, places.finally(Expr::col(E::POSITION)).into()).exec(db).await?;
    Ok(())
}
