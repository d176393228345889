//! Schools.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, Scope};
use lyceum_platform::db::{ScopedTable as _, Versioned};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A row of `schools`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schools")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SchoolId,
    /// Its name in addresses: lower case, unique among the schools that are not deleted.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// Where it stands in a list by name.
    pub name_key: String,
    /// The IANA time zone that its days are counted in.
    pub time_zone: String,
    /// BCP 47 language tag of those who have not said theirs.
    pub locale: String,
    /// Colours and logo, as clients show them.
    #[sea_orm(column_type = "JsonBinary")]
    pub branding: Json,
    /// Whether platform staff suspended it.
    pub status: Status,
    /// Since when it is not paid for; set by billing.
    pub lapsed_at: Option<DateTime<Utc>>,
    /// Whether it is shown to strangers who look for their school.
    pub directory_public: bool,
    /// Whether whoever registers may join at once, in the default role.
    pub self_signup: bool,
    /// The role of those who join without another; `student` if none.
    pub default_role: Option<String>,
    /// The names of the roles that strangers may ask for, as an array; none where it takes no requests.
    #[sea_orm(column_type = "JsonBinary")]
    pub requestable_roles: Json,
    /// How many members it may have; any number if none. Set by billing.
    pub seat_limit: Option<i64>,
    /// How many it has: pending and active ones.
    pub seats_used: i64,
    /// Raised by every change that its readers can see.
    pub version: i64,
    /// When it was founded.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
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
        Entity::scoped_update(Scope::School(self.id))
    }
}

/// Whether a school may be written to, as platform staff see it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "snake_case")]
#[schema(as = SchoolStatus)]
pub enum Status {
    /// In use.
    #[sea_orm(string_value = "active")]
    Active,
    /// It can be read, not written.
    #[sea_orm(string_value = "suspended")]
    Suspended,
}

impl Model {
    /// The names of the roles that people come in with by themselves, or ask for.
    pub fn open_roles(&self) -> Vec<String> {
        self.default_role.iter().cloned().chain(self.requestable()).collect()
    }

    /// The names of the roles that strangers may ask for.
    pub fn requestable(&self) -> Vec<String> {
        let names = self.requestable_roles.as_array().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// Whether its rows may be written.
    pub const fn writable(&self) -> bool {
        matches!(self.status, Status::Active) && self.lapsed_at.is_none() && self.deleted_at.is_none()
    }
}
