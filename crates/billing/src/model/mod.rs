//! The tables of billing as sea-orm entities: plans, prices and the provider's events belong to the platform, everything else
//! to a school.

use lyceum_platform::db::EntityTable;
pub(crate) use lyceum_platform::db::ScopedTable;
use lyceum_platform::school_tables;
use sea_orm::{EntityTrait, Select};

pub mod customer;
pub mod invoice;
pub mod invoice_line;
pub mod invoice_sequence;
pub mod payment;
pub mod payment_method;
pub mod plan;
pub mod price;
pub mod provider_event;
pub mod subscription;

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![
        EntityTable::of::<customer::Entity>(),
        EntityTable::of::<invoice::Entity>(),
        EntityTable::of::<invoice_line::Entity>(),
        EntityTable::of::<invoice_sequence::Entity>(),
        EntityTable::of::<payment::Entity>(),
        EntityTable::of::<payment_method::Entity>(),
        EntityTable::of::<plan::Entity>(),
        EntityTable::of::<price::Entity>(),
        EntityTable::of::<provider_event::Entity>(),
        EntityTable::of::<subscription::Entity>(),
    ]
}

/// The only door into a platform table. Plans and prices are offered to everybody, so any scope may read them.
pub trait PlatformTable: EntityTrait {
    /// The rows of the platform.
    #[expect(clippy::disallowed_methods, reason = "this is the door itself")]
    fn offered() -> Select<Self> {
        Self::find()
    }
}

impl PlatformTable for plan::Entity {}
impl PlatformTable for price::Entity {}

school_tables!(customer invoice invoice_line payment payment_method subscription);

/// No relations: joins are written where they are wanted.
macro_rules! unrelated {
    () => {
        /// No relations: joins are written where they are wanted.
        #[derive(Copy, Clone, Debug, sea_orm::EnumIter, sea_orm::DeriveRelation)]
        pub enum Relation {}

        impl sea_orm::ActiveModelBehavior for ActiveModel {}
    };
}
pub(crate) use unrelated;

/// Declares an enum that is text in the database and the same text in the API.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, sea_orm::EnumIter, sea_orm::DeriveActiveEnum, serde::Serialize,
            serde::Deserialize, utoipa::ToSchema,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$what])* #[sea_orm(string_value = $text)] $variant,)+
        }

        impl $name {
            /// The name in the database, the API and the audit trail.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}
pub(crate) use word;
