//! The directory: pages of one indexed table, each by one index, however deep.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Cursor, GroupId, PageRequest, Scope};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};
use uuid::Uuid;

use crate::model::membership::{Column, Entity, MembershipId, Model, Status};
use crate::model::{SchoolTable, fold, group_member};
use crate::repo::schools::like;

/// Whom to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of name, username or address.
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

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sorting {
    /// By name; else by when they were added, which is the order of the memberships' ids.
    pub by_name: bool,
    /// Backwards.
    pub descending: bool,
}

impl Sorting {
    /// The place just behind a member.
    pub fn cursor(self, row: &Model) -> Cursor {
        let key = if self.by_name { row.name_key.clone().into_bytes() } else { Vec::new() };
        Cursor { id: row.id.uuid(), key }
    }
}

/// One page of members, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Scope,
    filter: &Filter,
    sorting: Sorting,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let total = if request.total { Some(matching(scope, filter).count(db).await?) } else { None };
    let order = if sorting.descending { Order::Desc } else { Order::Asc };
    let mut rows = matching(scope, filter).limit(request.fetch());
    if sorting.by_name {
        rows = rows.order_by(Column::NameKey, order.clone());
    }
    rows = rows.order_by(Column::Id, order);
    if let Some(cursor) = &request.cursor {
        rows = rows.filter(behind(cursor, sorting));
    }
    Ok((rows.all(db).await?, total))
}

fn matching(scope: Scope, filter: &Filter) -> Select<Entity> {
    let mut select = Entity::scoped(scope);
    select = if filter.deleted {
        select.filter(Column::DeletedAt.is_not_null())
    } else {
        select.filter(Column::DeletedAt.is_null())
    };
    if let Some(text) = &filter.text {
        let pattern = like(&fold(text));
        let any = Condition::any()
            .add(Column::NameKey.like(pattern.clone()))
            .add(Column::UsernameKey.like(pattern.clone()))
            .add(Column::EmailKey.like(pattern));
        select = select.filter(any);
    }
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

fn behind(cursor: &Cursor, sorting: Sorting) -> Condition {
    let id = MembershipId(Uuid::from_bytes(*cursor.id.as_bytes()));
    let beyond_id = if sorting.descending { Column::Id.lt(id) } else { Column::Id.gt(id) };
    if !sorting.by_name {
        return Condition::all().add(beyond_id);
    }
    // A cursor is only ever a place: whatever its key says, the rows beyond it are well defined. The first condition alone lets
    // the database begin in the middle of the index.
    let key = String::from_utf8_lossy(&cursor.key).replace('\0', "");
    let (from_key, beyond_key) = if sorting.descending {
        (Column::NameKey.lte(key.clone()), Column::NameKey.lt(key.clone()))
    } else {
        (Column::NameKey.gte(key.clone()), Column::NameKey.gt(key.clone()))
    };
    let tie = Condition::all().add(Column::NameKey.eq(key)).add(beyond_id);
    Condition::all().add(from_key).add(Condition::any().add(beyond_key).add(tie))
}
