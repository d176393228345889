//! `/problems/{code}`: what a problem's `type` leads to. A page for people, JSON for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::document::Causes;
use super::pages::PLAIN_PAGE;
use crate::problem::{Problem, title};

const FRAME: &str = include_str!("../../assets/pages/problem.html");

/// What the edge itself refuses, on any route.
const GENERAL: [(u16, &str, &str); 9] = [
    (400, "malformed-request", "The request could not be understood."),
    (404, "not-found", "There is nothing at this address that the caller may see."),
    (
        405,
        "method-not-allowed",
        "The path exists, but does not know the method; Allow lists the methods that it knows.",
    ),
    (408, "request-timeout", "The client did not send the body that it announced in time."),
    (413, "body-too-large", "The body is larger than the server takes."),
    (415, "unsupported-media-type", "The body is of a type that is not accepted here."),
    (500, "internal", "A fault of ours, logged under the request's id. Trying again may help; reporting the id will."),
    (503, "overloaded", "The server has all the work that it can do just now. Retry-After says when to try again."),
    (503, "timeout", "The request took longer than a request may. Retry it with the same Idempotency-Key to be safe."),
];

/// One type of problem.
#[derive(Debug, Clone, Serialize)]
struct Explanation {
    /// The last segment of the URI.
    code: &'static str,
    title: String,
    status: u16,
    /// What it can mean, a sentence each.
    meanings: Vec<&'static str>,
    /// `POST /v1/users` and the like; empty for what any operation may answer.
    operations: Vec<String>,
}

/// The explanations of all problems that the tables name.
pub(super) struct ProblemPages(BTreeMap<&'static str, Explanation>);

impl ProblemPages {
    /// From what the routes say and the general ones.
    pub(super) fn new(table: &[Causes<'_>]) -> Self {
        let mut all = BTreeMap::new();
        for (status, code, text) in GENERAL {
            all.insert(code, explanation(status, code, text));
        }
        for (info, causes) in table {
            for cause in causes {
                let known = all.entry(cause.code).or_insert_with(|| explanation(cause.status, cause.code, cause.text));
                if !known.meanings.contains(&cause.text) && known.meanings.len() < 12 {
                    known.meanings.push(cause.text);
                }
                let operation = format!("{} {}", info.method, info.path);
                if !known.operations.contains(&operation) {
                    known.operations.push(operation);
                }
            }
        }
        // What nearly every operation may answer is not told apart by listing them all.
        for explanation in all.values_mut() {
            if explanation.operations.len() * 2 > table.len() {
                explanation.operations.clear();
            }
        }
        Self(all)
    }

    /// All of them.
    pub(super) fn list(&self, request: &HttpRequest) -> HttpResponse {
        if wants_json(request) {
            return json(&self.0.values().collect::<Vec<_>>());
        }
        let mut body =
            String::from("<table><thead><tr><th>Status</th><th>Problem</th><th>Meaning</th></tr></thead><tbody>");
        for entry in self.0.values() {
            let meaning = entry.meanings.first().copied().unwrap_or_default();
            // Writing to a string does not fail.
            let _ = write!(
                body,
                "<tr><td class=\"status\">{}</td><td><a href=\"/problems/{code}\">{code}</a></td><td>{}</td></tr>",
                entry.status,
                prose(meaning),
                code = entry.code,
            );
        }
        body.push_str("</tbody></table>");
        page("Problems", "Every answer that is not a success is one of these (RFC 9457).", &body)
    }

    /// One of them.
    pub(super) fn show(&self, request: &HttpRequest) -> HttpResponse {
        let Some(entry) = self.0.get(request.match_info().query("code")) else {
            return Problem::not_found().respond(request);
        };
        if wants_json(request) {
            return json(entry);
        }
        let mut body = format!("<p class=\"code\"><code>{}</code> · HTTP {}</p>", entry.code, entry.status);
        match entry.meanings.as_slice() {
            [one] => body.extend(["<p>", &prose(one), "</p>"]),
            many => {
                body.push_str("<p>It means one of these; the answer's <code>detail</code> says which.</p><ul>");
                for text in many {
                    body.extend(["<li>", &prose(text), "</li>"]);
                }
                body.push_str("</ul>");
            }
        }
        body.push_str("<h2>Where it occurs</h2>");
        if entry.operations.is_empty() {
            body.push_str("<p>Any operation may answer it.</p>");
        } else {
            body.push_str("<ul class=\"operations\">");
            body.extend(
                entry.operations.iter().map(|operation| format!("<li><code>{}</code></li>", escape(operation))),
            );
            body.push_str("</ul>");
        }
        body.push_str("<p class=\"back\"><a href=\"/problems\">All problems</a></p>");
        page(&entry.title, advice(entry.status), &body)
    }
}

fn explanation(status: u16, code: &'static str, text: &'static str) -> Explanation {
    Explanation { code, title: title(code), status, meanings: vec![text], operations: Vec::new() }
}

/// What a client can do about a status.
const fn advice(status: u16) -> &'static str {
    match status {
        401 => "Get a new access token, then send the request again.",
        403 => "Sending it again will not help: ask whoever administers the school.",
        404 | 410 => "Sending it again will not help: there is nothing here for you.",
        409 | 412 => "Fetch the present state, decide anew, and send again.",
        408 | 429 | 503 => "Send it again, after as long as Retry-After says.",
        500..=599 => "The fault is on the server's side.",
        _ => "Change the request before sending it again.",
    }
}

fn page(heading: &str, lead: &str, body: &str) -> HttpResponse {
    let html =
        FRAME.replace("{{heading}}", &escape(heading)).replace("{{lead}}", &escape(lead)).replace("{{body}}", body);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, PLAIN_PAGE))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::VARY, HeaderValue::from_static("Accept")))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

fn json(view: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::VARY, HeaderValue::from_static("Accept")))
        .json(view)
}

/// Whether JSON is named before HTML, or at all where HTML is not.
fn wants_json(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match (accept.find("json"), accept.find("text/html")) {
        (Some(json), Some(html)) => json < html,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// Escaped text; what stands in backquotes is code.
fn prose(text: &str) -> String {
    let escaped = escape(text);
    let mut parts = escaped.split('`');
    let mut html = parts.next().unwrap_or_default().to_owned();
    for (place, part) in parts.enumerate() {
        html.push_str(if place % 2 == 0 { "<code>" } else { "</code>" });
        html.push_str(part);
    }
    html
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
