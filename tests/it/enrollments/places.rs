//! Places and waiting lists: exact, whoever comes and goes at the same time.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::id;
use crate::courses::Campus;
use crate::support::Client;
use crate::tenancy::{id_of, people, switch};

/// So many people who learn at the school.
async fn pupils(campus: &Campus, count: usize) -> Vec<Client> {
    let invite = json!({"role_to_grant": "student", "max_uses": count});
    let made = campus.admin.post("/v1/admin/invites", invite).await;
    let code = json!({"code": made.expect(201)["code"]});
    let mut pupils = Vec::new();
    for one in people(&campus.app, &campus.root, count).await {
        one.post("/v1/invites/redeem", code.clone()).await.expect(200);
        pupils.push(switch(&one, &campus.school).await);
    }
    campus.app.drain_outbox().await;
    pupils
}

fn with_status<'a>(rows: &'a [Value], status: &'a str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["status"] == status).collect()
}

#[tokio::test]
async fn of_fifty_who_want_the_last_place_one_gets_it_and_the_others_wait_in_order() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    campus.settle(&course, json!({"self_enroll": true, "capacity": 2, "waiting_list": true})).await;
    campus.enrolled(&course, &id(&campus.student)).await;
    let everybody = pupils(&campus, 50).await;
    let path = format!("/v1/courses/{course}/enroll");
    let tries = join_all(everybody.iter().map(|one| one.post_empty(&path))).await;
    let rows: Vec<Value> = tries.iter().map(|reply| reply.expect(201).clone()).collect();
    assert_eq!(with_status(&rows, "active").len(), 1);
    let mut numbers: Vec<_> = rows.iter().filter_map(|row| row["waiting_number"].as_i64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=49).collect::<Vec<_>>());
    assert_eq!(campus.places(&course).await, (2, 49));
    assert_eq!(everybody[0].post_empty(&path).await.problem(409), "already-enrolled");

    // Two go at the same time, one of whom waits: who is next comes in, and nobody else.
    let of = |number: i64| rows.iter().find(|row| row["waiting_number"] == number).expect("a row").clone();
    let winner = with_status(&rows, "active")[0].clone();
    let go = |row: &Value| format!("/v1/enrollments/{}", id_of(row));
    let (first, second) = (go(&winner), go(&of(1)));
    let (one, two) =
        tokio::join!(campus.teacher.patch(&first, json!({"status": "withdrawn"})), campus.teacher.delete(&second));
    assert!(one.status.is_success() && two.status.is_success(), "{} {}", one.json, two.json);
    campus.app.drain_outbox().await;
    assert_eq!(campus.places(&course).await, (2, 47));
    let next = campus.teacher.get(&go(&of(2))).await;
    assert_eq!((&next.expect(200)["status"], &next.json["waiting_number"]), (&json!("active"), &Value::Null));
    // Three places more: the next three.
    campus.settle(&course, json!({"self_enroll": true, "capacity": 5, "waiting_list": true})).await;
    campus.app.drain_outbox().await;
    assert_eq!(campus.places(&course).await, (5, 44));
    for number in 3..=5 {
        assert_eq!(campus.teacher.get(&go(&of(number))).await.expect(200)["status"], "active");
    }
    // Without an end: everybody.
    campus.settle(&course, json!({"self_enroll": true})).await;
    campus.app.drain_outbox().await;
    assert_eq!(campus.places(&course).await, (49, 0));
}

#[tokio::test]
async fn a_newcomer_passes_nobody_who_waits() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    campus.settle(&course, json!({"self_enroll": false, "capacity": 1, "waiting_list": true})).await;
    let mut rows = Vec::new();
    for name in ["anna", "bert", "cleo"] {
        rows.push(campus.enrolled(&course, &campus.pupil(name).await).await);
    }
    let status = |row: &Value| row["status"].as_str().expect("a status").to_owned();
    assert_eq!(rows.iter().map(status).collect::<Vec<_>>(), ["active", "waiting", "waiting"]);
    let path = |row: &Value| format!("/v1/enrollments/{}", id_of(row));
    campus.teacher.delete(&path(&rows[0])).await.expect(204);
    // The place is free, and who is next has not been called yet.
    let late = campus.enrolled(&course, &campus.pupil("dora").await).await;
    assert_eq!((status(&late), &late["waiting_number"]), ("waiting".to_owned(), &json!(3)));
    let restored = campus.teacher.post_empty(&format!("{}/restore", path(&rows[0]))).await;
    assert_eq!((&restored.expect(200)["status"], &restored.json["waiting_number"]), (&json!("waiting"), &json!(4)));
    campus.app.drain_outbox().await;
    assert_eq!(campus.teacher.get(&path(&rows[1])).await.expect(200)["status"], "active");
    assert_eq!(campus.places(&course).await, (1, 3));
    // Who has moved up is written to, and nobody else.
    campus.app.drain_outbox().await;
    let letters: Vec<_> =
        campus.app.mails().into_iter().filter(|mail| mail.subject.starts_with("You have a place")).collect();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(
        (letters[0].to.as_str(), letters[0].subject.as_str()),
        ("bert@northfield.example", "You have a place in Light and life")
    );
    assert!(letters[0].text.contains("northfield school"), "{}", letters[0].text);
    // Staff take somebody out of the line only where a place is free.
    assert_eq!(campus.teacher.patch(&path(&rows[2]), json!({"status": "active"})).await.problem(409), "course-full");
    // Without a line, full is full.
    campus.settle(&course, json!({"self_enroll": false, "capacity": 1})).await;
    let body = json!({"course_id": course, "user_id": campus.pupil("emil").await});
    assert_eq!(campus.teacher.post("/v1/enrollments", body.clone()).await.problem(409), "course-full");
    // An invited one holds a place as well; who teaches takes none.
    let teaching = json!({"course_id": course, "user_id": id(&campus.colleague), "role": "teacher"});
    campus.teacher.post("/v1/enrollments", teaching).await.expect(201);
    assert_eq!(campus.places(&course).await, (1, 3));
}

#[tokio::test]
async fn whatever_happens_the_counters_are_what_is_counted() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    campus.settle(&course, json!({"self_enroll": false, "capacity": 3, "waiting_list": true})).await;
    let mut rows: Vec<String> = Vec::new();
    for number in 0..8 {
        let pupil = campus.pupil(&format!("pupil{number}")).await;
        rows.push(id_of(&campus.enrolled(&course, &pupil).await));
    }
    // A made-up but fixed tale: each step another thing with another one, some of which are refused.
    let mut seed = 2026_u64;
    for step in 0..60 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let which = usize::try_from(seed >> 33).expect("small");
        let path = format!("/v1/enrollments/{}", rows[which % rows.len()]);
        let status = |status: &str| campus.teacher.patch(&path, json!({ "status": status }));
        let reply = match (which / 8) % 7 {
            0 => status("active").await,
            1 => status("withdrawn").await,
            2 => status("completed").await,
            3 => status("invited").await,
            4 => campus.teacher.delete(&path).await,
            5 => campus.teacher.post_empty(&format!("{path}/restore")).await,
            _ => {
                let settings = json!({"self_enroll": false, "capacity": 2 + which % 4, "waiting_list": which % 3 > 0});
                campus.teacher.put(&format!("/v1/courses/{course}/enrollment-settings"), settings).await
            }
        };
        assert!(!reply.status.is_server_error(), "step {step}: {}", reply.json);
        if step % 3 == 0 {
            campus.app.drain_outbox().await;
        }
        campus.places(&course).await;
    }
    campus.app.drain_outbox().await;
    let kept = campus.teacher.get(&format!("/v1/courses/{course}/places")).await;
    let number = |name: &str| kept.json[name].as_i64().expect("a number");
    assert!(
        number("waiting") == 0 || number("taken") >= number("capacity"),
        "nobody waits while there is room: {}",
        kept.json
    );
}
