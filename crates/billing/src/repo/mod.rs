//! Queries. What is read is read within a scope; what is written names its whole primary key, of which the school is the first
//! part, and the version that it replaces.

pub mod invoices;
pub mod payments;
pub mod plans;
pub mod reports;
pub mod subscriptions;

use chrono::{DateTime, Utc};
use lyceum_kernel::{Cursor, Page, PageRequest};
use sea_orm::sea_query::Order;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::error::BillingError;
use crate::model::{customer, invoice, payment, payment_method, plan, price, subscription};

/// A row that every change raises the version of.
pub trait Versioned: Sized {
    /// Its table.
    type Entity: EntityTrait<Model = Self>;
    /// The column of the version.
    const VERSION: <Self::Entity as EntityTrait>::Column;

    /// Raises the version at this moment, and tells the one before.
    fn raise(&mut self, now: DateTime<Utc>) -> i64;
}

macro_rules! versioned {
    ($($table:ident),+) => {
        $(impl Versioned for $table::Model {
            type Entity = $table::Entity;
            const VERSION: $table::Column = $table::Column::Version;

            fn raise(&mut self, now: DateTime<Utc>) -> i64 {
                self.version += 1;
                self.updated_at = now;
                self.version - 1
            }
        })+
    };
}
versioned!(customer, invoice, payment, payment_method, plan, price, subscription);

/// Inserts a row.
pub async fn insert<M>(db: &impl ConnectionTrait, row: M) -> Result<(), DbErr>
where
    M: sea_orm::ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity>,
{
    <M::Entity as EntityTrait>::insert(row.into_active_model().reset_all()).exec_without_returning(db).await.map(drop)
}

/// Writes the whole row over the version that it was made from, raising the version.
///
/// # Errors
/// [`BillingError::Stale`] if somebody else has changed it since.
pub async fn save<M>(db: &impl ConnectionTrait, mut row: M, now: DateTime<Utc>) -> Result<M, BillingError>
where
    M: Versioned + Clone + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity>,
{
    let before = row.raise(now);
    let update = <M::Entity as EntityTrait>::update(row.clone().into_active_model().reset_all());
    let done = update.validate()?.filter(M::VERSION.eq(before)).exec_without_returning(db).await?;
    if done.rows_affected == 1 { Ok(row) } else { Err(BillingError::Stale) }
}

/// A page of a list whose order is that of its ids, which is that of creation.
pub async fn page<E>(
    db: &impl ConnectionTrait,
    select: Select<E>,
    id: E::Column,
    order: Order,
    request: &PageRequest,
    id_of: impl Fn(&E::Model) -> Uuid,
) -> Result<Page<E::Model>, DbErr>
where
    E: EntityTrait,
    E::Model: FromQueryResult + Send + Sync,
{
    let total = if request.total { Some(select.clone().count(db).await?) } else { None };
    let mut rows = select.order_by(id, order.clone()).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        rows = rows.filter(if order == Order::Desc { id.lt(cursor.id) } else { id.gt(cursor.id) });
    }
    let rows = rows.all(db).await?;
    let page = Page::cut(rows, request, |row| Cursor { id: id_of(row), key: Vec::new() });
    Ok(Page { total, ..page })
}
