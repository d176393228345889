//! Rendering and delivery of one letter.

use std::fmt;
use std::sync::Arc;

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartBuilder, SinglePart};
use lettre::{Address, Message};

use super::MailTemplate;
use super::email::Model;
use super::render::{Content, Renderer, one_line};
use super::transport::{Refusal, Transport};
use crate::config::Config;
use crate::secrets::{Keyring, Token};

/// Why a letter cannot be made into a message. None of them gets better by trying again.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The mailer cannot be set up as configured.
    #[error("{0}")]
    Setup(String),
    /// No context registered such a template.
    #[error("there is no mail template {0}")]
    NoTemplate(String),
    /// The template does not compile, or names something the letter does not have.
    #[error("mail template: {0}")]
    Template(#[from] minijinja::Error),
    /// The recipient's address is none.
    #[error("the recipient's address is not an e-mail address")]
    Address,
    /// The message could not be put together.
    #[error("the message cannot be built: {0}")]
    Message(#[from] lettre::error::Error),
}

/// Turns letters into messages and hands them over.
pub struct Mailer {
    renderer: Renderer,
    transport: Transport,
    keyring: Arc<Keyring>,
    from: Mailbox,
    domain: String,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("transport", &self.transport_name()).finish_non_exhaustive()
    }
}

/// A message ready to be handed over.
pub(super) struct Prepared {
    envelope: lettre::address::Envelope,
    bytes: Vec<u8>,
    file: String,
}

impl Mailer {
    /// Compiles the templates and makes the transport; nothing is connected yet.
    pub fn new(config: &Config, keyring: Arc<Keyring>, templates: Vec<MailTemplate>) -> Result<Self, MailError> {
        let smtp = &config.smtp;
        let from: Address = smtp
            .from_address
            .parse()
            .map_err(|_| MailError::Setup("smtp.from_address is not an e-mail address".to_owned()))?;
        Ok(Self {
            renderer: Renderer::new(templates, &config.server.public_url, &smtp.from_name)?,
            transport: Transport::of(config)?,
            keyring,
            from: mailbox(Some(&smtp.from_name), from),
            domain: smtp.message_id_domain.clone(),
        })
    }

    /// `smtp` or `folder`.
    pub const fn transport_name(&self) -> &'static str {
        match self.transport {
            Transport::Smtp { .. } => "smtp",
            Transport::Folder(_) => "folder",
        }
    }

    /// Whether mail could leave now. The error says why not.
    pub async fn probe(&self) -> Result<(), String> {
        self.transport.probe().await
    }

    /// `id@domain`: the same over all tries.
    pub(super) fn message_id(&self, email: &Model) -> String {
        email.message_id.clone().unwrap_or_else(|| format!("{}@{}", email.id, self.domain))
    }

    /// The message (RFC 5322), the same bytes at every try: text and HTML as alternatives.
    pub(super) fn prepare(&self, email: &Model) -> Result<Prepared, MailError> {
        let token = match (&email.token_purpose, email.token_row, email.token_generation) {
            (Some(purpose), Some(row), Some(generation)) => {
                let generation = u32::try_from(generation).unwrap_or_default();
                Some(self.keyring.token(purpose, row, generation))
            }
            _ => None,
        };
        let rendered = self.renderer.render(Content {
            template: &email.template,
            locale: &email.locale,
            to_name: email.to_name.as_deref(),
            data: &email.data,
            token: token.as_ref().map(Token::expose),
        })?;
        let to: Address = email.to_address.parse().map_err(|_| MailError::Address)?;
        let body = alternatives(email)
            .singlepart(SinglePart::plain(rendered.text))
            .singlepart(SinglePart::html(rendered.html));
        let message = Message::builder()
            .message_id(Some(format!("<{}>", self.message_id(email))))
            .date(email.created_at.into())
            .from(self.from.clone())
            .to(mailbox(email.to_name.as_deref(), to))
            .subject(rendered.subject)
            .header(AutoSubmitted)
            .multipart(body)?;
        let file = format!("{}_{}.eml", email.created_at.format("%Y%m%dT%H%M%S%3fZ"), email.id);
        Ok(Prepared { envelope: message.envelope().clone(), bytes: message.formatted(), file })
    }

    pub(super) async fn deliver(&self, message: Prepared) -> Result<(), Refusal> {
        self.transport.deliver(&message.envelope, message.bytes, message.file).await
    }
}

/// Alternatives with a boundary made from the id, so that every try sends the same bytes.
fn alternatives(email: &Model) -> MultiPartBuilder {
    let kind = lettre::message::MultiPartKind::Alternative;
    MultiPart::builder().kind(kind).boundary(format!("lyceum-{}", email.id.uuid().simple()))
}

/// A mailbox whose name is one line and cannot pass for an address or a link.
fn mailbox(name: Option<&str>, address: Address) -> Mailbox {
    let name =
        name.map(|name| one_line(name, 100)).filter(|name| !name.is_empty() && !name.contains(['@', '/', '<', '>']));
    Mailbox::new(name, address)
}

/// `Auto-Submitted: auto-generated` (RFC 3834): no machine is to answer it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
