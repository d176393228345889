//! What mail promises.

mod delivery;
mod rendering;
mod smtp_server;

use super::MailTemplate;

pub(super) const TEMPLATES: [MailTemplate; 3] = [
    MailTemplate {
        name: "test.invite",
        subject: "{{ school }} invites you",
        text: "Hello {{ to_name or 'there' }},\njoin {{ school }}: {{ link }}",
        html: "<p>Join <b>{{ school }}</b></p><a href=\"{{ link }}\">Join</a>",
        link_path: Some("/join"),
    },
    MailTemplate {
        name: "test.invite.de",
        subject: "{{ school }} lädt dich ein",
        text: "Komm zu {{ school }}: {{ link }}",
        html: "<p>{{ school }}</p>",
        link_path: Some("/join?lang=de"),
    },
    MailTemplate { name: "test.plain", subject: "Hello", text: "Hello {{ missing }}", html: "", link_path: None },
];
