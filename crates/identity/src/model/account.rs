//! Accounts: who people are, and the hash of the password they prove it with.

use chrono::{DateTime, Utc};
use lyceum_kernel::{PlatformRole, SchoolId, Scope, UserId};
use lyceum_platform::db::{ScopedTable as _, Versioned};
use sea_orm::entity::prelude::*;

/// A row of `accounts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// The address as its owner typed it.
    pub email: Option<String>,
    /// The address case-folded: unique over the deployment.
    pub email_key: Option<String>,
    /// The username as typed.
    pub username: Option<String>,
    /// The username case-folded: unique among the accounts that no school opened; tenancy keeps it unique in each school.
    pub username_key: Option<String>,
    /// What people call them.
    pub full_name: Option<String>,
    /// Where the account stands in a list by name: see [`name_key`].
    pub name_key: String,
    /// Argon2id as a PHC string; none before the first password is set.
    pub password_hash: Option<String>,
    /// When the password was last set.
    pub password_changed_at: Option<DateTime<Utc>>,
    /// Whether staff set the password, so that the owner must set their own.
    pub must_change_password: bool,
    /// The role on the deployment.
    pub platform_role: Role,
    /// Whether staff let the account in; independent of activation.
    pub is_active: bool,
    /// When the owner proved the address (or staff vouched for the account).
    pub activated_at: Option<DateTime<Utc>>,
    /// BCP 47 language tag.
    pub locale: String,
    /// IANA time zone name.
    pub time_zone: String,
    /// The avatar among the files.
    pub avatar_file_id: Option<Uuid>,
    /// Whether login asks for a second factor.
    pub mfa_enabled: bool,
    /// The school that opened the account, if one did: its staff may change the names.
    pub opened_by_school_id: Option<SchoolId>,
    /// When the account was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
    /// When the account was made anonymous (for good).
    pub erased_at: Option<DateTime<Utc>>,
    /// Raised by every change that its readers can see.
    pub version: i64,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Model {
    type Entity = Entity;
    const VERSION: Column = Column::Version;
    const UPDATED_AT: Column = Column::UpdatedAt;

    fn version(&self) -> i64 {
        self.version
    }

    fn update(&self) -> sea_orm::UpdateMany<Entity> {
        Entity::scoped_update(Scope::Platform).filter(Column::Id.eq(self.id))
    }
}

/// [`PlatformRole`] as the database spells it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Role {
    /// Anybody with an account.
    #[sea_orm(string_value = "member")]
    Member,
    /// Platform staff.
    #[sea_orm(string_value = "admin")]
    Admin,
    /// Runs the deployment.
    #[sea_orm(string_value = "super_admin")]
    SuperAdmin,
}

impl From<Role> for PlatformRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Member => Self::Member,
            Role::Admin => Self::Admin,
            Role::SuperAdmin => Self::SuperAdmin,
        }
    }
}

impl From<PlatformRole> for Role {
    fn from(role: PlatformRole) -> Self {
        match role {
            PlatformRole::Member => Self::Member,
            PlatformRole::Admin => Self::Admin,
            PlatformRole::SuperAdmin => Self::SuperAdmin,
        }
    }
}

impl Model {
    /// Whether the account may be used at all: activated, let in by staff, not deleted.
    pub const fn usable(&self) -> bool {
        self.is_active && self.activated_at.is_some() && self.deleted_at.is_none() && self.erased_at.is_none()
    }
}

/// The form of an e-mail address or username that is compared and unique: trimmed and case-folded.
///
/// Going down, up and down again settles letters such as `ß`, `ẞ` and the final sigma alike.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase().to_uppercase().to_lowercase()
}

/// Most characters of a [`name_key`]: it has to fit into a cursor.
const NAME_KEY: usize = 80;

/// Where an account stands in a list by name: by the name, else the username, else the address, case-folded and cut.
pub fn name_key(full_name: Option<&str>, username: Option<&str>, email: Option<&str>) -> String {
    full_name.or(username).or(email).map(fold).unwrap_or_default().chars().take(NAME_KEY).collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn folding_ignores_case() {
        assert_eq!(fold(" Ada@Example.ORG "), "ada@example.org");
        assert_eq!(fold("STRAẞE"), fold("straße"));
    }
}
