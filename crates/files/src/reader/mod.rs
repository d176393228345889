//! Reading documents and pictures that somebody else made, in a process of its own.
//!
//! Decoders meet every hostile file there is. Here they run in a child of the program, which gives up its rights to memory, time and
//! files before it reads the first byte: whatever becomes of it, the program goes on.

mod child;
mod docx;
mod picture;

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::sync::Semaphore;

pub use child::{Task, run as read_standard_input};

/// Begins the child's answer; what stands before it is not the child's.
const MARK: &[u8] = b"\0lyceum-reader\0";
/// How long a child may take.
const PATIENCE: Duration = Duration::from_secs(40);
/// Most bytes of an answer.
const MOST_ANSWER: u64 = 16 << 20;
/// Children at once.
const AT_ONCE: usize = 2;

/// What a child found, beside its bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finding {
    /// The media type of the bytes.
    pub content_type: String,
    /// Pixels across, of a picture.
    pub width: i32,
    /// Pixels down, of a picture.
    pub height: i32,
    /// Whether there was more.
    pub truncated: bool,
}

/// Starts children.
#[derive(Debug)]
pub struct Reader {
    program: PathBuf,
    places: Semaphore,
}

/// Why nothing came of reading.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The child failed, was killed or said nothing: the file is not to be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// No child could be started.
    #[error("no process for reading: {0}")]
    NoProcess(#[from] std::io::Error),
}

impl Reader {
    /// Starts `program` with the argument `read-file` and the task.
    pub fn new(program: PathBuf) -> Self {
        Self { program, places: Semaphore::new(AT_ONCE) }
    }

    /// Lets a child do a task on a file.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read(&self, task: Task, file: File) -> Result<(Finding, Vec<u8>), ReadError> {
        let _place = self.places.acquire().await.map_err(std::io::Error::other)?;
        let mut child = Command::new(&self.program)
            .arg("read-file")
            .arg(task.to_string())
            .env_clear()
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().ok_or_else(|| std::io::Error::other("a child without an output"))?;
        let work = async {
            let mut answer = Vec::new();
            output.take(MOST_ANSWER).read_to_end(&mut answer).await?;
            Ok::<_, std::io::Error>((child.wait().await?, answer))
        };
        match tokio::time::timeout(PATIENCE, work).await {
            Err(_) => Err(ReadError::Unreadable("it takes too long".to_owned())),
            Ok(outcome) => {
                let (status, answer) = outcome?;
                if !status.success() {
                    return Err(ReadError::Unreadable(format!("{status}")));
                }
                parse(&answer).ok_or_else(|| ReadError::Unreadable("no answer".to_owned()))
            }
        }
    }
}

/// The mark, a line of JSON, and the bytes.
fn parse(answer: &[u8]) -> Option<(Finding, Vec<u8>)> {
    let begin = answer.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    let rest = answer.get(begin..)?;
    let line = rest.iter().position(|byte| *byte == b'\n')?;
    let finding = serde_json::from_slice(rest.get(..line)?).ok()?;
    Some((finding, rest.get(line + 1..)?.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_begins_with_its_mark() {
        let answer = [
            b"running 1 test\n".as_slice(),
            MARK,
            b"{\"content_type\":\"text/plain\",\"width\":0,\"height\":0,\"truncated\":false}\nhello",
        ];
        let (finding, bytes) = parse(&answer.concat()).unwrap();
        assert_eq!((finding.content_type.as_str(), bytes.as_slice()), ("text/plain", b"hello".as_slice()));
        assert!(parse(b"hello").is_none());
    }
}
