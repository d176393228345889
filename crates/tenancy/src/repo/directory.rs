//! The directory: pages of one indexed table, each by one index, however deep.

use chrono::{DateTime, Utc};
use lyceum_kernel::{GroupId, PageRequest, Scope};
use sea_orm::sea_query::{Alias, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QuerySelect, QueryTrait, Select};

use crate::model::membership::{Column, Entity, Model, Status};
use crate::model::{ScopedTable, fold, group_member};
use crate::repo::keyset::{self, Keys, Sorting};

/// Whom to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// How the full name, its last word, the username or the address begins.
    pub text: Option<String>,
    /// The highest role.
    pub role: Option<String>,
    /// Let in or not.
    pub is_active: Option<bool>,
    /// In this group.
    pub group: Option<GroupId>,
    /// The removed ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// One page of members, and how many there are if that was asked.
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
    let rows = narrowed(scope, filter);
    let Some(text) = &filter.text else { return rows };
    rows.filter(Column::Id.in_subquery(found(&narrowed(scope, filter), &fold(text))))
}

/// People found by one text and one index at most: a search that finds more is not narrow enough to be read.
const FOUND: u64 = 1_000;

/// The last character there is: behind everything that begins alike.
const LAST: char = '\u{10FFFF}';

/// The ids of the first people whose full name, last word of it, username or address begins so: a range of an index each. Keys are
/// ordered by their code points on both databases.
fn found(rows: &Select<Entity>, key: &str) -> SelectStatement {
    let one = |column: Column, name: &'static str| {
        let range = column.gte(key).and(column.lt(format!("{key}{LAST}")));
        let first = rows.clone().select_only().column(Column::Id).filter(range).limit(FOUND).into_query();
        Query::select().column(Alias::new("id")).from_subquery(first, Alias::new(name)).to_owned()
    };
    let mut all = one(Column::NameKey, "by_name");
    all.union(UnionType::Distinct, one(Column::FamilyKey, "by_family"));
    all.union(UnionType::Distinct, one(Column::UsernameKey, "by_username"));
    all.union(UnionType::Distinct, one(Column::EmailKey, "by_email"));
    all
}

fn narrowed(scope: Scope, filter: &Filter) -> Select<Entity> {
    let mut select = Entity::scoped(scope);
    select = if filter.deleted {
        select.filter(Column::DeletedAt.is_not_null())
    } else {
        select.filter(Column::DeletedAt.is_null())
    };
    if let Some(role) = &filter.role {
        select = select.filter(Column::Role.eq(role));
    }
    match filter.is_active {
        Some(true) => select = select.filter(Column::Status.is_in([Status::Active, Status::Pending])),
        Some(false) => select = select.filter(Column::Status.eq(Status::Inactive)),
        None => {}
    }
    if let Some(group) = filter.group {
        let in_group = group_member::Entity::scoped(scope)
            .select_only()
            .column(group_member::Column::UserId)
            .filter(group_member::Column::GroupId.eq(group))
            .into_query();
        select = select.filter(Column::UserId.in_subquery(in_group));
    }
    if let Some(since) = filter.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since));
    }
    select
}
