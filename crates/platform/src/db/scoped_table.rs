//! The only doors into tables: what is read, changed and deleted through them is what a [`Scope`] sees.
//!
//! A context names its tables in its `model/`, with [`school_tables!`](crate::school_tables) or
//! [`platform_tables!`](crate::platform_tables), or with a `visible` of its own; clippy refuses sea-orm's own doors everywhere else.

use lyceum_kernel::Scope;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, Condition, ConnectionTrait, DbErr, DeleteMany, EntityTrait, ExprTrait,
    IntoActiveModel, Iterable as _, QueryFilter, Select, UpdateMany,
};

/// Most values that are bound in one statement: `SQLite` takes no more than 32,766.
const VALUES: usize = 32_766;
/// Most rows in one insert: longer statements cost more to read than they save.
const ROWS: usize = 1_000;

/// A table whose rows are seen by some scopes and not by others.
pub trait ScopedTable: EntityTrait {
    /// The condition that a scope sees a row.
    fn visible(scope: Scope) -> Condition;

    /// The rows that the scope sees.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped(scope: Scope) -> Select<Self> {
        Self::find().filter(Self::visible(scope))
    }

    /// An update of the rows that the scope sees.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_update(scope: Scope) -> UpdateMany<Self> {
        Self::update_many().filter(Self::visible(scope))
    }

    /// A deletion of the rows that the scope sees.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door itself")]
    fn scoped_delete(scope: Scope) -> DeleteMany<Self> {
        Self::delete_many().filter(Self::visible(scope))
    }

    /// Inserts rows, in as few statements as they fit into.
    ///
    /// # Errors
    /// The database's.
    #[expect(clippy::disallowed_methods, reason = "this is the door itself; each row names whose it is")]
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
            let most = (VALUES / Self::Column::iter().count().max(1)).min(ROWS);
            let mut rows = rows.into_iter().map(|row| row.into_active_model().reset_all()).peekable();
            while rows.peek().is_some() {
                let batch: Vec<_> = rows.by_ref().take(most).collect();
                Self::insert_many(batch).exec_without_returning(db).await?;
            }
            Ok(())
        }
    }
}

/// A table whose rows belong to schools. A school sees its own, the platform (jobs, platform staff) all, others none.
pub trait SchoolTable: EntityTrait {
    /// The column that says whose a row is.
    const SCHOOL: Self::Column;
}

impl<E: SchoolTable> ScopedTable for E {
    fn visible(scope: Scope) -> Condition {
        of_school(E::SCHOOL, scope)
    }
}

/// The rows of the scope's school by this column; all for the platform, none for others.
pub fn of_school(school: impl ColumnTrait, scope: Scope) -> Condition {
    match scope {
        Scope::School(id) => Condition::all().add(school.eq(id)),
        Scope::Platform => Condition::all(),
        Scope::None => nothing(),
    }
}

/// All rows for the platform, none for others.
pub fn of_platform(scope: Scope) -> Condition {
    match scope {
        Scope::Platform => Condition::all(),
        Scope::School(_) | Scope::None => nothing(),
    }
}

fn nothing() -> Condition {
    Condition::all().add(ExprTrait::eq(Expr::val(1), 0))
}

/// Says of the entities in these modules that their rows belong to schools, by their column `SchoolId`.
#[macro_export]
macro_rules! school_tables {
    ($($table:ident)+) => {
        $(impl $crate::db::SchoolTable for $table::Entity {
            const SCHOOL: Self::Column = $table::Column::SchoolId;
        })+
    };
}

/// Says of the entities in these modules that their rows belong to the platform.
#[macro_export]
macro_rules! platform_tables {
    ($($table:ident)+) => {
        $(impl $crate::db::ScopedTable for $table::Entity {
            fn visible(scope: lyceum_kernel::Scope) -> sea_orm::Condition {
                $crate::db::of_platform(scope)
            }
        })+
    };
}
