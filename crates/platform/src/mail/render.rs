//! From a template and its data to the three texts of a message.

use std::collections::HashSet;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::{Map, Value};

use super::{MailError, MailTemplate};

const LAYOUT: &str = include_str!("layout.html");

/// The longest subject, in characters; RFC 5322 allows 998 bytes a line.
const SUBJECT: usize = 200;

/// The compiled templates.
#[derive(Debug)]
pub(super) struct Renderer {
    environment: Environment<'static>,
    templates: Vec<MailTemplate>,
    public_url: String,
    sender: String,
}

/// A message's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// What one letter brings to its template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content<'a> {
    pub(super) template: &'a str,
    pub(super) locale: &'a str,
    pub(super) to_name: Option<&'a str>,
    pub(super) data: &'a Value,
    pub(super) token: Option<&'a str>,
}

impl Renderer {
    /// Compiles the templates; one that does not compile, or a name taken twice, is an error.
    pub(super) fn new(templates: Vec<MailTemplate>, public_url: &str, sender: &str) -> Result<Self, MailError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
            Some("html") => AutoEscape::Html,
            _ => AutoEscape::None,
        });
        environment.add_template("layout.html", LAYOUT)?;
        let mut names = HashSet::new();
        for template in &templates {
            if !names.insert(template.name) {
                return Err(MailError::Setup(format!("two mail templates are called {}", template.name)));
            }
            environment.add_template_owned(format!("{}.subject", template.name), template.subject)?;
            environment.add_template_owned(format!("{}.text", template.name), template.text)?;
            environment.add_template_owned(format!("{}.html", template.name), template.html)?;
        }
        Ok(Self { environment, templates, public_url: public_url.to_owned(), sender: sender.to_owned() })
    }

    /// Renders a letter. Whatever it fails of, it fails of every time.
    pub(super) fn render(&self, content: Content<'_>) -> Result<Rendered, MailError> {
        let template = self.choose(content.template, content.locale)?;
        let mut values = match content.data {
            Value::Object(fields) => fields.clone(),
            _ => Map::new(),
        };
        let link = template.link_path.map(|path| self.link(path, content.token));
        values.insert("token".to_owned(), content.token.into());
        values.insert("link".to_owned(), link.into());
        values.insert("to_name".to_owned(), content.to_name.into());
        values.insert("locale".to_owned(), content.locale.into());
        values.insert("public_url".to_owned(), self.public_url.clone().into());
        values.insert("sender".to_owned(), self.sender.clone().into());
        let part = |part: &str, values: &Map<String, Value>| -> Result<String, MailError> {
            Ok(self
                .environment
                .get_template(&format!("{}.{part}", template.name))?
                .render(minijinja::Value::from(Serde(values)))?)
        };
        let subject = one_line(&part("subject", &values)?, SUBJECT);
        let text = part("text", &values)?;
        let body = part("html", &values)?;
        values.insert("subject".to_owned(), subject.clone().into());
        values.insert("body".to_owned(), body.into());
        let html = self.environment.get_template("layout.html")?.render(minijinja::Value::from(Serde(&values)))?;
        Ok(Rendered { subject, text, html })
    }

    /// `<name>.<locale>`, else `<name>.<language>`, else `<name>`.
    fn choose(&self, name: &str, locale: &str) -> Result<&MailTemplate, MailError> {
        let language = locale.split(['-', '_']).next().unwrap_or(locale);
        [format!("{name}.{locale}"), format!("{name}.{language}"), name.to_owned()]
            .iter()
            .find_map(|wanted| self.templates.iter().find(|template| template.name == wanted))
            .ok_or_else(|| MailError::NoTemplate(name.to_owned()))
    }

    fn link(&self, path: &str, token: Option<&str>) -> String {
        let base = format!("{}{path}", self.public_url);
        let Some(token) = token else { return base };
        let separator = if path.contains('?') { '&' } else { '?' };
        let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        format!("{base}{separator}token={token}")
    }
}

/// One line: runs of white space and control characters become one space. Nothing can begin another header with it.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").chars().take(most).collect()
}
