//! The use cases of files.
//!
//! [`FilesService`] holds what all of them need; each file adds the methods of one matter.

mod arrival;
mod avatars;
mod browse;
mod derive;
mod download;
mod objects;
mod presign;
mod room;
mod sweep;
mod upload;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::upload::FILE;
pub use self::upload::NewFile;
use lyceum_kernel::{Principal, SchoolId};
use lyceum_platform::config::StorageConfig;
use lyceum_platform::platform::Platform;
use lyceum_platform::uow::{Cause, UnitOfWork};

use crate::error::FilesError;
use crate::ports::{Holders, Members};
use crate::reader::Reader;
use crate::spool::Spool;
use crate::store::{Folder, ObjectStore, S3, Signer, Store};

/// Everything that files does. One per process, shared by routes, jobs and the adapters of other contexts.
pub struct FilesService {
    pub(crate) platform: Platform,
    pub(crate) store: Store,
    /// The folder, where the store is one: the program itself then answers its signed URLs.
    pub(crate) folder: Option<(Folder, Signer)>,
    pub(crate) spool: Spool,
    pub(crate) reader: Reader,
    pub(crate) holders: Arc<dyn Holders>,
    pub(crate) members: Arc<dyn Members>,
}

impl std::fmt::Debug for FilesService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilesService").field("store", &self.store).finish_non_exhaustive()
    }
}

impl FilesService {
    /// Puts the service together: on S3 where a bucket is configured, else on a folder. `program` reads documents and pictures unless
    /// another is configured.
    ///
    /// # Errors
    /// What is wrong with the configuration of the store.
    pub fn new(
        platform: Platform,
        program: PathBuf,
        holders: Arc<dyn Holders>,
        members: Arc<dyn Members>,
    ) -> Result<Arc<Self>, String> {
        let config = &platform.config.storage;
        let timeout = Duration::from_secs(config.timeout_s);
        let program = config.reader_program.clone().unwrap_or(program);
        let (store, folder, spool): (Arc<dyn ObjectStore>, _, _) = if config.bucket.is_some() {
            let outside = StorageConfig {
                endpoint: config.public_endpoint.clone().or_else(|| config.endpoint.clone()),
                ..config.clone()
            };
            let bucket = |config| lyceum_platform::storage::bucket(config, timeout);
            let store = S3::new(bucket(config)?, bucket(&outside)?, timeout).map_err(|error| error.to_string())?;
            (Arc::new(store), None, Spool::new(platform.config.data_dir.join("spool")))
        } else {
            let base = platform.config.server.public_url.as_str();
            let signer = Signer::new(Arc::clone(&platform.keyring), Arc::clone(&platform.clock), base);
            let folder = Folder::new(config.folder.clone(), signer.clone());
            let spool = Spool::new(folder.incoming());
            (Arc::new(folder.clone()), Some((folder, signer)), spool)
        };
        let store = Store::new(store, timeout);
        Ok(Arc::new(Self { platform, store, folder, spool, reader: Reader::new(program), holders, members }))
    }

    pub(crate) fn config(&self) -> &StorageConfig {
        &self.platform.config.storage
    }

    pub(crate) fn base(&self) -> &str {
        &self.platform.config.server.public_url
    }

    pub(crate) fn url_life(&self) -> Duration {
        Duration::from_secs(self.config().url_ttl_s)
    }

    /// A unit of work beside that of the request, for what must be written before or whatever becomes of it.
    pub(crate) fn beside(&self, cause: &Cause, who: Option<&Principal>) -> UnitOfWork {
        let work = self.platform.unit_of_work(cause.clone());
        match who {
            Some(who) => work.acting_as(who),
            None => work,
        }
    }
}

/// The school that somebody acts in.
pub(crate) fn school_of(who: &Principal) -> Result<SchoolId, FilesError> {
    who.school_id.ok_or(FilesError::SchoolNeeded)
}

/// A number of bytes as the database has it.
pub(crate) fn bytes(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
