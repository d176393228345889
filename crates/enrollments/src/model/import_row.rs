//! The rows of imports, until they are applied; and what is wrong with them, as long as that can be looked at.

use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;
use sea_orm::entity::prelude::*;

use super::enrollment::Role;
use super::import::EnrollmentImportId;

/// A row of `enrollment_import_rows`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollment_import_rows")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: EnrollmentImportId,
    /// The line on which the row begins, from 1; 0 for the whole file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i64,
    /// What is to be done.
    pub what: What,
    /// As what.
    pub role: Role,
    /// By what the person is named.
    pub person_by: Option<By>,
    /// The name.
    pub person: Option<String>,
    /// By what the course is named.
    pub course_by: Option<By>,
    /// The name.
    pub course: Option<String>,
    /// From when, if the row says.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when, if the row says.
    pub ends_at: Option<DateTime<Utc>>,
    /// What is wrong: the heading of the column.
    pub fault_column: Option<String>,
    /// What stands there, cut.
    pub fault_value: Option<String>,
    /// Stable, machine-readable; none if nothing is wrong.
    pub fault_code: Option<String>,
    /// For people.
    pub fault_reason: Option<String>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a row wants.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum What {
    /// Somebody is to take part.
    #[sea_orm(string_value = "enrol")]
    Enrol,
    /// Somebody is not to take part any more.
    #[sea_orm(string_value = "withdraw")]
    Withdraw,
    /// Nothing that Lyceum knows: parents, proctors.
    #[sea_orm(string_value = "nothing")]
    Nothing,
}

/// By what somebody, or a course, is named.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum By {
    /// Its id here.
    #[sea_orm(string_value = "id")]
    Id,
    /// Its id in the school's own records; a course's code.
    #[sea_orm(string_value = "record")]
    Record,
    /// An address.
    #[sea_orm(string_value = "email")]
    Email,
    /// A username.
    #[sea_orm(string_value = "username")]
    Username,
}
