//! The letters of tenancy, and who gets which.

use chrono::TimeDelta;
use lyceum_platform::mail::{Letter, MailTemplate};
use lyceum_platform::uow::Tx;
use serde_json::json;

use crate::model::{membership, school};
use crate::ports::Account;

/// What the token of an offer is derived for.
pub const OFFER_TOKEN: &str = "membership_offer";

/// How long an offer can be accepted.
pub const OFFER_LIFE: TimeDelta = TimeDelta::days(30);

/// A school wants to have somebody who has an account: `{school}` and a link.
const OFFER: &str = "tenancy.membership_offer";

/// Every letter, for the platform's mailer.
pub const TEMPLATES: &[MailTemplate] = &[MailTemplate {
    name: OFFER,
    subject: "{{ school }} wants to add you",
    text: "Hello{% if to_name %} {{ to_name }}{% endif %},\n\n\
           {{ school }} wants to add you to its people on Lyceum, with the account that you have. Accept here:\n\n{{ link }}\n\n\
           The link works once, within 30 days. If you do not know the school, ignore this message: it does not learn that you \
           have an account.\n\nLyceum\n",
    html: "<h1>{{ school }} wants to add you</h1>\n<p>Hello{% if to_name %} {{ to_name }}{% endif %},</p>\n\
           <p>{{ school }} wants to add you to its people on Lyceum, with the account that you have.</p>\n\
           <p><a class=\"button\" href=\"{{ link }}\">Accept</a></p>\n\
           <p class=\"quiet\">If the button does not work, copy this address: {{ link }}</p>\n\
           <p class=\"quiet\">It works once, within 30 days. If you do not know the school, ignore this message: it does not learn \
           that you have an account.</p>\n",
    link_path: Some("/accept-membership"),
}];

/// Offers a membership to somebody who has an account.
pub(crate) fn offer(tx: &mut Tx, school: &school::Model, account: &Account, row: &membership::Model) {
    let Some(to) = account.email.as_deref().filter(|_| account.reachable) else { return };
    let generation = u32::try_from(row.offer_generation).unwrap_or_default();
    tx.post(
        Letter::new(to, OFFER)
            .to_name(account.full_name.clone())
            .locale(account.locale.clone())
            .data(&json!({ "school": school.name }))
            .account(account.id)
            .token(OFFER_TOKEN, row.id.uuid(), generation),
    );
}
