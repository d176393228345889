//! Queries of invigilation.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, PageRequest, SchoolId, Scope, TestId};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, ExprTrait as _, PaginatorTrait as _, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait as _, Select,
};
use uuid::Uuid;

use crate::dto::invigilation::Saved;
use crate::model::attempt::{Column, Entity, Model, State};
use crate::model::attempt_event::AttemptEventId;
use crate::model::{ScopedTable as _, answer, attempt_event};

/// Reports read at once.
const REPORTS: u64 = 1_000;

/// Attempts at a test that changed at a moment or later, and with `open` all that run.
pub async fn changed(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    (since, open): (DateTime<Utc>, bool),
) -> Result<Vec<Model>, DbErr> {
    let mut which = Condition::any().add(Column::UpdatedAt.gte(since));
    if open {
        which = which.add(Column::State.eq(State::Open));
    }
    let rows = Entity::scoped(Scope::School(school)).filter(Column::TestId.eq(test)).filter(which);
    rows.order_by_asc(Column::Id).all(db).await
}

/// What is saved in the attempts at a test that run.
pub async fn saved_in_test(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
) -> Result<HashMap<AttemptId, Saved>, DbErr> {
    let running = Entity::scoped(Scope::School(school))
        .filter(Column::TestId.eq(test))
        .filter(Column::State.eq(State::Open))
        .select_only()
        .column(Column::Id)
        .into_query();
    saved(db, school, answer::Column::AttemptId.in_subquery(running)).await
}

/// What is saved in some attempts.
pub async fn saved_in(
    db: &impl ConnectionTrait,
    school: SchoolId,
    ids: Vec<AttemptId>,
) -> Result<HashMap<AttemptId, Saved>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    saved(db, school, answer::Column::AttemptId.is_in(ids)).await
}

async fn saved(
    db: &impl ConnectionTrait,
    school: SchoolId,
    which: impl sea_orm::sea_query::IntoCondition,
) -> Result<HashMap<AttemptId, Saved>, DbErr> {
    use answer::Column as C;
    let rows: Vec<(AttemptId, i64, Option<DateTime<Utc>>)> = answer::Entity::scoped(Scope::School(school))
        .filter(which)
        .select_only()
        .column(C::AttemptId)
        .column_as(C::Response.count().cast_as("bigint"), "answered")
        .column_as(C::SavedAt.max(), "saved_at")
        .group_by(C::AttemptId)
        .into_tuple()
        .all(db)
        .await?;
    let saved = |(id, answered, at)| (id, Saved { answered: u64::try_from(answered).unwrap_or_default(), at });
    Ok(rows.into_iter().map(saved).collect())
}

/// One page of the attempts at a test that run, oldest first.
pub async fn page(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let all = running(school, test);
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(Column::Id.gt(AttemptId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

fn running(school: SchoolId, test: TestId) -> Select<Entity> {
    Entity::scoped(Scope::School(school)).filter(Column::TestId.eq(test)).filter(Column::State.eq(State::Open))
}

/// What happened at clients of the school since a moment. Ids begin with their time, so that this reads the end of the key alone.
pub async fn reports_since(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    since: DateTime<Utc>,
) -> Result<Vec<attempt_event::Model>, DbErr> {
    use attempt_event::Column as C;
    let first = AttemptEventId(first_at(since));
    attempt_event::Entity::scoped(Scope::School(school))
        .filter(C::Id.gte(first))
        .filter(C::AttemptId.in_subquery(of_test(school, test)))
        .order_by_asc(C::Id)
        .limit(REPORTS)
        .all(db)
        .await
}

fn of_test(school: SchoolId, test: TestId) -> SelectStatement {
    Entity::scoped(Scope::School(school)).filter(Column::TestId.eq(test)).select_only().column(Column::Id).into_query()
}

/// The lowest id that could be given at a moment.
fn first_at(moment: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(moment.timestamp_millis()).unwrap_or_default();
    Uuid::from_u128(millis << 80)
}

/// How much was reported of an attempt.
pub async fn reports(db: &impl ConnectionTrait, (school, attempt): (SchoolId, AttemptId)) -> Result<u64, DbErr> {
    use attempt_event::Column as C;
    attempt_event::Entity::scoped(Scope::School(school)).filter(C::AttemptId.eq(attempt)).count(db).await
}
