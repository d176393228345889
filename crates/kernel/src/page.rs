//! Keyset paging: a page is a place in an order, never a number.

use uuid::Uuid;

/// Where a page begins: just after the row with this sort key and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The last row's id, which breaks ties.
    pub id: Uuid,
    /// The last row's sort key in an order-preserving or plain text form chosen by the list; empty where the id is the order.
    pub key: Vec<u8>,
}

/// What a client asks of a list.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// 1 to 100 rows.
    pub limit: u32,
    /// Where to begin; from the start if `None`.
    pub cursor: Option<Cursor>,
    /// Whether to count all rows for `X-Total-Count`.
    pub total: bool,
}

impl PageRequest {
    /// How many rows to fetch: one more than shown, to know whether there are more.
    pub const fn fetch(&self) -> u64 {
        self.limit as u64 + 1
    }
}

/// A page of views.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// At most `limit` rows.
    pub items: Vec<T>,
    /// Where the next page begins, while there is more.
    pub next: Option<Cursor>,
    /// The number of all rows, if it was asked for.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// Cuts `rows` (fetched with [`PageRequest::fetch`]) to the limit and takes the cursor from the last row kept.
    pub fn cut(mut rows: Vec<T>, request: &PageRequest, cursor_of: impl Fn(&T) -> Cursor) -> Self {
        let limit = request.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor_of) } else { None };
        Self { items: rows, next, total: None }
    }

    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next, total: self.total }
    }
}
