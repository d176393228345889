//! Payments, payment methods and the provider's events.

use lyceum_kernel::{Page, PageRequest, SchoolId, Scope};
use sea_orm::sea_query::{Expr, OnConflict, Order};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel as _,
    PaginatorTrait, QueryFilter, QuerySelect,
};

use super::page;
use crate::model::invoice::InvoiceId;
use crate::model::payment::{PaymentId, PaymentState};
use crate::model::payment_method::{MethodState, PaymentMethodId};
use crate::model::{ScopedTable, payment, payment_method, provider_event};

/// One page of an invoice's payments, the latest first.
pub async fn page_of(
    db: &impl ConnectionTrait,
    school: SchoolId,
    invoice: InvoiceId,
    request: &PageRequest,
) -> Result<Page<payment::Model>, DbErr> {
    let select = payment::Entity::scoped(Scope::School(school)).filter(payment::Column::InvoiceId.eq(invoice));
    page(db, select, payment::Column::Id, Order::Desc, request, |row| row.id.uuid()).await
}

/// One payment.
pub async fn find(db: &impl ConnectionTrait, school: SchoolId, id: PaymentId) -> Result<Option<payment::Model>, DbErr> {
    payment::Entity::scoped(Scope::School(school)).filter(payment::Column::Id.eq(id)).one(db).await
}

/// The same, locked for a change. Its invoice is locked before it.
pub async fn lock(db: &impl ConnectionTrait, school: SchoolId, id: PaymentId) -> Result<Option<payment::Model>, DbErr> {
    let select = payment::Entity::scoped(Scope::School(school)).filter(payment::Column::Id.eq(id));
    select.lock_exclusive().one(db).await
}

/// Whether a payment of the invoice is under way.
pub async fn under_way(db: &impl ConnectionTrait, school: SchoolId, invoice: InvoiceId) -> Result<bool, DbErr> {
    let open = [PaymentState::Pending, PaymentState::RequiresAction, PaymentState::Processing];
    let select = payment::Entity::scoped(Scope::School(school))
        .filter(payment::Column::InvoiceId.eq(invoice))
        .filter(payment::Column::State.is_in(open));
    Ok(select.count(db).await? > 0)
}

/// One page of a school's payment methods.
pub async fn page_of_methods(
    db: &impl ConnectionTrait,
    school: SchoolId,
    request: &PageRequest,
) -> Result<Page<payment_method::Model>, DbErr> {
    let select =
        payment_method::Entity::scoped(Scope::School(school)).filter(payment_method::Column::DeletedAt.is_null());
    page(db, select, payment_method::Column::Id, Order::Asc, request, |row| row.id.uuid()).await
}

/// One payment method that was not removed.
pub async fn method(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: PaymentMethodId,
) -> Result<Option<payment_method::Model>, DbErr> {
    payment_method::Entity::scoped(Scope::School(school))
        .filter(payment_method::Column::Id.eq(id))
        .filter(payment_method::Column::DeletedAt.is_null())
        .one(db)
        .await
}

/// The same, locked for a change, removed or not.
pub async fn lock_method(
    db: &impl ConnectionTrait,
    school: SchoolId,
    id: PaymentMethodId,
) -> Result<Option<payment_method::Model>, DbErr> {
    let select = payment_method::Entity::scoped(Scope::School(school)).filter(payment_method::Column::Id.eq(id));
    select.lock_exclusive().one(db).await
}

/// The method that is charged by itself.
pub async fn default_method(
    db: &impl ConnectionTrait,
    school: SchoolId,
) -> Result<Option<payment_method::Model>, DbErr> {
    payment_method::Entity::scoped(Scope::School(school))
        .filter(payment_method::Column::DeletedAt.is_null())
        .filter(payment_method::Column::IsDefault.eq(true))
        .filter(payment_method::Column::State.eq(MethodState::Active))
        .one(db)
        .await
}

/// No method but this one is charged by itself any more.
#[expect(clippy::disallowed_methods, reason = "filtered by school")]
pub async fn only_default(db: &impl ConnectionTrait, school: SchoolId, id: PaymentMethodId) -> Result<(), DbErr> {
    use payment_method::Column;
    payment_method::Entity::update_many()
        .col_expr(Column::IsDefault, Expr::value(false))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::SchoolId.eq(school))
        .filter(Column::Id.ne(id))
        .filter(Column::IsDefault.eq(true))
        .exec(db)
        .await
        .map(drop)
}

/// Notes an event. False if it came in before.
pub async fn note_event(db: &impl ConnectionTrait, event: provider_event::Model) -> Result<bool, DbErr> {
    let there = OnConflict::column(provider_event::Column::Id).do_nothing().to_owned();
    let insert = provider_event::Entity::insert(event.into_active_model().reset_all()).on_conflict(there);
    match insert.exec_without_returning(db).await {
        Ok(rows) => Ok(rows == 1),
        Err(DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(error),
    }
}
