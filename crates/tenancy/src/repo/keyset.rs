//! Pages of a list by id, or by a name and then the id: each begins in the middle of an index.

use lyceum_kernel::{Cursor, PageRequest};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sorting {
    /// By name; else by when it was made, which is the order of ids.
    pub by_name: bool,
    /// Backwards.
    pub descending: bool,
}

/// Characters of a name that fit into a cursor.
const CURSOR_KEY: usize = 80;

impl Sorting {
    /// The place just behind a row with this id and name.
    pub fn cursor(self, id: Uuid, name_key: &str) -> Cursor {
        let key = if self.by_name { name_key.chars().take(CURSOR_KEY).collect() } else { String::new() };
        Cursor { id, key: key.into_bytes() }
    }
}

/// The columns that a list is sorted by.
#[derive(Debug, Clone, Copy)]
pub struct Keys<C> {
    /// The name, case-folded; any column where the list is never by name.
    pub name: C,
    /// The id.
    pub id: C,
}

/// One page of the rows, and how many there are if that was asked.
pub async fn page<E>(
    db: &impl ConnectionTrait,
    rows: Select<E>,
    keys: Keys<E::Column>,
    sorting: Sorting,
    request: &PageRequest,
) -> Result<(Vec<E::Model>, Option<u64>), DbErr>
where
    E: EntityTrait,
    E::Model: FromQueryResult + Send + Sync,
{
    let total = if request.total { Some(rows.clone().count(db).await?) } else { None };
    let order = if sorting.descending { Order::Desc } else { Order::Asc };
    let mut rows = rows.limit(request.fetch());
    if sorting.by_name {
        rows = rows.order_by(keys.name, order.clone());
    }
    rows = rows.order_by(keys.id, order);
    if let Some(cursor) = &request.cursor {
        rows = rows.filter(behind(cursor, keys, sorting));
    }
    Ok((rows.all(db).await?, total))
}

/// The rows behind a place. A cursor is only ever a place: whatever its key says, the rows beyond it are well defined.
fn behind<C: ColumnTrait>(cursor: &Cursor, keys: Keys<C>, sorting: Sorting) -> Condition {
    let beyond_id = if sorting.descending { keys.id.lt(cursor.id) } else { keys.id.gt(cursor.id) };
    if !sorting.by_name {
        return Condition::all().add(beyond_id);
    }
    let key = String::from_utf8_lossy(&cursor.key).replace('\0', "");
    // The first condition alone lets the database begin in the middle of the index.
    let (from_key, beyond_key) = if sorting.descending {
        (keys.name.lte(key.clone()), keys.name.lt(key.clone()))
    } else {
        (keys.name.gte(key.clone()), keys.name.gt(key.clone()))
    };
    let tie = Condition::all().add(keys.name.eq(key)).add(beyond_id);
    Condition::all().add(from_key).add(Condition::any().add(beyond_key).add(tie))
}
