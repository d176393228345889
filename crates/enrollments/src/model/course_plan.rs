//! What there is to be completed in a course, as progress counts it.

use chrono::{DateTime, Utc};
use lyceum_kernel::{BlockId, CourseId, SchoolId};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A row of `course_plans`: the blocks that count in a course in which somebody has completed something. Whoever completes a block
/// shares it, whoever brings it up to date holds it: so no completion is counted by a plan that is out of date.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_plans")]
pub struct Model {
    /// The school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub school_id: SchoolId,
    /// The course.
    #[sea_orm(primary_key, auto_increment = false)]
    pub course_id: CourseId,
    /// The version of the course's outline that it was made of.
    pub revision: i64,
    /// The blocks, in order.
    #[sea_orm(column_type = "JsonBinary")]
    pub blocks: Blocks,
    /// When it was last brought up to date.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written where they are wanted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Blocks in the order in which they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Blocks(pub Vec<BlockId>);

impl Blocks {
    /// How many there are.
    pub fn count(&self) -> i32 {
        i32::try_from(self.0.len()).unwrap_or(i32::MAX)
    }
}
