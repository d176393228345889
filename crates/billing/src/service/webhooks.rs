//! The provider's events: signed, taken in once each, in any order.

use lyceum_platform::uow::{Answer, Committed, UnitOfWork};
use serde::Serialize;
use utoipa::ToSchema;

use super::BillingService;
use super::methods::OfMethod;
use crate::error::BillingError;
use crate::model::provider_event;
use crate::provider::News;
use crate::repo::payments;

/// The answer to an event.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(example = json!({"received": true}))]
pub struct Received {
    /// It need not be sent again.
    pub received: bool,
}

impl BillingService {
    /// Takes in an event. What it changes and that it was taken in are committed together; again, it changes nothing.
    pub async fn receive_event(
        &self,
        uow: UnitOfWork,
        body: &[u8],
        signature: &str,
    ) -> Result<Committed<Received>, BillingError> {
        let notice = self.provider.read_notice(body, signature, uow.now());
        let notice = notice.map_err(|_| BillingError::SignatureInvalid)?;
        let mut tx = uow.begin().await?;
        let event =
            provider_event::Model { id: notice.id, kind: notice.kind, happened_at: notice.at, received_at: tx.now() };
        if payments::note_event(tx.conn(), event).await? {
            match notice.news {
                News::Nothing => {}
                News::Payment { school, payment, charged, sum } => {
                    self.hear(&mut tx, (school, payment), charged, (Some(notice.at), sum)).await?;
                }
                News::MethodReady { school, method, reference } => {
                    self.method_ready(&mut tx, OfMethod { school, method }, reference, notice.at).await?;
                }
                News::MethodFailed { school, method } => {
                    self.method_failed(&mut tx, OfMethod { school, method }, notice.at).await?;
                }
            }
        }
        Ok(tx.commit(Answer::ok(Received { received: true })).await?)
    }
}
