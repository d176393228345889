//! Nobody collects: invoices are paid by transfer, and staff mark them paid.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lyceum_kernel::SchoolId;

use super::{Charge, Charged, MethodDetails, Notice, Payer, PaymentProvider, ProviderError};
use crate::model::payment_method::PaymentMethodId;

/// The built-in provider.
#[derive(Debug, Clone, Copy)]
pub struct Manual;

#[async_trait]
impl PaymentProvider for Manual {
    fn collects(&self) -> bool {
        false
    }

    async fn open_customer(&self, _: SchoolId) -> Result<String, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn update_customer(&self, _: &str, _: &Payer) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn set_up_method(&self, _: &str, _: SchoolId, _: PaymentMethodId, _: &str) -> Result<String, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn method_details(&self, _: &str) -> Result<MethodDetails, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn forget_method(&self, _: &str) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn charge(&self, _: &Charge) -> Result<Charged, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    fn read_notice(&self, _: &[u8], _: &str, _: DateTime<Utc>) -> Result<Notice, ProviderError> {
        Err(ProviderError::Unsupported)
    }
}
