//! Question banks.

use chrono::{DateTime, Utc};
use lyceum_kernel::{SchoolId, TestId, UserId};
use sea_orm::entity::prelude::*;

lyceum_kernel::id!(BankId, "A bank of questions.");

/// A row of `question_banks`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "question_banks")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The bank.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BankId,
    /// Whose it is.
    pub owner_id: UserId,
    /// The test whose own bank it is; such banks are not listed.
    pub test_id: Option<TestId>,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether the rest of the staff sees it.
    pub shared: bool,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted (restorable).
    pub deleted_at: Option<DateTime<Utc>>,
    /// The mark of what was deleted with it.
    pub deletion_id: Option<Uuid>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
