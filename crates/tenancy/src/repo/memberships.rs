//! Queries on memberships and the roles of members.

use lyceum_kernel::{Rank, SchoolId, Scope, UserId};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel as _, JoinType,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::error::TenancyError;
use crate::model::membership::{Column, Entity, MembershipId, Model, Status};
use crate::model::{ScopedTable, membership_role};

/// A membership, removed or not.
pub async fn find(db: &impl ConnectionTrait, school: SchoolId, user: UserId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::UserId.eq(user)).one(db).await
}

/// The same, locked until the transaction ends where the database has row locks.
pub async fn find_locked(db: &impl ConnectionTrait, school: SchoolId, user: UserId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::UserId.eq(user)).lock_exclusive().one(db).await
}

/// A membership that was not removed, and the names of its roles, sorted: one query.
pub async fn find_with_roles(
    db: &impl ConnectionTrait,
    school: SchoolId,
    user: UserId,
) -> Result<Option<(Model, Vec<String>)>, DbErr> {
    let roles = Entity::belongs_to(membership_role::Entity)
        .from((Column::SchoolId, Column::UserId))
        .to((membership_role::Column::SchoolId, membership_role::Column::UserId));
    let rows = Entity::scoped(Scope::School(school))
        .join(JoinType::LeftJoin, roles.into())
        .select_also(membership_role::Entity)
        .filter(Column::UserId.eq(user))
        .filter(Column::DeletedAt.is_null())
        .order_by_asc(membership_role::Column::Role)
        .all(db)
        .await?;
    let mut found = None;
    for (row, role) in rows {
        let (_, names) = found.get_or_insert_with(|| (row, Vec::new()));
        names.extend(role.map(|role| role.role));
    }
    Ok(found)
}

/// A membership by its own id, locked.
pub async fn find_by_id_locked(db: &impl ConnectionTrait, id: MembershipId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// The membership in a school that waits for somebody who has an account, locked.
pub async fn find_offered_locked(
    db: &impl ConnectionTrait,
    school: SchoolId,
    claimant: UserId,
) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::ClaimantId.eq(claimant))
        .filter(Column::DeletedAt.is_null())
        .lock_exclusive()
        .one(db)
        .await
}

/// The member of a school with this username, case-folded.
pub async fn find_by_username(
    db: &impl ConnectionTrait,
    school: SchoolId,
    username_key: &str,
) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::UsernameKey.eq(username_key))
        .filter(Column::DeletedAt.is_null())
        .one(db)
        .await
}

/// Every membership of an account that was not removed, offers included, the oldest first.
pub async fn of_account(db: &impl ConnectionTrait, account: UserId) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Condition::any().add(Column::UserId.eq(account)).add(Column::ClaimantId.eq(account)))
        .filter(Column::DeletedAt.is_null())
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Every membership of an account, removed ones and offers included.
pub async fn all_of_account(db: &impl ConnectionTrait, account: UserId) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Condition::any().add(Column::UserId.eq(account)).add(Column::ClaimantId.eq(account)))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Locks everybody who runs a school, always in the same order. Whoever takes one away holds these locks, so that two cannot
/// take the last two away at the same time.
pub async fn lock_administrators(db: &impl ConnectionTrait, school: SchoolId) -> Result<Vec<UserId>, DbErr> {
    let rows = Entity::scoped(Scope::School(school))
        .filter(Column::Rank.gte(i16::from(Rank::SCHOOL_ADMIN.get())))
        .filter(Column::Status.eq(Status::Active))
        .filter(Column::DeletedAt.is_null())
        .order_by_asc(Column::UserId)
        .lock_exclusive()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

/// Address and name of those who run a school and have an address.
pub async fn addresses_of_administrators(
    db: &impl ConnectionTrait,
    school: SchoolId,
    most: u64,
) -> Result<Vec<(String, Option<String>)>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::Rank.gte(i16::from(Rank::SCHOOL_ADMIN.get())))
        .filter(Column::Status.eq(Status::Active))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::Email.is_not_null())
        .select_only()
        .columns([Column::Email, Column::FullName])
        .order_by_asc(Column::UserId)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}

/// Members of a school, not removed, who have one of these values in a column with an index of its own: one query.
pub async fn find_many_by(
    db: &impl ConnectionTrait,
    school: SchoolId,
    column: Column,
    values: Vec<String>,
) -> Result<Vec<Model>, DbErr> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    Entity::scoped(Scope::School(school)).filter(column.is_in(values)).filter(Column::DeletedAt.is_null()).all(db).await
}

/// Inserts memberships with their roles.
///
/// # Errors
/// The name, address or external id that is taken, as the database decides.
pub async fn insert_many(
    db: &impl ConnectionTrait,
    rows: &[Model],
    roles: Vec<membership_role::Model>,
) -> Result<(), TenancyError> {
    Entity::add(db, rows.iter().cloned()).await?;
    Ok(membership_role::Entity::add(db, roles).await?)
}

/// Inserts a membership.
///
/// # Errors
/// The name, address or external id that is taken, as the database decides.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), TenancyError> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Takes a membership away for good: only to make room for another one of the same person.
pub async fn erase(db: &impl ConnectionTrait, school: SchoolId, user: UserId) -> Result<(), DbErr> {
    Entity::scoped_delete(Scope::School(school)).filter(Column::UserId.eq(user)).exec(db).await?;
    Ok(())
}

/// A change of one membership, to be applied only if nobody else has changed it since it was read.
pub type Change = lyceum_platform::db::Change<Entity>;

/// The names of a member's roles, sorted.
pub async fn roles_of(db: &impl ConnectionTrait, school: SchoolId, user: UserId) -> Result<Vec<String>, DbErr> {
    let rows = membership_role::Entity::scoped(Scope::School(school))
        .filter(membership_role::Column::UserId.eq(user))
        .order_by_asc(membership_role::Column::Role)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.role).collect())
}

/// The roles of some members of a school, by member and sorted: one query.
pub async fn roles_of_many(
    db: &impl ConnectionTrait,
    scope: Scope,
    users: &[UserId],
) -> Result<Vec<membership_role::Model>, DbErr> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    membership_role::Entity::scoped(scope)
        .filter(membership_role::Column::UserId.is_in(users.iter().copied()))
        .order_by_asc(membership_role::Column::UserId)
        .order_by_asc(membership_role::Column::Role)
        .all(db)
        .await
}

/// Whether anybody in a school has a role, former members included.
pub async fn anybody_has(db: &impl ConnectionTrait, school: SchoolId, role: &str) -> Result<bool, DbErr> {
    let found = membership_role::Entity::scoped(Scope::School(school))
        .filter(membership_role::Column::Role.eq(role))
        .limit(1)
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Replaces the roles of a member.
pub async fn set_roles(
    db: &impl ConnectionTrait,
    school: SchoolId,
    user: UserId,
    roles: &[String],
) -> Result<(), DbErr> {
    membership_role::Entity::scoped_delete(Scope::School(school))
        .filter(membership_role::Column::UserId.eq(user))
        .exec(db)
        .await?;
    let row = |role: &String| membership_role::Model { school_id: school, user_id: user, role: role.clone() };
    membership_role::Entity::add(db, roles.iter().map(row).collect::<Vec<_>>()).await
}

/// The memberships of some people in a school, deleted ones included.
pub async fn find_some(db: &impl ConnectionTrait, school: SchoolId, people: &[UserId]) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::UserId.is_in(people.iter().copied())).all(db).await
}
