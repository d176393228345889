//! Writes the letters whose templates are in [`crate::mail`]: who gets which, and with what in it.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lyceum_platform::mail::Letter;
use serde_json::json;
use uuid::Uuid;

use crate::mail;
use crate::model::account;
use crate::service::one_time::Purpose;

/// A letter about an account, to an address that need not be the account's.
fn letter(account: &account::Model, to: &str, template: &'static str) -> Letter {
    Letter::new(to, template)
        .to_name(account.full_name.clone())
        .locale(account.locale.clone())
        .data(&json!({}))
        .account(account.id)
}

/// A letter with a one-time link.
pub(crate) fn with_link(
    account: &account::Model,
    to: &str,
    template: &'static str,
    (purpose, row): (Purpose, Uuid),
    life: Duration,
) -> Letter {
    let data = json!({ "expires_in": in_words(life) });
    letter(account, to, template).data(&data).token(purpose.as_str(), row, 0)
}

/// Tells the old address that a new one was asked for, with a link that undoes it.
pub(crate) fn email_change_notice(account: &account::Model, old: &str, new: &str, row: Uuid, life: Duration) -> Letter {
    let data = json!({ "new_email": new, "expires_in": in_words(life) });
    letter(account, old, mail::EMAIL_CHANGE_NOTICE).data(&data).token(Purpose::EmailUndo.as_str(), row, 0)
}

/// Tells the owner that something about the account's security happened: `{when, ip}`.
pub(crate) fn security_notice(
    account: &account::Model,
    template: &'static str,
    when: DateTime<Utc>,
    ip: Option<IpAddr>,
) -> Option<Letter> {
    let to = account.email.as_deref()?;
    let data = json!({ "when": moment(when), "ip": ip.map(|ip| ip.to_string()) });
    Some(letter(account, to, template).data(&data))
}

/// Tells the owner that a spent refresh token came back.
pub(crate) fn token_reuse(
    account: &account::Model,
    when: DateTime<Utc>,
    ip: Option<IpAddr>,
    device: Option<&str>,
) -> Option<Letter> {
    let to = account.email.as_deref()?;
    let data = json!({ "when": moment(when), "ip": ip.map(|ip| ip.to_string()), "device": device });
    Some(letter(account, to, mail::TOKEN_REUSE).data(&data))
}

/// The last letter. It names no account, for there is none any more, and is forgotten once it is sent.
pub(crate) fn farewell(account: &account::Model) -> Option<Letter> {
    let to = account.email.as_deref()?;
    let letter = Letter::new(to, mail::ACCOUNT_ERASED).to_name(account.full_name.clone());
    Some(letter.locale(account.locale.clone()).forgotten_once_sent())
}

/// A moment for people, in UTC.
fn moment(when: DateTime<Utc>) -> String {
    when.format("%-d %B %Y at %H:%M UTC").to_string()
}

/// A span in the largest unit that divides it: "3 days", "1 hour".
fn in_words(span: Duration) -> String {
    let seconds = span.as_secs();
    let (count, unit) = [(86_400, "day"), (3_600, "hour"), (60, "minute")]
        .into_iter()
        .find(|(size, _)| seconds >= *size && seconds.is_multiple_of(*size))
        .map_or((seconds, "second"), |(size, unit)| (seconds / size, unit));
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_in_words() {
        for (seconds, words) in
            [(259_200, "3 days"), (86_400, "1 day"), (3_600, "1 hour"), (5_400, "90 minutes"), (45, "45 seconds")]
        {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }
}
