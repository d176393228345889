//! Where messages go: an SMTP server (RFC 5321), or a folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use secrecy::ExposeSecret as _;
use tokio::sync::Semaphore;
use url::Url;

use super::MailError;
use crate::config::Config;

/// A whole conversation may take this many times what one connection may take to open.
const CONVERSATION: u32 = 3;

/// A way for messages to leave.
pub(super) enum Transport {
    /// To a server, and the longest that handing over one message may take.
    Smtp {
        /// The server and its connections.
        server: AsyncSmtpTransport<Tokio1Executor>,
        /// One permit for each message that may be on its way at once: a crash leaves that many in doubt at most (RFC 1047).
        in_doubt: Semaphore,
        /// The longest that handing over one message may take.
        bound: Duration,
    },
    /// Into a folder, one file each.
    Folder(PathBuf),
}

/// Why a message did not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// It will never be taken: do not try again.
    pub(super) for_good: bool,
    /// The server answered, so it did not take the message.
    pub(super) answered: bool,
    /// What is to be stored and logged; no addresses.
    pub(super) text: String,
}

impl Transport {
    /// What the configuration asks for.
    pub(super) fn of(config: &Config) -> Result<Self, MailError> {
        let Some(url) = &config.smtp.url else {
            return Ok(Self::Folder(config.data_dir.join("mail")));
        };
        let url = lettre_url(url.expose_secret())
            .ok_or_else(|| MailError::Setup("smtp.url is not the address of a mail server".to_owned()))?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|error| MailError::Setup(format!("smtp.url: {error}")))?;
        let connections = config.smtp.connections.max(1);
        let pool = PoolConfig::new().max_size(connections.saturating_add(1)).idle_timeout(Duration::from_secs(30));
        let timeout = Duration::from_secs(config.smtp.timeout_s.max(1));
        let in_doubt = Semaphore::new(usize::try_from(connections).unwrap_or(1));
        let server = builder.timeout(Some(timeout)).pool_config(pool).build();
        Ok(Self::Smtp { server, in_doubt, bound: timeout * CONVERSATION })
    }

    /// Hands one message over; `Ok` means that somebody else is responsible for it now.
    pub(super) async fn deliver(&self, envelope: &Envelope, message: Vec<u8>, file: String) -> Result<(), Refusal> {
        match self {
            Self::Smtp { server, in_doubt, bound } => {
                let _turn = in_doubt.acquire().await;
                let handing_over = async {
                    match server.send_raw(envelope, &message).await {
                        Ok(_) => Ok(()),
                        Err(error) => Err(refusal(server, &error).await),
                    }
                };
                // The client bounds only connecting: a server that says nothing would hold the worker for ever.
                tokio::time::timeout(*bound, handing_over).await.unwrap_or_else(|_| Err(silence()))
            }
            Self::Folder(folder) => {
                let folder = folder.clone();
                let written = tokio::task::spawn_blocking(move || write(&folder, &file, &message)).await;
                let text = match written {
                    Ok(Ok(())) => return Ok(()),
                    Ok(Err(error)) => format!("cannot write to the mail folder: {error}"),
                    Err(error) => format!("cannot write to the mail folder: {error}"),
                };
                Err(Refusal { for_good: false, answered: true, text })
            }
        }
    }

    /// Whether messages could leave now: the server answers, or the folder can be made.
    pub(super) async fn probe(&self) -> Result<(), String> {
        match self {
            Self::Smtp { server, bound, .. } => match tokio::time::timeout(*bound, server.test_connection()).await {
                Ok(Ok(true)) => Ok(()),
                Ok(Ok(false)) | Err(_) => Err("the mail server does not answer".to_owned()),
                Ok(Err(error)) => Err(without_addresses(&describe(&error))),
            },
            Self::Folder(folder) => {
                tokio::fs::create_dir_all(folder).await.map_err(|error| format!("the mail folder: {error}"))
            }
        }
    }
}

/// lettre's form of our URLs: `smtp://` uses STARTTLS where the server offers it, `smtp+starttls://` (or `?tls=required`)
/// insists on it, `smtps://` speaks TLS from the start, `?tls=none` never does.
fn lettre_url(text: &str) -> Option<Url> {
    let (text, starttls) = match text.strip_prefix("smtp+starttls://") {
        Some(rest) => (format!("smtp://{rest}"), true),
        None => (text.to_owned(), false),
    };
    let mut url = Url::parse(&text).ok()?;
    let asked = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    let tls = match (url.scheme(), asked.as_deref()) {
        ("smtp", _) if starttls => Some("required"),
        ("smtp", Some("required")) => Some("required"),
        ("smtp", Some("opportunistic")) => Some("opportunistic"),
        ("smtp", None) => {
            // lettre would take port 587 for STARTTLS; plain smtp:// has always meant 25.
            if url.port().is_none() {
                url.set_port(Some(25)).ok()?;
            }
            Some("opportunistic")
        }
        ("smtp", Some("none")) | ("smtps", _) => None,
        _ => return None,
    };
    url.set_query(tls.map(|tls| format!("tls={tls}")).as_deref());
    Some(url)
}

/// Nobody knows whether a server that fell silent took the message; the next try has the same `Message-ID`.
fn silence() -> Refusal {
    Refusal { for_good: false, answered: false, text: "the mail server did not answer in time".to_owned() }
}

/// Only an answer 5xx about this very message is for good. Many servers say 5xx as well when it is us they do not want (wrong
/// password, 554 in the greeting); then a new look at the server fails too, and the letter waits until that is mended.
async fn refusal(server: &AsyncSmtpTransport<Tokio1Executor>, error: &smtp::Error) -> Refusal {
    let text = without_addresses(&describe(error));
    let code = error.status().map(u16::from);
    let about_us = matches!(code, Some(500..=504 | 521 | 523 | 530 | 534 | 535 | 538));
    let for_good = error.is_permanent() && !about_us && matches!(server.test_connection().await, Ok(true));
    Refusal { for_good, answered: error.is_transient() || error.is_permanent(), text }
}

fn describe(error: &smtp::Error) -> String {
    use std::error::Error as _;
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// Servers like to repeat the address they refuse.
pub(super) fn without_addresses(text: &str) -> String {
    text.split_whitespace()
        .map(|word| if word.contains('@') { "<address>" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(500)
        .collect()
}

/// Writes beside, then renames: whoever watches the folder sees whole messages only, and a crash loses none.
fn write(folder: &Path, name: &str, message: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let partial = folder.join(format!(".{name}.partial"));
    let mut file = std::fs::File::create(&partial)?;
    file.write_all(message)?;
    file.sync_all()?;
    std::fs::rename(&partial, folder.join(name))?;
    std::fs::File::open(folder)?.sync_all()
}
