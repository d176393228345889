//! What the deployment sells: plans and their prices. What becomes of either once it is there (a change, its deletion, its
//! restoration) is written here, once.

mod plans;
mod prices;

use chrono::{DateTime, Utc};
use lyceum_kernel::Page;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use sea_orm::DbErr;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

pub use plans::PLAN;
pub use prices::PRICE;

use crate::error::BillingError;

/// A plan or a price.
trait Article: Clone + Send + Sync {
    /// Its id.
    type Id: Copy + Send;
    /// What clients see of it.
    type View: From<Self> + Serialize + Send;
    /// The kind of view in its entity tag, and of target in the audit trail.
    const KIND: &'static str;
    /// Where all of them are listed.
    const PLACE: &'static str;
    /// What a change is called in the audit trail.
    const CHANGED: &'static str;
    /// What its deletion is called there.
    const DELETED: &'static str;
    /// What its restoration is called there.
    const RESTORED: &'static str;

    /// Its id, whatever it is.
    fn id(&self) -> Uuid;

    /// The version of the row.
    fn version(&self) -> i64;

    /// When it was deleted.
    fn deleted_at(&mut self) -> &mut Option<DateTime<Utc>>;

    /// What the audit trail tells of it.
    fn told(&self) -> Value;

    /// The row, deleted or not, locked.
    fn locked(tx: &Tx, id: Self::Id) -> impl Future<Output = Result<Option<Self>, DbErr>> + Send;

    /// Writes the row with its version raised.
    fn saved(self, tx: &Tx) -> impl Future<Output = Result<Self, BillingError>> + Send;

    /// What must be so, or is done, before it is deleted.
    fn withdraw(&mut self, tx: &Tx) -> impl Future<Output = Result<(), BillingError>> + Send;

    /// Its entity tag.
    fn tag(&self) -> String {
        etag(Self::KIND, self.version())
    }
}

/// A page of what the caller is not to see.
fn nothing<T>() -> Page<T> {
    Page { items: Vec::new(), next: None, total: Some(0) }
}

/// The answer to making one.
async fn made<A: Article>(tx: Tx, article: A) -> Result<Committed<A::View>, BillingError> {
    let (tag, location) = (article.tag(), format!("{}/{}", A::PLACE, article.id()));
    Ok(tx.commit(Answer::created(A::View::from(article)).location(location).etag(tag)).await?)
}

/// One that is not deleted, locked, if it is the version that the client means.
async fn living<A: Article>(tx: &Tx, id: A::Id, expected: &IfMatch) -> Result<A, BillingError> {
    let mut found = A::locked(tx, id).await?.ok_or(BillingError::NotFound)?;
    if found.deleted_at().is_some() {
        return Err(BillingError::NotFound);
    }
    expected.require(&found.tag()).map_err(|_| BillingError::Stale)?;
    Ok(found)
}

/// Writes one as it is to be.
async fn change<A: Article>(
    uow: UnitOfWork,
    expected: &IfMatch,
    id: A::Id,
    edit: impl FnOnce(A) -> A + Send,
) -> Result<Committed<A::View>, BillingError> {
    let mut tx = uow.begin().await?;
    let before = living::<A>(&tx, id, expected).await?;
    let audit = Audit::of(A::CHANGED, A::KIND, before.id()).before(before.told());
    let after = edit(before).saved(&tx).await?;
    tx.audit(audit.after(after.told()));
    let tag = after.tag();
    Ok(tx.commit(Answer::ok(A::View::from(after)).etag(tag)).await?)
}

/// Deletes one, softly.
async fn delete<A: Article>(uow: UnitOfWork, expected: &IfMatch, id: A::Id) -> Result<Committed<()>, BillingError> {
    let mut tx = uow.begin().await?;
    let mut article = living::<A>(&tx, id, expected).await?;
    let audit = Audit::of(A::DELETED, A::KIND, article.id()).before(article.told());
    article.withdraw(&tx).await?;
    *article.deleted_at() = Some(tx.now());
    article.saved(&tx).await?;
    tx.audit(audit);
    Ok(tx.commit(Answer::no_content()).await?)
}

/// Brings a deleted one back.
async fn restore<A: Article>(uow: UnitOfWork, id: A::Id) -> Result<Committed<A::View>, BillingError> {
    let mut tx = uow.begin().await?;
    let mut article = A::locked(&tx, id).await?.ok_or(BillingError::NotFound)?;
    if article.deleted_at().take().is_none() {
        return Err(BillingError::NotDeleted);
    }
    let article = article.saved(&tx).await?;
    tx.audit(Audit::of(A::RESTORED, A::KIND, article.id()).after(article.told()));
    let tag = article.tag();
    Ok(tx.commit(Answer::ok(A::View::from(article)).etag(tag)).await?)
}
