//! The letters of tenancy, and who gets which.

use chrono::TimeDelta;
use lyceum_platform::mail::{Letter, MailTemplate};
use lyceum_platform::secrets::Token;
use lyceum_platform::uow::Tx;
use serde_json::json;

use crate::model::{invite, membership, school, signup_request};
use crate::ports::Account;
use crate::service::invites::INVITE_CODE;

/// What the token of an offer is derived for.
pub const OFFER_TOKEN: &str = "membership_offer";

/// How long an offer can be accepted.
pub const OFFER_LIFE: TimeDelta = TimeDelta::days(30);

/// A school wants to have somebody who has an account: `{school}` and a link.
const OFFER: &str = "tenancy.membership_offer";

/// A school invites an address: `{school, until}` and a link.
const INVITE: &str = "tenancy.invite";

/// Somebody has come into a school: `{school}`.
const WELCOME: &str = "tenancy.welcome";

/// Somebody who registered could not be let into a school: `{school}`.
const NOT_LET_IN: &str = "tenancy.not_let_in";

/// A school does not let somebody in who asked: `{school}`.
const REJECTED: &str = "tenancy.signup_rejected";

/// The page that takes the code of an invite.
const JOIN_PAGE: &str = "/join";

macro_rules! text {
    ($($body:literal),+ $(,)?) => {
        concat!("Hello{% if to_name %} {{ to_name }}{% endif %},\n\n", $($body,)+ "\n\nLyceum\n")
    };
}

macro_rules! html {
    ($heading:literal, $($body:literal),+ $(,)?) => {
        concat!("<h1>", $heading, "</h1>\n<p>Hello{% if to_name %} {{ to_name }}{% endif %},</p>\n", $($body, "\n",)+)
    };
}

/// Every letter, for the platform's mailer.
pub const TEMPLATES: &[MailTemplate] = &[
    MailTemplate {
        name: OFFER,
        subject: "{{ school }} wants to add you",
        text: text!(
            "{{ school }} wants to add you to its people on Lyceum, with the account that you have. Accept here:\n\n{{ link }}\n\n",
            "The link works once, within 30 days. If you do not know the school, ignore this message: it does not learn that you ",
            "have an account."
        ),
        html: html!(
            "{{ school }} wants to add you",
            "<p>{{ school }} wants to add you to its people on Lyceum, with the account that you have.</p>",
            "<p><a class=\"button\" href=\"{{ link }}\">Accept</a></p>",
            "<p class=\"quiet\">If the button does not work, copy this address: {{ link }}</p>",
            "<p class=\"quiet\">It works once, within 30 days. If you do not know the school, ignore this message: it does not learn \
             that you have an account.</p>"
        ),
        link_path: Some("/accept-membership"),
    },
    MailTemplate {
        name: INVITE,
        subject: "{{ school }} invites you",
        text: text!(
            "{{ school }} invites you to Lyceum. Join with the account that you have, or make one, here:\n\n{{ link }}\n\n",
            "The link is for this address alone and works until {{ until }}. If you do not know the school, ignore this message."
        ),
        html: html!(
            "{{ school }} invites you",
            "<p>{{ school }} invites you to Lyceum. Join with the account that you have, or make one.</p>",
            "<p><a class=\"button\" href=\"{{ link }}\">Join</a></p>",
            "<p class=\"quiet\">If the button does not work, copy this address: {{ link }}</p>",
            "<p class=\"quiet\">It is for this address alone and works until {{ until }}. If you do not know the school, ignore this \
             message.</p>"
        ),
        link_path: Some(JOIN_PAGE),
    },
    MailTemplate {
        name: WELCOME,
        subject: "Welcome to {{ school }}",
        text: text!(
            "you belong to {{ school }} on Lyceum now. If that was not you, leave the school in your account's settings."
        ),
        html: html!(
            "Welcome to {{ school }}",
            "<p>you belong to {{ school }} on Lyceum now.</p>",
            "<p class=\"quiet\">If that was not you, leave the school in your account's settings.</p>"
        ),
        link_path: None,
    },
    MailTemplate {
        name: NOT_LET_IN,
        subject: "You are not in {{ school }} yet",
        text: text!(
            "your account is ready, but {{ school }} could not let you in: the invite is over, or there is no place left. ",
            "Ask the school for another invite."
        ),
        html: html!(
            "You are not in {{ school }} yet",
            "<p>your account is ready, but {{ school }} could not let you in: the invite is over, or there is no place left.</p>",
            "<p>Ask the school for another invite.</p>"
        ),
        link_path: None,
    },
    MailTemplate {
        name: REJECTED,
        subject: "Your request to join {{ school }}",
        text: text!(
            "{{ school }} has not accepted your request to join. If you think that this is a mistake, ask the school."
        ),
        html: html!(
            "Your request to join {{ school }}",
            "<p>{{ school }} has not accepted your request to join. If you think that this is a mistake, ask the school.</p>"
        ),
        link_path: None,
    },
];

/// Offers a membership to somebody who has an account.
pub(crate) fn offer(tx: &mut Tx, school: &school::Model, account: &Account, row: &membership::Model) {
    let generation = u32::try_from(row.offer_generation).unwrap_or_default();
    if let Some(letter) = about(school, account, OFFER) {
        tx.post(letter.token(OFFER_TOKEN, row.id.uuid(), generation));
    }
}

/// Mails the code of an invite to whom it is for.
pub(crate) fn invite(tx: &mut Tx, school: &school::Model, row: &invite::Model) {
    let Some(to) = row.email.as_deref() else { return };
    let until = row.expires_at.format("%-d %B %Y, %H:%M UTC").to_string();
    tx.post(
        Letter::new(to, INVITE)
            .locale(school.locale.clone())
            .data(&json!({ "school": school.name, "until": until }))
            .token(INVITE_CODE, row.id.uuid(), 0),
    );
}

/// The address of the page that takes a code.
pub(crate) fn invite_link(public_url: &str, code: &Token) -> String {
    format!("{}{JOIN_PAGE}?token={}", public_url.trim_end_matches('/'), code.expose())
}

/// Tells somebody that they have come into a school.
pub(crate) fn welcome(tx: &mut Tx, school: &school::Model, account: &Account) {
    if let Some(letter) = about(school, account, WELCOME) {
        tx.post(letter);
    }
}

/// Tells somebody that they could not be let in.
pub(crate) fn not_let_in(tx: &mut Tx, school: &school::Model, account: &Account) {
    if let Some(letter) = about(school, account, NOT_LET_IN) {
        tx.post(letter);
    }
}

/// Tells somebody who asked to join that they are not let in.
pub(crate) fn rejected(tx: &mut Tx, school: &school::Model, row: &signup_request::Model) {
    let Some(to) = row.email.as_deref() else { return };
    let letter = Letter::new(to, REJECTED).to_name(row.full_name.clone()).locale(school.locale.clone());
    tx.post(letter.data(&json!({ "school": school.name })));
}

fn about(school: &school::Model, account: &Account, template: &'static str) -> Option<Letter> {
    let to = account.email.as_deref().filter(|_| account.reachable)?;
    Some(
        Letter::new(to, template)
            .to_name(account.full_name.clone())
            .locale(account.locale.clone())
            .data(&json!({ "school": school.name }))
            .account(account.id),
    )
}
