//! Templates.

use serde_json::json;

use super::TEMPLATES;
use crate::mail::MailTemplate;
use crate::mail::render::{Content, Renderer, one_line};
use crate::mail::transport::without_addresses;

fn renderer() -> Renderer {
    Renderer::new(TEMPLATES.to_vec(), "https://lyceum.example", "Lyceum").unwrap()
}

#[test]
fn html_is_escaped_text_is_not_and_the_subject_is_one_line() {
    let data = json!({"school": "A & <b>B</b>\r\nBcc: x@example.org"});
    let content = Content { template: "test.invite", locale: "en-GB", to_name: None, data: &data, token: Some("t_1") };
    let rendered = renderer().render(content).unwrap();
    assert_eq!(rendered.subject, "A & <b>B</b> Bcc: x@example.org invites you");
    assert!(rendered.text.starts_with("Hello there,\njoin A & <b>B</b>"), "{}", rendered.text);
    assert!(rendered.text.ends_with("https://lyceum.example/join?token=t_1"));
    assert!(rendered.html.contains("<b>A &amp; &lt;b&gt;B&lt;"), "{}", rendered.html);
    assert!(rendered.html.contains("<title>A &amp; &lt;b&gt;B&lt;"), "the layout escapes as well");
    assert!(rendered.html.contains("<p>Join"), "the body's own markup stands");
}

#[test]
fn the_recipients_language_is_preferred() {
    let data = json!({"school": "Lyzeum"});
    let german = Content { template: "test.invite", locale: "de-AT", to_name: None, data: &data, token: Some("t") };
    let rendered = renderer().render(german).unwrap();
    assert_eq!(rendered.subject, "Lyzeum lädt dich ein");
    assert!(rendered.text.ends_with("/join?lang=de&token=t"), "{}", rendered.text);
    assert!(rendered.html.contains("lang=\"de-AT\""));
}

#[test]
fn what_a_template_names_must_be_there() {
    let data = json!({});
    let content = Content { template: "test.plain", locale: "en", to_name: None, data: &data, token: None };
    assert!(renderer().render(content).is_err());
    assert!(renderer().render(Content { template: "test.none", ..content }).is_err());
    let broken = MailTemplate { subject: "{{ oh", ..TEMPLATES[0] };
    assert!(Renderer::new(vec![broken], "", "").is_err());
    assert!(Renderer::new(vec![TEMPLATES[0], TEMPLATES[0]], "", "").is_err());
}

#[test]
fn lines_and_addresses_are_cleaned() {
    assert_eq!(one_line(" a\r\n\u{0}b \t c", 100), "a b c");
    assert_eq!(one_line("abcdef", 3), "abc");
    assert_eq!(without_addresses("550 5.1.1 <ada@example.org>: unknown"), "550 5.1.1 <address> unknown");
}
