//! Queries on groups and who is in them.

use chrono::{DateTime, Utc};
use lyceum_kernel::{GroupId, PageRequest, SchoolId, Scope, UserId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel as _, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select, Set,
};

use crate::error::TenancyError;
use crate::model::group::{Column, Entity, Kind, Model};
use crate::model::{ScopedTable, fold, group_member};
use crate::repo::keyset::{self, Keys, Sorting};
use crate::repo::schools::like;

/// Which groups to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of the name.
    pub text: Option<String>,
    /// Of this sort.
    pub kind: Option<Kind>,
    /// Those that somebody is in.
    pub member: Option<UserId>,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// A group that was not deleted.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: GroupId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).filter(Column::DeletedAt.is_null()).one(db).await
}

/// A group, deleted or not, locked until the transaction ends where the database has row locks.
pub async fn find_locked(db: &impl ConnectionTrait, school: SchoolId, id: GroupId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Which of the groups are there, locked against being deleted meanwhile.
pub async fn find_living(db: &impl ConnectionTrait, school: SchoolId, ids: &[GroupId]) -> Result<Vec<Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Entity::scoped(Scope::School(school))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::DeletedAt.is_null())
        .order_by_asc(Column::Id)
        .lock_shared()
        .all(db)
        .await
}

/// One page of groups, and how many there are if that was asked.
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
        select = select.filter(Column::NameKey.like(like(&fold(text))));
    }
    if let Some(kind) = filter.kind {
        select = select.filter(Column::Kind.eq(kind));
    }
    if let Some(member) = filter.member {
        let theirs = group_member::Entity::scoped(scope)
            .select_only()
            .column(group_member::Column::GroupId)
            .filter(group_member::Column::UserId.eq(member))
            .into_query();
        select = select.filter(Column::Id.in_subquery(theirs));
    }
    if let Some(since) = filter.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since));
    }
    select
}

/// Inserts a group.
///
/// # Errors
/// [`TenancyError::GroupNameTaken`] and [`TenancyError::ExternalIdTaken`] as the database decides.
pub async fn insert(db: &impl ConnectionTrait, group: Model) -> Result<(), TenancyError> {
    Entity::insert(group.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// A change of one group, to be applied only if nobody else has changed it since it was read.
pub type Change = lyceum_platform::db::Change<Entity>;

/// Puts somebody into groups. Gives those that they were not in before.
pub async fn add_member(
    db: &impl ConnectionTrait,
    school: SchoolId,
    groups: &[GroupId],
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<GroupId>, DbErr> {
    let mut added = Vec::new();
    for group in groups {
        let row = group_member::ActiveModel {
            school_id: Set(school),
            group_id: Set(*group),
            user_id: Set(user),
            created_at: Set(now),
        };
        let stay = OnConflict::new().do_nothing().to_owned();
        match group_member::Entity::insert(row).on_conflict(stay).exec_without_returning(db).await {
            Ok(0) | Err(DbErr::RecordNotInserted) => {}
            Ok(_) => added.push(*group),
            Err(error) => return Err(error),
        }
    }
    Ok(added)
}

/// The groups that are there of some members, wherever, each with its name: two queries.
pub async fn of_members(
    db: &impl ConnectionTrait,
    users: &[UserId],
) -> Result<Vec<(group_member::Model, String)>, DbErr> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let rows = group_member::Entity::scoped(Scope::Platform)
        .filter(group_member::Column::UserId.is_in(users.iter().copied()))
        .order_by_asc(group_member::Column::CreatedAt)
        .order_by_asc(group_member::Column::GroupId)
        .all(db)
        .await?;
    let there = Entity::scoped(Scope::Platform)
        .filter(Column::Id.is_in(rows.iter().map(|row| row.group_id)))
        .filter(Column::DeletedAt.is_null())
        .all(db)
        .await?;
    let named = |row: group_member::Model| {
        let group = there.iter().find(|group| (group.school_id, group.id) == (row.school_id, row.group_id));
        group.map(|group| (row, group.name.clone()))
    };
    Ok(rows.into_iter().filter_map(named).collect())
}

/// The groups of a school, not deleted, that have one of these names (folded) or external ids.
pub async fn find_named(
    db: &impl ConnectionTrait,
    school: SchoolId,
    name_keys: Vec<String>,
    external_ids: Vec<String>,
) -> Result<Vec<Model>, DbErr> {
    let living = || Entity::scoped(Scope::School(school)).filter(Column::DeletedAt.is_null());
    let mut found = Vec::new();
    if !name_keys.is_empty() {
        found = living().filter(Column::NameKey.is_in(name_keys)).all(db).await?;
    }
    if !external_ids.is_empty() {
        found.extend(living().filter(Column::ExternalId.is_in(external_ids)).all(db).await?);
    }
    Ok(found)
}

/// Who of some people is in which groups.
pub async fn memberships_of(
    db: &impl ConnectionTrait,
    school: SchoolId,
    users: Vec<UserId>,
) -> Result<Vec<(UserId, GroupId)>, DbErr> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    group_member::Entity::scoped(Scope::School(school))
        .select_only()
        .column(group_member::Column::UserId)
        .column(group_member::Column::GroupId)
        .filter(group_member::Column::UserId.is_in(users))
        .into_tuple()
        .all(db)
        .await
}

/// Puts people into groups; who is in one stays there.
pub async fn add_many(
    db: &impl ConnectionTrait,
    school: SchoolId,
    pairs: &[(UserId, GroupId)],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    for batch in pairs.chunks(1_000) {
        let rows = batch.iter().map(|(user, group)| group_member::ActiveModel {
            school_id: Set(school),
            group_id: Set(*group),
            user_id: Set(*user),
            created_at: Set(now),
        });
        let stay = OnConflict::new().do_nothing().to_owned();
        #[expect(clippy::disallowed_methods, reason = "every row names its school")]
        let insert = group_member::Entity::insert_many(rows).on_conflict(stay);
        match insert.exec_without_returning(db).await {
            Ok(_) | Err(DbErr::RecordNotInserted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes somebody out of a group. False if they were not in it.
pub async fn remove_member(
    db: &impl ConnectionTrait,
    school: SchoolId,
    group: GroupId,
    user: UserId,
) -> Result<bool, DbErr> {
    let done = group_member::Entity::scoped_delete(Scope::School(school))
        .filter(group_member::Column::GroupId.eq(group))
        .filter(group_member::Column::UserId.eq(user))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The groups, not deleted, that somebody is in.
pub async fn of_person(db: &impl ConnectionTrait, school: SchoolId, user: UserId) -> Result<Vec<GroupId>, DbErr> {
    let filter = Filter { member: Some(user), ..Filter::default() };
    matching(Scope::School(school), &filter).select_only().column(Column::Id).into_tuple().all(db).await
}

/// Everybody who is in a group of a school, deleted or not.
pub async fn all_members(db: &impl ConnectionTrait, school: SchoolId) -> Result<Vec<(GroupId, UserId)>, DbErr> {
    group_member::Entity::scoped(Scope::School(school))
        .select_only()
        .columns([group_member::Column::GroupId, group_member::Column::UserId])
        .into_tuple()
        .all(db)
        .await
}

/// The groups, deleted or not, that somebody is in.
pub async fn any_of_person(db: &impl ConnectionTrait, school: SchoolId, user: UserId) -> Result<Vec<GroupId>, DbErr> {
    group_member::Entity::scoped(Scope::School(school))
        .filter(group_member::Column::UserId.eq(user))
        .select_only()
        .column(group_member::Column::GroupId)
        .into_tuple()
        .all(db)
        .await
}

/// Which of some groups there are.
pub async fn known(db: &impl ConnectionTrait, school: SchoolId, ids: &[GroupId]) -> Result<Vec<GroupId>, DbErr> {
    matching(Scope::School(school), &Filter::default())
        .filter(Column::Id.is_in(ids.iter().copied()))
        .select_only()
        .column(Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// Who is in some groups, by when they came in; who is in several, several times.
pub async fn people_of(db: &impl ConnectionTrait, school: SchoolId, ids: &[GroupId]) -> Result<Vec<UserId>, DbErr> {
    use group_member::Column as C;
    group_member::Entity::scoped(Scope::School(school))
        .filter(C::GroupId.is_in(ids.iter().copied()))
        .order_by_asc(C::CreatedAt)
        .order_by_asc(C::UserId)
        .select_only()
        .column(C::UserId)
        .into_tuple()
        .all(db)
        .await
}
