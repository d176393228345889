//! What the log holds of a person, and taking it out.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use lyceum_kernel::{Scope, UserId};
use lyceum_platform::uow::audit::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter, QuerySelect, QueryTrait, Select};
use serde_json::Value;

use crate::model::{entries, entries_update};

/// Rows changed in one statement.
const BATCH: u64 = 500;

/// The rows that are about the person: their account, their sessions, and what names them as its subject.
fn about(person: UserId) -> Condition {
    let own_session = Condition::all().add(Column::TargetType.eq("session")).add(Column::ActorId.eq(person));
    Condition::any().add(Column::TargetId.eq(person.0)).add(Column::SubjectId.eq(person)).add(own_session)
}

/// The rows whose address and user agent are the person's: what they did, and what somebody unknown did in their name.
fn from(person: UserId) -> Condition {
    let unknown = Condition::all().add(Column::ActorId.is_null()).add(about(person));
    Condition::any().add(Column::ActorId.eq(person)).add(unknown)
}

fn with_values(person: UserId) -> Select<Entity> {
    let any = Condition::any().add(Column::Before.is_not_null()).add(Column::After.is_not_null());
    entries(Scope::Platform).filter(about(person)).filter(any)
}

fn with_origin(person: UserId) -> Select<Entity> {
    let any = Condition::any().add(Column::Ip.is_not_null()).add(Column::UserAgent.is_not_null());
    entries(Scope::Platform).filter(from(person)).filter(any)
}

fn some_ids(rows: Select<Entity>) -> SelectStatement {
    rows.select_only().column(Column::Id).limit(BATCH).into_query()
}

/// The e-mail addresses that entries about the person mention, lower case.
pub async fn addresses(db: &impl ConnectionTrait, person: UserId) -> Result<BTreeSet<String>, DbErr> {
    let rows: Vec<Model> = with_values(person).limit(BATCH * 10).all(db).await?;
    let mut found = BTreeSet::new();
    for value in rows.iter().flat_map(|row| [&row.before, &row.after]).flatten() {
        collect_addresses(value, &mut found);
    }
    Ok(found)
}

fn collect_addresses(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.contains('@') && text.len() <= 320 => {
            found.insert(text.to_lowercase());
        }
        Value::Array(items) => items.iter().for_each(|item| collect_addresses(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect_addresses(member, found)),
        _ => {}
    }
}

/// Takes the person's address and user agent out of the next rows that have them; how many those were.
pub async fn erase_origin(db: &impl ConnectionTrait, person: UserId, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let update = entries_update()
        .col_expr(Column::Ip, Expr::value(None::<String>))
        .col_expr(Column::UserAgent, Expr::value(None::<String>))
        .col_expr(Column::OriginSalt, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::ErasedAt, Expr::value(now))
        .filter(Column::Id.in_subquery(some_ids(with_origin(person))));
    Ok(update.exec(db).await?.rows_affected)
}

/// Takes what was and what became out of the next rows about the person; how many those were.
pub async fn erase_values(db: &impl ConnectionTrait, person: UserId, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let update = entries_update()
        .col_expr(Column::Before, Expr::value(None::<Value>))
        .col_expr(Column::After, Expr::value(None::<Value>))
        .col_expr(Column::ValuesSalt, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::ErasedAt, Expr::value(now))
        .filter(Column::Id.in_subquery(some_ids(with_values(person))));
    Ok(update.exec(db).await?.rows_affected)
}
