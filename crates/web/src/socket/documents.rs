//! What the API document says about sockets.

use std::marker::PhantomData;

use serde_json::{Value, json};
use utoipa::openapi::Required;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::close::CloseCode;
use super::conversation::Conversation;
use super::credentials::{LONGEST, PROTOCOL};
use crate::describe::{Description, header};

/// What holds for every socket.
const MANNERS: &str = "\
**A WebSocket** (RFC 6455). The token comes in one of four ways: in `Authorization`, among the subprotocols \
(`Sec-WebSocket-Protocol: lyceum.v1, bearer.<token>`, of which `lyceum.v1` is echoed), as a one-time ticket from \
`POST /v1/ws/tickets` (`?ticket=`, or `ticket.<ticket>` among the subprotocols), or as `?token=` where the deployment allows it. \
Pages may connect from the origins that the deployment names, and from its own.

Messages are text, in both directions `{\"event\": …, \"data\": …, \"id\"?: …}`. What the server sends with an `id` can be resumed \
from; an `id` that the client sends (at most 64 bytes) comes back in the answer. On every socket:

* in: `authenticate {token}` puts a new access token of the same person and school in the place of the one that keeps the connection open;
* out: `authenticated {expires_at}` answers it; `token.expiring {expires_at}` comes a minute before the end; `error {code, message, errors?}` says \
what was not done, and the connection goes on; `gap {}` says that messages may have been missed: read the present state.

The server pings; a client that gives no sign of life between two pings is given up. The connection ends within two seconds when the session ends, the \
token expires, or what the account may do no longer allows it.";

/// The handshake: parameters and refusals.
pub(super) fn describe_handshake(description: &mut Description) {
    let text = |most: usize| ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(most));
    let mut parameter = |name: &str, text_of: &str, most: usize| {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
        description.parameter(parameter.description(Some(text_of)).schema(Some(text(most))).build());
    };
    parameter("ticket", "A one-time ticket, where there is no `Authorization` header.", LONGEST);
    parameter(
        "token",
        "An access token, where there is neither header nor ticket and the deployment allows it.",
        LONGEST,
    );
    description.note(MANNERS);
    description.problem(400, "malformed-header", "A header is not what its specification says.");
    description.problem(403, "origin-refused", "Pages of this origin may not connect.");
    description.problem(409, "upgrade-required", "A plain request: connect with `Upgrade: websocket`.");
    description.problem(426, "websocket-version", "Another version of the protocol than 13 (RFC 6455).");
    description.problem(429, "too-many-sockets", "The account has as many sockets on this node as one may.");
    description.problem(503, "draining", "This node stops; another one will answer.");
    description.problem(503, "overloaded", "This node has all the sockets that it can have.");
}

/// The connection: frames and close codes.
pub(super) fn describe_frames<C: Conversation>(description: &mut Description, _: PhantomData<C>) {
    let incoming = description.schema_of::<C::Incoming>();
    let outgoing = description.schema_of::<C::Outgoing>();
    let codes: Vec<String> =
        CloseCode::ALL.iter().map(|code| format!("* `{}` {}", code.number, code.meaning)).collect();
    let response = description.success(101, "");
    response.description =
        format!("The connection stands. It ends with one of these close codes:\n\n{}", codes.join("\n"));
    response
        .headers
        .insert("Sec-WebSocket-Protocol".to_owned(), header("`lyceum.v1`, if it was offered.", Type::String));
    let codes: serde_json::Map<String, Value> =
        CloseCode::ALL.iter().map(|code| (code.number.to_string(), code.meaning.into())).collect();
    let frames = json!({ "protocol": PROTOCOL, "incoming": incoming, "outgoing": outgoing, "close_codes": codes });
    let extensions = description.operation.extensions.get_or_insert_with(Extensions::default);
    extensions.insert("x-websocket".to_owned(), frames);
}
