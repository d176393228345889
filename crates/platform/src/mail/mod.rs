//! Mail: letters are rows first, and sent by a job.
//!
//! A [`Letter`] becomes a row of `emails` and a job `mail.send` in the transaction of its cause ([`outbox::insert_many`]). It
//! is rendered when it is sent, from the [`MailTemplate`] its context registered; a token in it is derived then and never
//! stored. Its `Message-ID` is the same over all tries. Before a message is handed to the server `smtp_state` is durably
//! `data_sent`, after the server took it `accepted`: only a crash between the two leaves doubt (RFC 1047), and then the same
//! message is sent again under the same `Message-ID`.

pub mod email;
mod letter;
mod mailer;
pub mod outbox;
mod render;
mod send;
#[cfg(test)]
mod tests;
mod transport;

pub use email::{EmailState, Model as Email};
pub use letter::{Letter, MailTemplate, TokenRef};
pub use mailer::{MailError, Mailer};
pub use send::MAIL_SEND;
pub(crate) use send::MailSend;
