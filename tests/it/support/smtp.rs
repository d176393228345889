//! A mail server for the tests: speaks enough SMTP (RFC 5321) to take what a real client sends, and can misbehave.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The messages taken so far, whole, as they came over the wire.
#[derive(Debug, Clone, Default)]
pub struct SmtpServer {
    messages: Arc<Mutex<Vec<String>>>,
    /// Those that were refused for now.
    refused: Arc<Mutex<Vec<String>>>,
    /// How many of the next messages to refuse with 451 after their data.
    refusals: Arc<AtomicUsize>,
    port: u16,
}

impl SmtpServer {
    /// Starts listening on a free port of the loopback interface.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Self { port: listener.local_addr().expect("an address").port(), ..Self::default() };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let session = accepting.clone();
                tokio::spawn(async move { session.converse(stream).await });
            }
        });
        server
    }

    /// The URL for `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Everything taken so far.
    pub fn messages(&self) -> Vec<String> {
        self.messages.lock().expect("no poisoned lock").clone()
    }

    /// Everything refused so far.
    pub fn refused(&self) -> Vec<String> {
        self.refused.lock().expect("no poisoned lock").clone()
    }

    /// Refuses the next `n` messages for now (451).
    pub fn refuse_next(&self, n: usize) {
        self.refusals.store(n, Ordering::SeqCst);
    }

    async fn converse(&self, stream: TcpStream) -> Option<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 test ESMTP\r\n").await.ok()?;
        while let Some(line) = lines.next_line().await.ok()? {
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            let answer: &[u8] = match verb.as_str() {
                "EHLO" => b"250-test\r\n250 8BITMIME\r\n",
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await.ok()?;
                    let mut message = String::new();
                    while let Some(line) = lines.next_line().await.ok()? {
                        if line == "." {
                            break;
                        }
                        message.push_str(line.strip_prefix('.').unwrap_or(&line));
                        message.push_str("\r\n");
                    }
                    let refused = self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
                    if refused.is_ok() {
                        self.refused.lock().expect("no poisoned lock").push(message);
                        b"451 try again later\r\n"
                    } else {
                        self.messages.lock().expect("no poisoned lock").push(message);
                        b"250 taken\r\n"
                    }
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await.ok()?;
                    return None;
                }
                _ => b"250 ok\r\n",
            };
            write.write_all(answer).await.ok()?;
        }
        Some(())
    }
}
