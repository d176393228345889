//! Letters on their way.

use std::time::Duration;

use lyceum_kernel::{Clock as _, EmailId};
use serde_json::json;
use uuid::Uuid;

use super::TEMPLATES;
use super::smtp_server::{Reply, SmtpServer};
use crate::jobs::tests::Rig;
use crate::jobs::{JobRegistry, JobState};
use crate::mail::email::SmtpState;
use crate::mail::{Email, EmailState, Letter, MAIL_SEND, outbox};

const RETRY: Duration = Duration::from_secs(72);

fn invite(to: &str) -> Letter {
    Letter::new(to, "test.invite")
        .to_name(Some("Ada\r\nBcc: eve@example.org".to_owned()))
        .data(&json!({"school": "Lyceum\r\nX-Evil: 1"}))
        .token("tenancy.invite", Uuid::from_u128(7), 3)
}

async fn post(rig: &Rig, letters: &[Letter]) -> Vec<EmailId> {
    let now = rig.clock.now();
    outbox::insert_many(&rig.platform.db.write(), (now, now), &*rig.platform.entropy, letters).await.unwrap()
}

async fn email(rig: &Rig, id: EmailId) -> Email {
    outbox::find(&rig.platform.db.write(), id).await.unwrap().unwrap()
}

async fn drain(rig: &Rig) {
    rig.runner(&JobRegistry::new()).drain().await.unwrap();
}

fn message_id(message: &str) -> &str {
    message.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap()
}

async fn with_server(greeting: &'static str) -> (SmtpServer, Vec<Rig>) {
    let server = SmtpServer::start(greeting).await;
    let url = server.url.clone();
    let rigs = Rig::all(|config| config.smtp.url = Some(url.clone().into()), &TEMPLATES).await;
    (server, rigs)
}

#[tokio::test]
async fn without_a_server_messages_become_files() {
    for rig in Rig::all(|_| (), &TEMPLATES).await {
        let id = post(&rig, &[invite("ada@example.org")]).await[0];
        drain(&rig).await;
        let sent = email(&rig, id).await;
        assert_eq!((sent.state, sent.smtp_state, sent.tries), (EmailState::Sent, Some(SmtpState::Accepted), 1));
        assert_eq!(sent.sent_at, Some(rig.clock.now()));
        let folder = rig.database.dir.path().join("mail");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].extension().unwrap(), "eml");
        let message = std::fs::read_to_string(&files[0]).unwrap();
        let (headers, body) = message.split_once("\r\n\r\n").unwrap();
        assert_eq!(message_id(headers), format!("<{id}@localhost>"));
        for forged in ["\r\nX-Evil", "\r\nBcc", "eve@"] {
            assert!(!headers.contains(forged), "{headers}");
        }
        assert!(headers.contains("multipart/alternative") && headers.contains("Auto-Submitted: auto-generated"));
        let token = rig.platform.keyring.token("tenancy.invite", Uuid::from_u128(7), 3);
        assert!(body.replace("=\r\n", "").replace("=3D", "=").contains(&format!("/join?token={}", token.expose())));
        let stored = format!("{sent:?} {:?}", rig.jobs(MAIL_SEND).await);
        assert!(!stored.contains(token.expose()), "the token is nowhere in the database");
    }
}

#[tokio::test]
async fn a_refused_recipient_is_not_tried_again_and_others_are() {
    let (server, rigs) = with_server("220 test").await;
    for rig in rigs {
        server.tell([Reply::Recipient("550 5.1.1 <bob@example.org> unknown")]);
        let bob = post(&rig, &[invite("bob@example.org")]).await[0];
        drain(&rig).await;
        let failed = email(&rig, bob).await;
        assert_eq!((failed.state, failed.smtp_state), (EmailState::Failed, Some(SmtpState::Refused)));
        assert!(
            failed.last_error.as_ref().unwrap().contains("550")
                || failed.last_error.as_ref().unwrap().contains("5.1.1")
        );
        assert!(!failed.last_error.unwrap().contains("bob@"));
        assert!(rig.jobs(MAIL_SEND).await.iter().all(|job| job.state == JobState::Done));

        server.tell([Reply::Message("451 4.3.0 later")]);
        let ada = post(&rig, &[invite("ada@example.org")]).await[0];
        drain(&rig).await;
        assert_eq!(
            (email(&rig, ada).await.state, email(&rig, ada).await.smtp_state),
            (EmailState::Sending, Some(SmtpState::Refused))
        );
        rig.clock.forward(RETRY);
        drain(&rig).await;
        assert_eq!((email(&rig, ada).await.state, email(&rig, ada).await.tries), (EmailState::Sent, 2));
        assert_eq!(message_id(server.taken().last().unwrap()), format!("<{ada}@localhost>"));
    }
}

#[tokio::test]
async fn a_doubtful_message_is_sent_again_under_the_same_id() {
    let (server, rigs) = with_server("220 test").await;
    for rig in rigs {
        server.taken.lock().unwrap().clear();
        server.tell([Reply::TakeAndHangUp]);
        let id = post(&rig, &[invite("ada@example.org")]).await[0];
        drain(&rig).await;
        assert_eq!(
            (email(&rig, id).await.state, email(&rig, id).await.smtp_state),
            (EmailState::Sending, Some(SmtpState::DataSent))
        );
        rig.clock.forward(RETRY);
        drain(&rig).await;
        assert_eq!(email(&rig, id).await.state, EmailState::Sent);
        let taken = server.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!(taken[0], taken[1], "the same bytes");
    }
}

#[tokio::test]
async fn a_server_that_does_not_want_us_loses_no_letter() {
    let (_server, rigs) = with_server("554 5.7.1 go away").await;
    for rig in rigs {
        let id = post(&rig, &[invite("ada@example.org")]).await[0];
        drain(&rig).await;
        assert_eq!(email(&rig, id).await.state, EmailState::Sending);
        assert_eq!(rig.jobs(MAIL_SEND).await[0].state, JobState::Ready);
    }
}

#[tokio::test]
async fn what_cannot_be_rendered_is_parked() {
    for rig in Rig::all(|_| (), &TEMPLATES).await {
        let id = post(&rig, &[Letter::new("ada@example.org", "test.plain")]).await[0];
        drain(&rig).await;
        assert_eq!(rig.jobs(MAIL_SEND).await[0].state, JobState::Parked);
        assert!(email(&rig, id).await.last_error.is_some());
        assert_eq!(email(&rig, id).await.tries, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_letters_leave_quickly_and_once() {
    let (server, rigs) = with_server("220 test").await;
    for rig in rigs {
        server.taken.lock().unwrap().clear();
        let letters: Vec<Letter> = (0..200).map(|number| invite(&format!("ada{number}@example.org"))).collect();
        post(&rig, &letters).await;
        let began = std::time::Instant::now();
        drain(&rig).await;
        let (taken, took) = (server.taken(), began.elapsed());
        let ids: std::collections::HashSet<_> = taken.iter().map(|message| message_id(message).to_owned()).collect();
        assert_eq!((taken.len(), ids.len()), (200, 200));
        assert!(
            took < Duration::from_secs(20),
            "not even an unoptimised build on a busy machine is this slow: {took:?}"
        );
    }
}
