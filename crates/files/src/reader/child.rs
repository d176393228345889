//! The child: `lyceum read-file TASK < file`.

use std::io::{self, Read as _, Write as _};

use rlimit::Resource;

use super::{Finding, MARK, docx, picture};

/// Memory that the child may have, in bytes.
const MEMORY: u64 = 1 << 30;
/// Seconds of a processor that it may use.
const SECONDS: u64 = 30;
/// The longest document that is read, in bytes.
const LONGEST: u64 = 64 << 20;
/// Most characters of a text, in bytes of UTF-8.
pub(super) const MOST_TEXT: usize = 1 << 20;

/// What the child is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Read the text of a PDF.
    Pdf,
    /// Read the text of a Word document.
    Docx,
    /// Read plain text or Markdown.
    Text,
    /// Make a picture no longer than this many pixels on any side, upright and without metadata.
    Picture(u32),
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pdf => f.write_str("pdf"),
            Self::Docx => f.write_str("docx"),
            Self::Text => f.write_str("text"),
            Self::Picture(side) => write!(f, "picture-{side}"),
        }
    }
}

impl std::str::FromStr for Task {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = text.strip_prefix("picture-").and_then(|side| side.parse().ok());
        match (text, side) {
            ("pdf", _) => Ok(Self::Pdf),
            ("docx", _) => Ok(Self::Docx),
            ("text", _) => Ok(Self::Text),
            (_, Some(side)) => Ok(Self::Picture(side)),
            _ => Err(format!("{text} is no task")),
        }
    }
}

/// Does a task on standard input and answers on standard output.
///
/// # Errors
/// Whatever is wrong with the file.
pub fn run(task: Task) -> anyhow::Result<()> {
    give_up_rights()?;
    let mut bytes = Vec::new();
    io::stdin().take(LONGEST + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(bytes.len() as u64 <= LONGEST, "the file is too long to be read");
    let (finding, answer) = match task {
        Task::Pdf => text(&pdf_extract::extract_text_from_mem(&bytes)?),
        Task::Docx => text(&docx::text(&bytes)?),
        Task::Text => text(&String::from_utf8_lossy(&bytes)),
        Task::Picture(side) => picture::shrink(&bytes, side)?,
    };
    let mut output = io::stdout().lock();
    output.write_all(MARK)?;
    serde_json::to_writer(&mut output, &finding)?;
    output.write_all(b"\n")?;
    output.write_all(&answer)?;
    Ok(output.flush()?)
}

/// From here on: no more memory, time or files than a reader needs.
fn give_up_rights() -> io::Result<()> {
    for (resource, most) in [
        (Resource::AS, MEMORY),
        (Resource::CPU, SECONDS),
        (Resource::FSIZE, 0),
        (Resource::CORE, 0),
        (Resource::NOFILE, 16),
    ] {
        let (_, hard) = resource.get()?;
        let most = most.min(hard);
        resource.set(most, most)?;
    }
    Ok(())
}

/// Text as it may be stored and searched: no control characters, runs of blanks as one, not longer than [`MOST_TEXT`].
fn text(raw: &str) -> (Finding, Vec<u8>) {
    let mut clean = String::with_capacity(raw.len().min(MOST_TEXT));
    let mut blank = true;
    let mut truncated = false;
    for c in raw.chars() {
        if clean.len() + 4 > MOST_TEXT {
            truncated = true;
            break;
        }
        match c {
            '\n' => {
                clean.push('\n');
                blank = true;
            }
            c if c.is_whitespace() || c.is_control() || c == '\u{fffd}' => {
                if !blank {
                    clean.push(' ');
                }
                blank = true;
            }
            c => {
                clean.push(c);
                blank = false;
            }
        }
    }
    let finding = Finding { content_type: "text/plain".to_owned(), width: 0, height: 0, truncated };
    (finding, clean.trim().to_owned().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cleaned_and_cut() {
        let clean = |raw: &str| {
            let (finding, bytes) = text(raw);
            (finding.truncated, String::from_utf8(bytes).unwrap())
        };
        assert_eq!(clean("  a \t b\0\u{fffd}c\r\nd "), (false, "a b c \nd".to_owned()));
        let (cut, long) = clean(&"é".repeat(MOST_TEXT));
        assert!(cut && long.len() <= MOST_TEXT);
        for task in [Task::Pdf, Task::Docx, Task::Text, Task::Picture(320)] {
            assert_eq!(task.to_string().parse(), Ok(task));
        }
        assert!("picture-x".parse::<Task>().is_err());
    }
}
