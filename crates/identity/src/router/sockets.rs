//! Tickets for sockets, and one's own socket.

use lyceum_kernel::notice::{Notice, OwnStanding};
use lyceum_web::socket::{Accepted, Conversation, Nothing, Objection, Socket, Upgrade};
use lyceum_web::{AccessToken, Authenticated, Committed, Problem, Route, State, UnitOfWork, get, post};

use crate::dto::socket::SocketTicket;
use crate::error::IdentityError;
use crate::service::IdentityService;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        post("/v1/ws/tickets", issue_ticket)
            .summary("Get a ticket for a socket")
            .describe(
                "For browsers, which can set no header on a WebSocket: `new WebSocket(\"wss://…/v1/ws/me?ticket=…\")`. The ticket opens \
                 one socket, once, within 30 seconds; the socket then lasts as long as the token that the ticket was bought with, and \
                 its session.",
            )
            .idempotency_exempt()
            .problem("session-ended", 401, "The token has expired this moment."),
        get("/v1/ws/me", watch_me).summary("Hear what concerns oneself").describe(
            "For every app that somebody is logged in to: it tells at once when their roles or their school have changed (`standing`), \
             before the token expires (`token.expiring`), and how long work that they asked for gets on (`import`: as `GET \
             /v1/imports/{id}` has it, without the faults). It closes with 4401 when the session is over, on this device or by another.",
        ),
    ]
}

async fn issue_ticket(
    caller: Authenticated,
    service: State<IdentityService>,
    work: UnitOfWork,
    token: AccessToken,
) -> Result<Committed<SocketTicket>, IdentityError> {
    service.issue_ticket(&caller, work, &token.0).await
}

async fn watch_me(_: Authenticated, upgrade: Upgrade) -> Result<Accepted<Own>, Problem> {
    Ok(upgrade.accept(Own))
}

/// What concerns the caller.
struct Own;

impl Conversation for Own {
    type Incoming = Nothing;
    type Outgoing = Notice;

    async fn begin(&mut self, socket: &mut Socket) -> Result<(), Objection> {
        socket.join_own();
        tell(socket);
        Ok(())
    }

    async fn hear(&mut self, _: &mut Socket, said: Nothing) -> Result<(), Objection> {
        match said {}
    }

    async fn changed(&mut self, socket: &mut Socket) -> Result<(), Objection> {
        tell(socket);
        Ok(())
    }
}

fn tell(socket: &Socket) {
    socket.say(&Notice::Standing(OwnStanding::new(&socket.principal(), socket.expires_at())));
}
