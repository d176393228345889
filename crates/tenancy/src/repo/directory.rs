//! The directory: pages of one indexed table, each by one index, however deep.

use chrono::{DateTime, Utc};
use lyceum_kernel::{GroupId, PageRequest, Scope};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter, QuerySelect, QueryTrait, Select};

use crate::model::membership::{Column, Entity, Model, Status};
use crate::model::{SchoolTable, fold, group_member};
use crate::repo::keyset::{self, Keys, Sorting};
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
