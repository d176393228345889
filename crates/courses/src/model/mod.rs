//! The tables of courses as sea-orm entities, and the only doors into them.
//!
//! A school's rows are reached through [`SchoolTable`] by naming the school; [`Scope::Platform`] reaches the rows of all schools
//! (jobs, platform staff, and what is public), [`Scope::None`] none.

use lyceum_kernel::Scope;
use lyceum_platform::db::EntityTable;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, Condition, ConnectionTrait, DbErr, DeleteMany, EntityTrait, ExprTrait,
    IntoActiveModel, QueryFilter, Select, UpdateMany,
};

pub mod block;
pub mod course;
pub mod course_search;
pub mod course_tag;
pub mod course_teacher;
pub mod rating;
pub mod section;

/// The tables as their entities see them, for the test that holds entities against the migrated schema.
pub fn entity_tables() -> Vec<EntityTable> {
    vec![
        EntityTable::of::<block::Entity>(),
        EntityTable::of::<course::Entity>(),
        EntityTable::of::<course_search::Entity>(),
        EntityTable::of::<course_tag::Entity>(),
        EntityTable::of::<course_teacher::Entity>(),
        EntityTable::of::<rating::Entity>(),
        EntityTable::of::<section::Entity>(),
    ]
}

/// Rows in one insert: few enough that all their values can be bound in one statement.
const ROWS: usize = 200;

/// The only doors into a table whose rows belong to schools: select, insert, update and delete within a [`Scope`].
pub trait SchoolTable: EntityTrait {
    /// The column that says whose a row is.
    const SCHOOL: Self::Column;

    /// The rows within the scope.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped(scope: Scope) -> Select<Self> {
        Self::find().filter(Self::within(scope))
    }

    /// An update of the rows within the scope.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_update(scope: Scope) -> UpdateMany<Self> {
        Self::update_many().filter(Self::within(scope))
    }

    /// A deletion of the rows within the scope.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_delete(scope: Scope) -> DeleteMany<Self> {
        Self::delete_many().filter(Self::within(scope))
    }

    /// Inserts rows, in as few statements as they fit into.
    #[expect(clippy::disallowed_methods, reason = "this is the door itself; each row names its school")]
    fn add<A>(
        db: &impl ConnectionTrait,
        rows: impl IntoIterator<Item = A, IntoIter: Send> + Send,
    ) -> impl Future<Output = Result<(), DbErr>> + Send
    where
        A: IntoActiveModel<Self::ActiveModel> + Send,
        Self::ActiveModel: ActiveModelBehavior + Send,
    {
        use sea_orm::ActiveModelTrait as _;
        async move {
            let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
            let mut rows: Vec<_> = rows.collect();
            while !rows.is_empty() {
                let rest = rows.split_off(rows.len().min(ROWS));
                Self::insert_many(rows).exec_without_returning(db).await?;
                rows = rest;
            }
            Ok(())
        }
    }

    /// The condition that a row is within the scope.
    fn within(scope: Scope) -> Condition {
        match scope {
            Scope::School(school) => Condition::all().add(Self::SCHOOL.eq(school)),
            Scope::Platform => Condition::all(),
            Scope::None => Condition::all().add(ExprTrait::eq(Expr::val(1), 0)),
        }
    }
}

/// A table whose rows have an id, a version and a mark of deletion.
pub trait Kept: SchoolTable {
    /// The row's id.
    const ID: Self::Column;
    /// Its version.
    const VERSION: Self::Column;
    /// When it last changed.
    const UPDATED_AT: Self::Column;
    /// When it was deleted.
    const DELETED_AT: Self::Column;
    /// With what it was deleted.
    const DELETION: Self::Column;
    /// The course that it is beneath.
    const COURSE: Self::Column;
}

/// A table whose rows stand in an order beneath a parent.
pub trait Ordered: Kept {
    /// What they stand beneath.
    const PARENT: Self::Column;
    /// Their place, from 0.
    const POSITION: Self::Column;
}

macro_rules! school_tables {
    ($($table:ident)+) => {
        $(impl SchoolTable for $table::Entity {
            const SCHOOL: Self::Column = $table::Column::SchoolId;
        })+
    };
}
school_tables!(block course course_search course_tag course_teacher rating section);

macro_rules! kept {
    ($($table:ident $course:ident;)+) => {
        $(impl Kept for $table::Entity {
            const ID: Self::Column = $table::Column::Id;
            const VERSION: Self::Column = $table::Column::Version;
            const UPDATED_AT: Self::Column = $table::Column::UpdatedAt;
            const DELETED_AT: Self::Column = $table::Column::DeletedAt;
            const DELETION: Self::Column = $table::Column::DeletionId;
            const COURSE: Self::Column = $table::Column::$course;
        })+
    };
}
kept! {
    block CourseId;
    course Id;
    rating CourseId;
    section CourseId;
}

impl Ordered for section::Entity {
    const PARENT: Self::Column = section::Column::CourseId;
    const POSITION: Self::Column = section::Column::Position;
}

impl Ordered for block::Entity {
    const PARENT: Self::Column = block::Column::SectionId;
    const POSITION: Self::Column = block::Column::Position;
}

/// The form of a name that is compared and unique: trimmed and case-folded.
///
/// Going down, up and down again settles letters such as `ß`, `ẞ` and the final sigma alike.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase().to_uppercase().to_lowercase()
}

/// Most characters of a sort key: it has to fit into a cursor.
const KEY: usize = 80;

/// Where something stands in a list by title: case-folded and cut.
pub fn title_key(title: &str) -> String {
    fold(title).chars().take(KEY).collect()
}
