//! The use cases of the audit log.

pub mod erasure;
pub mod reading;
pub mod sealer;
pub mod verification;

use std::sync::Arc;

use lyceum_platform::Platform;
use tokio::sync::OnceCell;

use crate::error::AuditError;
use crate::repo::seals;
use crate::signing::Signer;

/// Everything the audit log does. One per process.
#[derive(Debug)]
pub struct AuditService {
    pub(crate) platform: Platform,
    signer: OnceCell<Signer>,
}

impl AuditService {
    /// The service on a platform.
    pub fn new(platform: Platform) -> Arc<Self> {
        Arc::new(Self { platform, signer: OnceCell::new() })
    }

    /// The key that signs: the newest that the deployment's secret opens, or a new one.
    pub(crate) async fn signer(&self) -> Result<&Signer, AuditError> {
        self.signer
            .get_or_try_init(|| async {
                let db = self.platform.db.write();
                let keys = seals::keys(&db).await?;
                if let Some(signer) = keys.iter().find_map(|row| Signer::open(row, &self.platform.keyring)) {
                    return Ok(signer);
                }
                let (signer, row) = Signer::make(&self.platform);
                seals::add_key(&db, row).await?;
                Ok(signer)
            })
            .await
    }
}
