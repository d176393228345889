//! One process per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::PlatformError;

/// Holds `<data_dir>/lyceum.lock` until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
    path: PathBuf,
}

impl DataDirLock {
    /// The locked file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Locks the data directory, which is made if it is not there: SQLite and the in-process cache, bus and limiter serve one
/// process only.
pub fn lock_data_dir(data_dir: &Path) -> Result<DataDirLock, PlatformError> {
    std::fs::create_dir_all(data_dir)
        .map_err(|error| PlatformError::io(format!("cannot make the data directory {}", data_dir.display()), error))?;
    let path = data_dir.join("lyceum.lock");
    let cannot = |error| PlatformError::io(format!("cannot lock {}", path.display()), error);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(DataDirLock { _file: file, path }),
        Err(TryLockError::WouldBlock) => Err(PlatformError::setup(format!(
            "another lyceum uses the data directory {}: with SQLite only one process may; stop it, choose another \
             LYCEUM_DATA_DIR, or set DATABASE_URL to a PostgreSQL database",
            data_dir.display()
        ))),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::lock_data_dir;

    #[test]
    fn the_second_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let first = lock_data_dir(dir.path()).unwrap();
        let refusal = lock_data_dir(dir.path()).unwrap_err().to_string();
        assert!(refusal.contains("another lyceum"), "{refusal}");
        drop(first);
        lock_data_dir(dir.path()).unwrap();
    }
}
