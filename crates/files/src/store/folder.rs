//! Objects as files of a folder.
//!
//! ```text
//! objects/<owner>/<last two digits of the object>/<object>     whole objects, moved here when they are safe on the disk
//! incoming/…                                                   what is still arriving (the spool)
//! parts/<owner>/<object>/data, 1, 2, …                         an upload in parts: its bytes, and a mark for each part that is there
//! ```

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::stream;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{
    Grant, Key, Listed, ObjectStore, PartPlace, Pieces, Presentation, Promise, SignedRequest, Signer, StoreError,
};

/// Bytes read at once. One such piece is on its way to the client while the next is read.
const CHUNK: usize = 128 * 1024;

/// A folder as a store.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    signer: Signer,
}

impl Folder {
    /// The store in `root`, whose URLs `signer` signs.
    pub fn new(root: PathBuf, signer: Signer) -> Self {
        Self { root, signer }
    }

    fn path(&self, key: Key) -> PathBuf {
        let object = key.object.to_string();
        let shard = object.get(object.len().saturating_sub(2)..).unwrap_or_default();
        self.root.join("objects").join(key.owner.to_string()).join(shard).join(&object)
    }

    /// Where the parts of an object are put together.
    pub fn parts(&self, key: Key) -> PathBuf {
        self.root.join("parts").join(key.owner.to_string()).join(key.object.to_string())
    }

    /// Where what arrives is put before it is moved, on the same disk.
    pub fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StoreError> {
    match spawn_blocking(work).await {
        Ok(outcome) => Ok(outcome?),
        Err(error) => Err(StoreError::Away(error.to_string())),
    }
}

/// Moves a file that is safe on the disk, and makes the move safe as well.
pub(crate) fn settle(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().ok_or_else(|| io::Error::other("an object lies in a folder"))?;
    let made = !folder.exists();
    std::fs::create_dir_all(folder)?;
    std::fs::rename(from, to)?;
    std::fs::File::open(folder)?.sync_all()?;
    if made {
        for above in folder.ancestors().skip(1).take(2) {
            std::fs::File::open(above)?.sync_all()?;
        }
    }
    Ok(())
}

fn absent_is_fine(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

struct Reader {
    file: std::fs::File,
    left: u64,
}

type Ahead = JoinHandle<io::Result<(Reader, Bytes)>>;

/// Reads the next piece on a thread of its own. Its memory comes from the thread that will free it: those that only read would keep
/// what they once had.
fn ahead(mut reader: Reader) -> Ahead {
    let wanted = usize::try_from(reader.left).unwrap_or(CHUNK).min(CHUNK);
    let mut piece = BytesMut::zeroed(wanted);
    spawn_blocking(move || {
        reader.file.read_exact(&mut piece)?;
        reader.left -= wanted as u64;
        Ok((reader, piece.freeze()))
    })
}

/// The pieces from here to the end, one read ahead of the client.
fn pieces(reader: Reader) -> Pieces {
    let first = (reader.left > 0).then(|| ahead(reader));
    Box::pin(stream::try_unfold(first, |reading| async move {
        let Some(reading) = reading else { return Ok(None) };
        let (reader, piece) = reading.await.map_err(io::Error::other)??;
        Ok(Some((piece, (reader.left > 0).then(|| ahead(reader)))))
    }))
}

#[async_trait]
impl ObjectStore for Folder {
    async fn put(&self, key: Key, file: &Path, _: &Promise) -> Result<(), StoreError> {
        let (from, to) = (file.to_owned(), self.path(key));
        blocking(move || settle(&from, &to)).await
    }

    async fn open(&self, key: Key, range: Range<u64>) -> Result<Pieces, StoreError> {
        let path = self.path(key);
        let file = blocking(move || {
            let mut file = std::fs::File::open(path)?;
            if file.metadata()?.len() < range.end {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "an object is shorter than it should be"));
            }
            file.seek(SeekFrom::Start(range.start))?;
            Ok(Reader { file, left: range.end - range.start })
        });
        Ok(pieces(file.await?))
    }

    async fn size(&self, key: Key) -> Result<u64, StoreError> {
        let path = self.path(key);
        blocking(move || Ok(std::fs::metadata(path)?.len())).await
    }

    async fn delete(&self, key: Key) -> Result<(), StoreError> {
        let path = self.path(key);
        blocking(move || absent_is_fine(std::fs::remove_file(path))).await
    }

    async fn sign_get(&self, key: Key, shown: &Presentation, life: Duration) -> Result<SignedRequest, StoreError> {
        let Presentation { disposition, content_type } = shown.clone();
        let grant = Grant::Get { until: self.signer.until(life), disposition, content_type };
        Ok(self.signer.sign(key, &grant, Vec::new()))
    }

    async fn sign_put(&self, key: Key, promise: &Promise, life: Duration) -> Result<SignedRequest, StoreError> {
        let Promise { size, content_type, sha256 } = promise.clone();
        let headers = content_type.iter().map(|kind| ("content-type", kind.clone())).collect();
        let grant = Grant::Put { until: self.signer.until(life), size, content_type, sha256, part: None };
        Ok(self.signer.sign(key, &grant, headers))
    }

    async fn begin_parts(&self, key: Key, _: &str) -> Result<String, StoreError> {
        let folder = self.parts(key);
        blocking(move || std::fs::create_dir_all(folder)).await?;
        Ok(key.object.to_string())
    }

    async fn sign_part(
        &self,
        key: Key,
        upload: &str,
        place: PartPlace,
        promise: &Promise,
        life: Duration,
    ) -> Result<SignedRequest, StoreError> {
        let part = Some((upload.to_owned(), place.number, place.offset));
        let Promise { size, sha256, .. } = promise.clone();
        let grant = Grant::Put { until: self.signer.until(life), size, content_type: None, sha256, part };
        Ok(self.signer.sign(key, &grant, Vec::new()))
    }

    async fn complete_parts(&self, key: Key, _: &str, count: u32) -> Result<(), StoreError> {
        let (folder, to) = (self.parts(key), self.path(key));
        blocking(move || {
            if to.exists() && !folder.exists() {
                return Ok(());
            }
            for number in 1..=count {
                std::fs::metadata(folder.join(number.to_string()))?;
            }
            settle(&folder.join("data"), &to)?;
            std::fs::remove_dir_all(&folder)
        })
        .await
    }

    async fn abort_parts(&self, key: Key, _: Option<&str>) -> Result<(), StoreError> {
        let folder = self.parts(key);
        blocking(move || absent_is_fine(std::fs::remove_dir_all(folder))).await
    }

    /// A place is an owner: its objects are listed together.
    async fn list(&self, place: Option<String>) -> Result<(Vec<Listed>, Option<String>), StoreError> {
        let root = self.root.join("objects");
        blocking(move || {
            let mut owners = Vec::new();
            for owner in entries(&root)? {
                owners.push(owner.file_name().to_string_lossy().into_owned());
            }
            owners.sort_unstable();
            let Some(owner) = owners.into_iter().find(|owner| place.as_ref().is_none_or(|place| owner > place)) else {
                return Ok((Vec::new(), None));
            };
            let mut listed = Vec::new();
            for shard in entries(&root.join(&owner))? {
                for object in entries(&shard.path())? {
                    let name = format!("{owner}/{}", object.file_name().to_string_lossy());
                    let modified = DateTime::<Utc>::from(object.metadata()?.modified()?);
                    listed.extend(name.parse().ok().map(|key| Listed { key, modified }));
                }
            }
            Ok((listed, Some(owner)))
        })
        .await
    }
}

fn entries(folder: &Path) -> io::Result<Vec<std::fs::DirEntry>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
