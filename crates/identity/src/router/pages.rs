//! The pages that mailed links open: a heading, a button, and a script that sends the token to the API when the button is
//! pressed. Opening one changes nothing, so that programs which look at every link in a mail use no token up.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use bytes::Bytes;
use lyceum_web::{Describe, Description, Incoming, Problem, Public, Query, Reply, Route, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use validator::Validate;

/// Nothing but our own script and style; the script may only speak to us.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        page_route(get("/activate", activation_page), "The page that an activation mail opens"),
        page_route(get("/reset-password", password_page), "The page that a reset mail or an invitation opens"),
        page_route(get("/confirm-email", confirm_email_page), "The page that the mail to a new address opens"),
        page_route(get("/undo-email-change", undo_email_page), "The page that the notice to an old address opens"),
        page_route(get("/accept-membership", membership_page), "The page that the letter of a school opens"),
        page_route(get("/join", join_page), "The page that an invite opens"),
        page_route(get("/pages/page.js", page_script), "The script of these pages"),
        page_route(get("/pages/page.css", page_style), "The style of these pages"),
    ]
}

fn page_route(route: Route, summary: &'static str) -> Route {
    route.summary(summary).describe("For browsers. Opening it changes nothing; the button on it calls the API.")
}

/// What a link carries. The server does not look at it: the script does.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
struct Link {
    /// The one-time token.
    #[expect(dead_code, reason = "named so that it is an allowed parameter; only the script reads it")]
    token: Option<String>,
}

macro_rules! page {
    ($title:literal, $text:literal, $field:expr, $button:literal, $to:literal, $done:literal) => {
        concat!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n",
            "<title>",
            $title,
            "</title>\n<link rel=\"stylesheet\" href=\"/pages/page.css\">\n<script src=\"/pages/page.js\" defer></script>\n</head>\n",
            "<body>\n<main>\n<h1>",
            $title,
            "</h1>\n<p>",
            $text,
            "</p>\n<form data-to=\"",
            $to,
            "\" data-done=\"",
            $done,
            "\">\n",
            $field,
            "<button type=\"submit\">",
            $button,
            "</button>\n</form>\n<noscript><p>This page needs JavaScript.</p></noscript>\n",
            "<div role=\"status\" aria-live=\"polite\"></div>\n</main>\n</body>\n</html>\n"
        )
    };
}

const ACTIVATION: &str = page!(
    "Confirm your address",
    "One press, and your account is ready.",
    "",
    "Confirm address",
    "/v1/auth/activate",
    "Your account is active. You can log in now."
);

const PASSWORD: &str = page!(
    "Choose a password",
    "At least eight characters; a few words that do not belong together are best. You will be logged out everywhere.",
    "<label for=\"password\">New password</label>\n<input id=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"8\" maxlength=\"256\" required autofocus>\n",
    "Set password",
    "/v1/auth/password/reset",
    "The password is set. You can log in with it now."
);

const CONFIRM_EMAIL: &str = page!(
    "Confirm your new address",
    "Your account will use this address from now on.",
    "",
    "Use this address",
    "/v1/me/email/confirm",
    "Done. Your account uses this address now."
);

const UNDO_EMAIL: &str = page!(
    "Stop the change of address",
    "Your account keeps this address, everybody is logged out, and a link to choose a new password is mailed to you.",
    "",
    "It was not me",
    "/v1/me/email/undo",
    "Done. Look into your mailbox and choose a new password."
);

const MEMBERSHIP: &str = page!(
    "Join the school",
    "The school that wrote to you will see your name and address. You keep your account and your password.",
    "",
    "Accept",
    "/v1/memberships/accept",
    "You belong to the school now. Log in to enter it."
);

const JOIN: &str = page!(
    "Join the school",
    "Log in with the account that you have, or make one: then a message comes to confirm your address.",
    "<label for=\"email\">E-mail address</label>\n<input id=\"email\" type=\"email\" autocomplete=\"username\" required autofocus>\n\
     <label for=\"password\">Password</label>\n<input id=\"password\" type=\"password\" autocomplete=\"current-password\" minlength=\"8\" maxlength=\"256\" required>\n\
     <div id=\"factor\" hidden><label for=\"totp\">Code of your second factor</label>\n<input id=\"totp\" autocomplete=\"one-time-code\"></div>\n\
     <button type=\"button\" id=\"register\">Make an account</button>\n",
    "Log in and join",
    "/v1/invites/redeem",
    "You belong to the school now. Log in to enter it."
);

async fn activation_page(_: Public, _: Query<Link>) -> Result<Html, Problem> {
    Ok(Html(ACTIVATION))
}

async fn password_page(_: Public, _: Query<Link>) -> Result<Html, Problem> {
    Ok(Html(PASSWORD))
}

async fn confirm_email_page(_: Public, _: Query<Link>) -> Result<Html, Problem> {
    Ok(Html(CONFIRM_EMAIL))
}

async fn undo_email_page(_: Public, _: Query<Link>) -> Result<Html, Problem> {
    Ok(Html(UNDO_EMAIL))
}

async fn membership_page(_: Public, _: Query<Link>) -> Result<Html, Problem> {
    Ok(Html(MEMBERSHIP))
}

async fn join_page(_: Public, _: Query<Link>) -> Result<Html, Problem> {
    Ok(Html(JOIN))
}

async fn page_script(_: Public) -> Result<Script, Problem> {
    Ok(Script)
}

async fn page_style(_: Public) -> Result<Style, Problem> {
    Ok(Style)
}

/// A page.
struct Html(&'static str);

/// The pages' script.
struct Script;

/// The pages' style.
struct Style;

fn embedded(text: &'static str, kind: &'static str) -> HttpResponse {
    let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(Bytes::from_static(text.as_bytes())));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

macro_rules! served_as {
    ($reply:ty, $kind:literal, |$this:ident| $text:expr) => {
        impl Reply for $reply {
            fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
                let $this = self;
                let mut response = embedded($text, $kind);
                response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
                Ok(response)
            }
        }

        impl Describe for $reply {
            fn describe(description: &mut Description) {
                let text = ObjectBuilder::new().schema_type(Type::String).build();
                description.success_with(200, "Success.", $kind, RefOr::T(Schema::Object(text)));
            }
        }
    };
}

served_as!(Html, "text/html; charset=utf-8", |html| html.0);
served_as!(Script, "text/javascript; charset=utf-8", |_script| include_str!("../pages/page.js"));
served_as!(Style, "text/css; charset=utf-8", |_style| include_str!("../pages/page.css"));
