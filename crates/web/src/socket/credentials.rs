//! Who opens a socket: where browsers and programs can put a token, and which pages may.

use std::borrow::Cow;

use actix_web::http::header;
use lyceum_kernel::ErrorKind;
use percent_encoding::percent_decode_str;

use crate::authentication::Credential;
use crate::problem::Problem;
use crate::route::Incoming;

/// The subprotocol that we speak.
pub(super) const PROTOCOL: &str = "lyceum.v1";

/// What a token among the subprotocols begins with.
const BEARER: &str = "bearer.";
/// What a ticket among the subprotocols begins with.
const TICKET: &str = "ticket.";

/// Longest token that is looked at.
pub(super) const LONGEST: usize = 8_192;

/// A credential as it was sent.
pub(crate) enum Sent {
    /// An access token.
    Token(String),
    /// A one-time ticket.
    Ticket(String),
}

impl Sent {
    /// For the authenticator.
    pub(crate) fn credential(&self) -> Credential<'_> {
        match self {
            Self::Token(token) => Credential::Token(token),
            Self::Ticket(ticket) => Credential::Ticket(ticket),
        }
    }
}

/// Refuses pages that may not call: the browser sends `Origin` with every handshake, and CORS does not protect sockets.
pub(crate) fn check_origin(incoming: &Incoming) -> Result<(), Problem> {
    let headers = incoming.request().headers();
    if incoming.web().sockets().origins().welcomes(headers) {
        return Ok(());
    }
    let detail = "Pages of this origin may not connect; server.cors_allowed_origins lists those that may.";
    Err(Problem::new(ErrorKind::Forbidden, "origin-refused", detail))
}

/// The credential of a handshake without an `Authorization` header: among the subprotocols, else in the query string.
pub(crate) fn find(incoming: &Incoming) -> Option<Sent> {
    let offered = offered(incoming).find_map(|protocol| {
        let token = protocol.strip_prefix(BEARER).map(|token| Sent::Token(token.to_owned()));
        token.or_else(|| protocol.strip_prefix(TICKET).map(|ticket| Sent::Ticket(ticket.to_owned())))
    });
    let in_query = || {
        let ticket = parameter(incoming, "ticket").map(|ticket| Sent::Ticket(ticket.into_owned()));
        ticket.or_else(|| {
            let allowed = incoming.web().platform().config.security.token_in_query;
            parameter(incoming, "token").filter(|_| allowed).map(|token| Sent::Token(token.into_owned()))
        })
    };
    offered.or_else(in_query).filter(|sent| {
        let (Sent::Token(text) | Sent::Ticket(text)) = sent;
        !text.is_empty() && text.len() <= LONGEST
    })
}

/// Whether the client offers the subprotocol that we speak.
pub(super) fn speaks(incoming: &Incoming) -> bool {
    offered(incoming).any(|protocol| protocol == PROTOCOL)
}

/// The subprotocols that the client offers.
fn offered(incoming: &Incoming) -> impl Iterator<Item = &str> {
    let lines = incoming.request().headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).map(str::trim)
}

fn parameter<'a>(incoming: &'a Incoming, name: &str) -> Option<Cow<'a, str>> {
    let pairs = incoming.request().query_string().split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(known, _)| *known == name)?.1;
    percent_decode_str(value).decode_utf8().ok()
}
