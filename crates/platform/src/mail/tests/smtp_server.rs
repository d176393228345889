//! An SMTP server (RFC 5321) that answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with the next message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reply {
    /// Takes it.
    Take,
    /// Takes it and hangs up without saying so.
    TakeAndHangUp,
    /// Answers this to `RCPT TO`.
    Recipient(&'static str),
    /// Answers this to the message.
    Message(&'static str),
}

/// A running server; it takes every message for which it was told nothing else.
pub(super) struct SmtpServer {
    pub(super) url: String,
    pub(super) replies: Arc<Mutex<VecDeque<Reply>>>,
    pub(super) taken: Arc<Mutex<Vec<String>>>,
}

impl SmtpServer {
    /// Greets with `greeting`.
    pub(super) async fn start(greeting: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let server = Self { url, replies: Arc::default(), taken: Arc::default() };
        let (replies, taken) = (Arc::clone(&server.replies), Arc::clone(&server.taken));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (replies, taken) = (Arc::clone(&replies), Arc::clone(&taken));
                tokio::spawn(async move { converse(stream, greeting, &replies, &taken).await });
            }
        });
        server
    }

    pub(super) fn tell(&self, replies: impl IntoIterator<Item = Reply>) {
        self.replies.lock().unwrap().extend(replies);
    }

    pub(super) fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

async fn converse(
    stream: TcpStream,
    greeting: &str,
    replies: &Mutex<VecDeque<Reply>>,
    taken: &Mutex<Vec<String>>,
) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(format!("{greeting}\r\n").as_bytes()).await.ok()?;
    let mut reply = Reply::Take;
    while let Some(line) = lines.next_line().await.ok()? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME",
            "RCPT" => {
                reply = replies.lock().unwrap().pop_front().unwrap_or(Reply::Take);
                if let Reply::Recipient(answer) = reply { answer } else { "250 ok" }
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut message = String::new();
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    message += &line;
                    message += "\n";
                }
                match reply {
                    Reply::Message(answer) => answer,
                    Reply::Take | Reply::TakeAndHangUp | Reply::Recipient(_) => {
                        taken.lock().unwrap().push(message);
                        if matches!(reply, Reply::TakeAndHangUp) {
                            return None;
                        }
                        "250 taken"
                    }
                }
            }
            "QUIT" => return None,
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    Some(())
}
