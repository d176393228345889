//! What arrives is written here first, hashed on the way, and moved into the store once it was looked at.
//!
//! Hashing and writing run on threads for blocking work, a piece at a time: while one is written the next is received. An upload costs
//! two pieces of memory, however long it is.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use lyceum_kernel::Entropy;
use sha2::{Digest as _, Sha256};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes hashed and written at once.
const CHUNK: usize = 128 * 1024;
/// Bytes from the beginning by which types are told.
pub const PREFIX: usize = 8 * 1024;

/// A file that is deleted when this is dropped, unless it was moved meanwhile.
#[derive(Debug)]
pub struct Temporary(PathBuf);

impl Temporary {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "files.spool_not_cleared");
        }
    }
}

/// A folder for what arrives.
#[derive(Debug, Clone)]
pub struct Spool(PathBuf);

/// All of it has arrived and is safe on the disk.
#[derive(Debug)]
pub struct Arrived {
    /// Where it is.
    pub file: Temporary,
    /// Bytes.
    pub size: u64,
    /// SHA-256 in hex.
    pub sha256: String,
    /// How it begins.
    pub prefix: Vec<u8>,
}

impl Spool {
    /// In this folder, which is made when it is wanted.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// A new file.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn create(&self, entropy: &dyn Entropy) -> io::Result<Writer> {
        let mut random = [0_u8; 16];
        entropy.fill(&mut random);
        let (folder, name) = (self.0.clone(), format!("{:032x}", u128::from_be_bytes(random)));
        let made = spawn_blocking(move || {
            let path = folder.join(name);
            let open = || std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
            let file = match open() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    std::fs::create_dir_all(&folder)?;
                    open()?
                }
                other => other?,
            };
            Ok::<_, io::Error>(Tail { file, name: Temporary(path), hash: Sha256::new(), size: 0, prefix: Vec::new() })
        });
        let tail = made.await.map_err(io::Error::other)??;
        Ok(Writer { at: At::Rest(tail, Vec::with_capacity(CHUNK)), filling: Vec::with_capacity(CHUNK), received: 0 })
    }

    /// Deletes what a process left behind that was killed: files older than `age`.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub async fn clear(&self, age: std::time::Duration) -> io::Result<usize> {
        let folder = self.0.clone();
        let cleared = spawn_blocking(move || {
            let entries = match std::fs::read_dir(folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
                other => other?,
            };
            let mut cleared = 0;
            for entry in entries {
                let entry = entry?;
                let written = entry.metadata()?.modified()?;
                if written.elapsed().is_ok_and(|elapsed| elapsed > age) {
                    std::fs::remove_file(entry.path())?;
                    cleared += 1;
                }
            }
            Ok(cleared)
        });
        cleared.await.map_err(io::Error::other)?
    }
}

struct Tail {
    file: std::fs::File,
    name: Temporary,
    hash: Sha256,
    size: u64,
    prefix: Vec<u8>,
}

impl Tail {
    fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.prefix.len() < PREFIX {
            let missing = (PREFIX - self.prefix.len()).min(piece.len());
            self.prefix.extend_from_slice(&piece[..missing]);
        }
        self.hash.update(piece);
        self.file.write_all(piece)?;
        self.size += piece.len() as u64;
        Ok(())
    }
}

enum At {
    Rest(Tail, Vec<u8>),
    Work(JoinHandle<io::Result<(Tail, Vec<u8>)>>),
    Nowhere,
}

/// A file that is being written. Dropping it deletes what was written.
pub struct Writer {
    at: At,
    filling: Vec<u8>,
    received: u64,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("received", &self.received).finish_non_exhaustive()
    }
}

impl Writer {
    /// Bytes taken so far.
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Takes a piece; waits only while two pieces' worth is unwritten.
    ///
    /// # Errors
    /// If the disk is full or broken.
    pub async fn write(&mut self, mut piece: Bytes) -> io::Result<()> {
        self.received += piece.len() as u64;
        while !piece.is_empty() {
            let room = CHUNK - self.filling.len();
            let taken = piece.split_to(room.min(piece.len()));
            self.filling.extend_from_slice(&taken);
            if self.filling.len() == CHUNK {
                self.hand_over().await?;
            }
        }
        Ok(())
    }

    async fn hand_over(&mut self) -> io::Result<()> {
        let (mut tail, mut empty) = self.rest().await?;
        empty.clear();
        let full = std::mem::replace(&mut self.filling, empty);
        self.at = At::Work(spawn_blocking(move || {
            tail.append(&full)?;
            Ok((tail, full))
        }));
        Ok(())
    }

    async fn rest(&mut self) -> io::Result<(Tail, Vec<u8>)> {
        match std::mem::replace(&mut self.at, At::Nowhere) {
            At::Rest(tail, buffer) => Ok((tail, buffer)),
            At::Work(work) => work.await.map_err(io::Error::other)?,
            At::Nowhere => Err(io::Error::other("an earlier piece could not be written")),
        }
    }

    /// Writes the rest and makes it safe on the disk.
    ///
    /// # Errors
    /// If the disk is full or broken.
    pub async fn finish(mut self) -> io::Result<Arrived> {
        let (mut tail, _) = self.rest().await?;
        let last = std::mem::take(&mut self.filling);
        let finished = spawn_blocking(move || {
            tail.append(&last)?;
            tail.file.sync_data()?;
            let sha256 = hex(&tail.hash.finalize());
            Ok(Arrived { file: tail.name, size: tail.size, sha256, prefix: tail.prefix })
        });
        finished.await.map_err(io::Error::other)?
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Zero;

    impl Entropy for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[tokio::test]
    async fn what_arrives_is_hashed_and_gone_when_nobody_wants_it() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().join("incoming"));
        let mut writer = spool.create(&Zero).await.unwrap();
        let pieces = [b"abc".to_vec(), vec![7; 300_000], Vec::new()];
        for piece in &pieces {
            writer.write(Bytes::from_static(&[])).await.unwrap();
            writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        let arrived = writer.finish().await.unwrap();
        assert_eq!((arrived.size, arrived.prefix.len()), (300_003, PREFIX));
        assert_eq!(arrived.sha256, hex(&Sha256::digest(pieces.concat())));
        assert_eq!(std::fs::read(arrived.file.path()).unwrap(), pieces.concat());
        let path = arrived.file.path().to_owned();
        drop(arrived);
        assert!(!path.exists());
        let mut broken = spool.create(&Zero).await.unwrap();
        broken.write(Bytes::from(vec![1; 200_000])).await.unwrap();
        drop(broken);
    }
}
