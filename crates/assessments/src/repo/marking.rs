//! Queries on answers that people mark.

use lyceum_kernel::{AttemptId, PageRequest, SchoolId, Scope, TestId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::model::answer::{Column, Entity, Model};
use crate::model::question::QuestionId;
use crate::model::{ScopedTable as _, attempt};

/// One page of the answers at a test that wait for a person, attempt by attempt.
pub async fn queue(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let scope = Scope::School(school);
    let at = attempt::Entity::scoped(scope)
        .filter(attempt::Column::TestId.eq(test))
        .select_only()
        .column(attempt::Column::Id)
        .into_query();
    let all = Entity::scoped(scope).filter(Column::AwaitsMarking.eq(true)).filter(Column::AttemptId.in_subquery(at));
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(Column::AttemptId).order_by_asc(Column::QuestionId).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        let question = <[u8; 16]>::try_from(cursor.key.as_slice()).map_or(Uuid::nil(), Uuid::from_bytes);
        let attempt = AttemptId(cursor.id);
        let same = Condition::all().add(Column::AttemptId.eq(attempt)).add(Column::QuestionId.gt(QuestionId(question)));
        page = page.filter(Condition::any().add(Column::AttemptId.gt(attempt)).add(same));
    }
    Ok((page.all(db).await?, total))
}

/// Some attempts.
pub async fn attempts(
    db: &impl ConnectionTrait,
    school: SchoolId,
    ids: &[AttemptId],
) -> Result<Vec<attempt::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = attempt::Entity::scoped(Scope::School(school));
    rows.filter(attempt::Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Writes what was given for an answer of an attempt that is held.
pub async fn write(db: &impl ConnectionTrait, row: &Model, new: bool) -> Result<(), DbErr> {
    if new {
        return Entity::add(db, [row.clone()]).await;
    }
    Entity::scoped_update(Scope::School(row.school_id))
        .col_expr(Column::AwaitsMarking, Expr::value(row.awaits_marking))
        .col_expr(Column::Points, Expr::value(row.points))
        .col_expr(Column::Comment, Expr::value(row.comment.clone()))
        .col_expr(Column::Rubric, Expr::value(row.rubric.clone()))
        .col_expr(Column::MarkerId, Expr::value(row.marker_id))
        .col_expr(Column::SecondPoints, Expr::value(row.second_points))
        .col_expr(Column::SecondMarkerId, Expr::value(row.second_marker_id))
        .filter(Column::AttemptId.eq(row.attempt_id))
        .filter(Column::QuestionId.eq(row.question_id))
        .exec(db)
        .await?;
    Ok(())
}
