//! Queries on the directory of accounts, and versioned changes of one.

use chrono::{DateTime, Utc};
use lyceum_kernel::{Cursor, Entropy, PageRequest, PlatformRole, Scope, UserId};
use sea_orm::sea_query::{LikeExpr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait,
    IntoActiveModel as _, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::error::IdentityError;
use crate::model::account::{Column, Entity, Model, Role, fold};
use crate::model::{ScopedTable, session};

/// What a list or a profile shows of an account: no hash leaves the table for it.
#[derive(Debug, Clone, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct UserRow {
    /// The account.
    pub id: UserId,
    /// The username as typed.
    pub username: Option<String>,
    /// The address as typed.
    pub email: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// Where it stands in a list by name.
    pub name_key: String,
    /// The role on the deployment.
    pub platform_role: Role,
    /// Whether staff let it in.
    pub is_active: bool,
    /// When the address was proven.
    pub activated_at: Option<DateTime<Utc>>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Its version.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<Model> for UserRow {
    fn from(account: Model) -> Self {
        let Model {
            id,
            username,
            email,
            full_name,
            name_key,
            platform_role,
            is_active,
            activated_at,
            deleted_at,
            version,
            created_at,
            updated_at,
            ..
        } = account;
        Self {
            id,
            username,
            email,
            full_name,
            name_key,
            platform_role,
            is_active,
            activated_at,
            deleted_at,
            version,
            created_at,
            updated_at,
        }
    }
}

/// Which accounts to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of name, username or address.
    pub text: Option<String>,
    /// Let in or not.
    pub is_active: Option<bool>,
    /// The role on the deployment.
    pub role: Option<PlatformRole>,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sorting {
    /// By name; else by creation, which is the order of ids.
    pub by_name: bool,
    /// Backwards.
    pub descending: bool,
}

impl Sorting {
    /// The place just behind a row.
    pub fn cursor(self, row: &UserRow) -> Cursor {
        let key = if self.by_name { row.name_key.clone().into_bytes() } else { Vec::new() };
        Cursor { id: row.id.uuid(), key }
    }
}

/// One account that was not erased: one query.
pub async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<UserRow>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::Id.eq(id))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::ErasedAt.is_null())
        .into_partial_model::<UserRow>()
        .one(db)
        .await
}

/// One page of accounts, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &Filter,
    sorting: Sorting,
    request: &PageRequest,
) -> Result<(Vec<UserRow>, Option<u64>), DbErr> {
    let total = if request.total { Some(matching(filter).count(db).await?) } else { None };
    let order = if sorting.descending { Order::Desc } else { Order::Asc };
    let mut rows = matching(filter).limit(request.fetch());
    if sorting.by_name {
        rows = rows.order_by(Column::NameKey, order.clone());
    }
    rows = rows.order_by(Column::Id, order);
    if let Some(cursor) = &request.cursor {
        rows = rows.filter(behind(cursor, sorting));
    }
    Ok((rows.into_partial_model::<UserRow>().all(db).await?, total))
}

fn matching(filter: &Filter) -> Select<Entity> {
    let mut select = Entity::scoped(Scope::Platform).filter(Column::ErasedAt.is_null());
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
    if let Some(is_active) = filter.is_active {
        select = select.filter(Column::IsActive.eq(is_active));
    }
    if let Some(role) = filter.role {
        select = select.filter(Column::PlatformRole.eq(Role::from(role)));
    }
    if let Some(since) = filter.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since));
    }
    select
}

/// A `LIKE` pattern for text anywhere, in which `%` and `_` mean themselves.
fn like(text: &str) -> LikeExpr {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{escaped}%")).escape('\\')
}

fn behind(cursor: &Cursor, sorting: Sorting) -> Condition {
    let id = UserId(cursor.id);
    let beyond_id = if sorting.descending { Column::Id.lt(id) } else { Column::Id.gt(id) };
    if !sorting.by_name {
        return Condition::all().add(beyond_id);
    }
    // A cursor is only ever a place: whatever its key says, the rows beyond it are well defined.
    let key = String::from_utf8_lossy(&cursor.key).replace('\0', "");
    let beyond_key = if sorting.descending { Column::NameKey.lt(key.clone()) } else { Column::NameKey.gt(key.clone()) };
    Condition::any().add(beyond_key).add(Condition::all().add(Column::NameKey.eq(key)).add(beyond_id))
}

/// An account with no names yet: a member, let in by staff, waiting for its activation.
pub fn blank(now: DateTime<Utc>, entropy: &dyn Entropy) -> Model {
    Model {
        id: UserId::new(now, entropy),
        email: None,
        email_key: None,
        username: None,
        username_key: None,
        full_name: None,
        name_key: String::new(),
        password_hash: None,
        password_changed_at: None,
        must_change_password: false,
        platform_role: Role::Member,
        is_active: true,
        activated_at: None,
        locale: DEFAULT_LOCALE.to_owned(),
        time_zone: DEFAULT_TIME_ZONE.to_owned(),
        avatar_file_id: None,
        mfa_enabled: false,
        opened_by_school_id: None,
        deleted_at: None,
        erased_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// The language of those who have not said theirs.
pub const DEFAULT_LOCALE: &str = "en";

/// The time zone of those who have not said theirs.
pub const DEFAULT_TIME_ZONE: &str = "UTC";

/// Inserts an account.
///
/// # Errors
/// [`IdentityError::UsernameTaken`] and [`IdentityError::EmailTaken`] as the database decides.
pub async fn insert(db: &impl ConnectionTrait, account: Model) -> Result<(), IdentityError> {
    Entity::insert(account.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Inserts accounts.
///
/// # Errors
/// [`IdentityError::EmailTaken`] and [`IdentityError::UsernameTaken`] as the database decides.
pub async fn insert_many(db: &impl ConnectionTrait, accounts: &[Model]) -> Result<(), IdentityError> {
    Ok(Entity::add(db, accounts.iter().cloned()).await?)
}

/// Inserts an account unless its address or username is taken. False if one of the two is.
pub async fn insert_unless_taken(db: &impl ConnectionTrait, account: Model) -> Result<bool, DbErr> {
    // Without a target: whichever of the unique names is taken.
    let stay_away = OnConflict::new().do_nothing().to_owned();
    let insert = Entity::insert(account.into_active_model().reset_all()).on_conflict(stay_away);
    match insert.exec_without_returning(db).await {
        Ok(rows) => Ok(rows == 1),
        Err(DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Locks the accounts of all super admins who can act, always in the same order, and names them. Whoever takes one away holds
/// these locks, so that two cannot take the last two away at the same time.
pub async fn lock_super_admins(db: &impl ConnectionTrait) -> Result<Vec<UserId>, DbErr> {
    let admins = Entity::scoped(Scope::Platform)
        .filter(Column::PlatformRole.eq(Role::SuperAdmin))
        .filter(Column::IsActive.eq(true))
        .filter(Column::ActivatedAt.is_not_null())
        .filter(Column::DeletedAt.is_null())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(db)
        .await?;
    Ok(admins.into_iter().map(|admin| admin.id).collect())
}

/// A change of one account, to be applied only if nobody else has changed it since it was read.
pub type Change = lyceum_platform::db::Change<Entity>;

/// Every session of an account that is still kept, ended ones too.
pub async fn sessions_of(db: &impl ConnectionTrait, account: UserId) -> Result<Vec<session::Model>, DbErr> {
    session::Entity::scoped(Scope::Platform)
        .filter(session::Column::AccountId.eq(account))
        .order_by_desc(session::Column::Id)
        .all(db)
        .await
}

/// Forgets every session of an account, with the addresses they came from.
pub async fn delete_sessions(db: &impl ConnectionTrait, account: UserId) -> Result<(), DbErr> {
    session::Entity::scoped_delete(Scope::Platform).filter(session::Column::AccountId.eq(account)).exec(db).await?;
    Ok(())
}
