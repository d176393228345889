//! Routes of invigilation, and the socket at a test.

use std::sync::Arc;

use lyceum_kernel::{AttemptId, TestId};
use lyceum_web::socket::{Accepted, Conversation, Objection, Socket, Upgrade};
use lyceum_web::{Caller, Committed, Listing, Paging, PathId, Route, State, UnitOfWork, Valid, get, post};

use crate::dto::invigilation::{AddTime, TestEvent, TestSaid, WatchedAttempt};
use crate::error::AssessmentError;
use crate::model::attempt_event::Kind;
use crate::perm::{TestInvigilate, TestRead};
use crate::policy::Refusal;
use crate::service::AssessmentsService;
use crate::service::invigilation::{Key, Place, writable};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![running_route(), add_time_route(), socket_route()]
}

fn running_route() -> Route {
    get("/v1/tests/{id}/invigilation", list_running)
        .summary("List the attempts at a test that run")
        .describe("For those who invigilate, oldest first: how far each is, and whether it is quiet. The socket tells what changes.")
        .problem("not-your-test", 403, "The caller is not staff of the test.")
}

async fn list_running(
    caller: Caller<TestInvigilate>,
    service: State<AssessmentsService>,
    id: PathId<TestId>,
    paging: Paging,
) -> Result<Listing<WatchedAttempt>, AssessmentError> {
    service.list_running(&caller, id.0, &paging).await.map(Listing)
}

fn add_time_route() -> Route {
    post("/v1/attempts/{id}/add-time", add_time)
        .summary("Give somebody more time")
        .describe(
            "For those who invigilate, while an attempt runs: on top of the limit, of overrides, and of what was added before. The end of the \
             test moves with it. It holds at once; the client of whoever takes the test hears of it on the socket, and with its next answer.",
        )
        .versioned()
        .problem("not-your-test", 403, "The caller is not staff of the test.")
        .problem("attempt-closed", 409, "The attempt was handed in or closed.")
        .problem("full", 409, "A week was added already.")
}

async fn add_time(
    caller: Caller<TestInvigilate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<AttemptId>,
    form: Valid<AddTime>,
) -> Result<Committed<WatchedAttempt>, AssessmentError> {
    service.add_time(&caller, work, (id.0, form.into_inner())).await
}

fn socket_route() -> Route {
    get("/v1/ws/tests/{id}", attend)
        .summary("Be at a test")
        .describe(
            "Those who invigilate the test hear who starts, how far they are, who goes quiet, comes, goes, and hands in, and what clients \
             report. Begin with `GET /v1/tests/{id}/invigilation` once `watching` has come, and again after a reconnection or `gap`; every \
             event carries the whole attempt, and one with a lower `version` is older.\n\nThose who take it hear of their own attempt: that it \
             began, that it ends at another time, that it is over. They may `report` what happens at the client. Nothing of an attempt \
             depends on the socket: answers are saved by requests.",
        )
        .problem("not-taking-part", 403, "The caller sees the test, and neither invigilates nor takes it.")
}

async fn attend(
    caller: Caller<TestRead>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<TestId>,
    upgrade: Upgrade,
) -> Result<Accepted<AtTest>, AssessmentError> {
    let (key, watches) = service.at_test(&caller, id.0).await?;
    Ok(upgrade.accept(AtTest { service: service.0, work, key, watches, place: None }))
}

/// Somebody at a test.
struct AtTest {
    service: Arc<AssessmentsService>,
    work: UnitOfWork,
    key: Key,
    watches: bool,
    place: Option<Place>,
}

impl AtTest {
    async fn note(&self, socket: &Socket, kind: Kind) {
        let who = socket.principal();
        if !self.watches && who.school_writable {
            self.service.note_presence(&who, self.work.clone(), (self.key, kind)).await;
        }
    }
}

impl Conversation for AtTest {
    type Incoming = TestSaid;
    type Outgoing = TestEvent;

    async fn begin(&mut self, socket: &mut Socket) -> Result<(), Objection> {
        self.place = Some(self.service.enter(socket, (self.key, self.watches)).await?);
        self.note(socket, Kind::SocketOpened).await;
        Ok(())
    }

    async fn hear(&mut self, socket: &mut Socket, said: TestSaid) -> Result<(), Objection> {
        let TestSaid::Report(form) = said;
        let who = socket.principal();
        if self.watches {
            return Err(AssessmentError::from(Refusal::NotTakingPart).into());
        }
        writable(&who)?;
        let kept = self.service.report_at(&who, self.work.clone(), (self.key, form)).await?;
        socket.say(&TestEvent::Recorded(kept));
        Ok(())
    }

    async fn ended(&mut self, socket: &mut Socket, left: bool) {
        self.place = None;
        if left {
            self.note(socket, Kind::SocketClosed).await;
        }
    }
}
