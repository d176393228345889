//! What contexts say about mail.

use lyceum_kernel::{SchoolId, UserId};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A one-time token to be derived when the letter is sent: see [`Keyring::token`](crate::secrets::Keyring::token).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRef {
    /// What the token is for; part of what is signed.
    pub purpose: &'static str,
    /// The row it opens.
    pub row: Uuid,
    /// Which token of that row; older generations are void.
    pub generation: u32,
}

/// The name in a letter's data that says that it is forgotten once it is sent.
pub(super) const FORGOTTEN: &str = "forgotten_once_sent";

/// A message to one person, not yet sent.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// The person's name, shown beside the address.
    pub to_name: Option<String>,
    /// The name of a registered [`MailTemplate`].
    pub template: &'static str,
    /// BCP 47 tag of the recipient's language. A template named `<name>.<locale>` or `<name>.<language>` is preferred.
    pub locale: String,
    /// What the template may name; an object. Never a secret: it is stored.
    pub data: Value,
    /// The token the template may name as `token` and, in a link, as `link`.
    pub token: Option<TokenRef>,
    /// Whose account it is about.
    pub account: Option<UserId>,
    /// The school it is about.
    pub school_id: Option<SchoolId>,
}

impl Letter {
    /// A letter to an address, in English, with nothing but the template.
    pub fn new(to: impl Into<String>, template: &'static str) -> Self {
        Self {
            to: to.into(),
            to_name: None,
            template,
            locale: "en".to_owned(),
            data: Value::Object(serde_json::Map::new()),
            token: None,
            account: None,
            school_id: None,
        }
    }

    /// The person's name.
    #[must_use]
    pub fn to_name(mut self, name: Option<String>) -> Self {
        self.to_name = name;
        self
    }

    /// The recipient's language.
    #[must_use]
    pub fn locale(mut self, locale: impl Into<String>) -> Self {
        self.locale = locale.into();
        self
    }

    /// What the template may name. What cannot be JSON is left out, and the strict template then refuses to render.
    #[must_use]
    pub fn data(mut self, data: &impl Serialize) -> Self {
        self.data = serde_json::to_value(data).unwrap_or_default();
        self
    }

    /// Nothing is kept of it once it is sent or refused for good. To be said after [`data`](Self::data).
    #[must_use]
    pub fn forgotten_once_sent(mut self) -> Self {
        if let Value::Object(data) = &mut self.data {
            data.insert(FORGOTTEN.to_owned(), Value::Bool(true));
        }
        self
    }

    /// The token in its link.
    #[must_use]
    pub const fn token(mut self, purpose: &'static str, row: Uuid, generation: u32) -> Self {
        self.token = Some(TokenRef { purpose, row, generation });
        self
    }

    /// Whose account it is about.
    #[must_use]
    pub const fn account(mut self, account: UserId) -> Self {
        self.account = Some(account);
        self
    }

    /// The school it is about.
    #[must_use]
    pub const fn school(mut self, school: Option<SchoolId>) -> Self {
        self.school_id = school;
        self
    }
}

/// A message's three parts as minijinja sources. Contexts export theirs as `mail::TEMPLATES: &[MailTemplate]`.
///
/// They may name the letter's data, and `token`, `link`, `to_name`, `locale` and `public_url`; a name that is not there is an
/// error (`to_name`, `token` and `link` are `none` where there is none). The HTML part is only the body: it is put into the
/// shared layout, and every value in it is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailTemplate {
    /// `context.what`, with `.<locale>` behind it for a language other than English.
    pub name: &'static str,
    /// One line.
    pub subject: &'static str,
    /// The plain part.
    pub text: &'static str,
    /// The HTML part.
    pub html: &'static str,
    /// Where the link leads: a path under the public URL, to which `?token=` is added.
    pub link_path: Option<&'static str>,
}
