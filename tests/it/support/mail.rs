//! Mail as its reader sees it.

use mail_parser::MessageParser;

/// One received message.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The stable id that stays the same over all tries.
    pub message_id: String,
    /// The recipient's address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl Mail {
    /// Reads an RFC 5322 message.
    pub fn parse(raw: &[u8]) -> Self {
        let message = MessageParser::default().parse(raw).expect("a well-formed message");
        let to = message.to().and_then(|to| to.first()).and_then(|a| a.address()).expect("a recipient").to_owned();
        Self {
            message_id: message.message_id().expect("a Message-ID").to_owned(),
            to,
            subject: message.subject().expect("a subject").to_owned(),
            text: message.body_text(0).expect("a text part").into_owned(),
            html: message.body_html(0).expect("an HTML part").into_owned(),
        }
    }

    /// The one-time token in the message's link.
    pub fn token(&self) -> String {
        let start = self.text.find("token=").expect("a link with a token") + "token=".len();
        self.text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).collect()
    }
}
