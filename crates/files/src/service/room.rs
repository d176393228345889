//! Room in the quotas: taken before bytes arrive, settled when they are there, given back when they are gone.

use lyceum_platform::uow::Tx;
use sea_orm::ConnectionTrait;

use crate::error::FilesError;
use crate::model::file::Model;
use crate::repo::usage;
use crate::service::{FilesService, bytes};

impl FilesService {
    /// Takes room for so many bytes more, for a file of this school and owner.
    pub(crate) async fn take_room(&self, tx: &Tx, row: &Model, more: i64) -> Result<(), FilesError> {
        if more <= 0 {
            return Ok(());
        }
        let config = self.config();
        if row.personal {
            let (holder, limit) = ((row.school_id, row.owner_id.uuid()), bytes(config.person_quota_bytes));
            if !usage::take(tx.conn(), holder, more, limit).await? {
                return Err(FilesError::QuotaExceeded("person"));
            }
        }
        // The school's row last: it is everybody's.
        let (holder, limit) = ((row.school_id, row.school_id.uuid()), bytes(config.school_quota_bytes));
        if usage::take(tx.conn(), holder, more, limit).await? {
            Ok(())
        } else {
            Err(FilesError::QuotaExceeded("school"))
        }
    }
}

/// Gives so much of a file's room back.
pub(crate) async fn give_room_back(db: &impl ConnectionTrait, row: &Model, less: i64) -> Result<(), FilesError> {
    if row.personal {
        usage::give_back(db, row.school_id, row.owner_id.uuid(), less).await?;
    }
    Ok(usage::give_back(db, row.school_id, row.school_id.uuid(), less).await?)
}
