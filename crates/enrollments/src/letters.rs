//! The letters of enrolments.

use lyceum_platform::mail::{Letter, MailTemplate};
use lyceum_platform::uow::Tx;
use serde_json::json;

use crate::model::enrollment::Model;
use crate::ports::Addressee;

/// Somebody who waited has a place: `{course, school}`.
const PLACE_GIVEN: &str = "enrollments.place_given";

/// Every letter, for the platform's mailer.
pub const TEMPLATES: &[MailTemplate] = &[MailTemplate {
    name: PLACE_GIVEN,
    subject: "You have a place in {{ course }}",
    text: "Hello{% if to_name %} {{ to_name }}{% endif %},\n\n\
           a place in the course \"{{ course }}\" of {{ school }} has fallen free, and it is yours: you do not wait any more, you take \
           part. If you do not want it any more, leave the course, so that the next in line gets it.\n\nLyceum\n",
    html: "<h1>You have a place in {{ course }}</h1>\n<p>Hello{% if to_name %} {{ to_name }}{% endif %},</p>\n\
           <p>a place in the course <b>{{ course }}</b> of {{ school }} has fallen free, and it is yours: you do not wait any more, you take \
           part.</p>\n<p class=\"quiet\">If you do not want it any more, leave the course, so that the next in line gets it.</p>\n",
    link_path: None,
}];

/// Tells somebody who waited that they have a place.
pub(crate) fn place_given(tx: &mut Tx, row: &Model, to: Addressee, course: &str) {
    let Addressee { email, name, locale, school } = to;
    let letter = Letter::new(&email, PLACE_GIVEN).to_name(name).locale(locale).account(row.user_id);
    tx.post(letter.school(Some(row.school_id)).data(&json!({ "course": course, "school": school })));
}
