//! People who leave the school and come back, courses that are deleted and restored, invites that are for a course.

use serde_json::{Value, json};

use super::id;
use crate::courses::{Campus, each, make};
use crate::tenancy::id_of;

#[tokio::test]
async fn who_leaves_the_school_is_withdrawn_and_who_comes_back_gets_back_what_they_had() {
    let campus = Campus::open().await;
    let (one, two, three) = (campus.course().await, campus.course().await, campus.course().await);
    campus.settle(&three, json!({"self_enroll": false, "capacity": 1})).await;
    let pupil = campus.pupil("emmy").await;
    let active = campus.enrolled(&one, &pupil).await;
    let withdrawn = campus.enrolled(&two, &pupil).await;
    let last = campus.enrolled(&three, &pupil).await;
    let path = |row: &Value| format!("/v1/enrollments/{}", id_of(row));
    campus.teacher.patch(&path(&active), json!({"status": "completed"})).await.expect(200);
    campus.teacher.patch(&path(&withdrawn), json!({"status": "withdrawn"})).await.expect(200);
    campus.app.drain_outbox().await;
    let status = async |row: &Value| {
        let row = campus.teacher.get(&path(row)).await;
        row.expect(200)["status"].as_str().expect("a status").to_owned()
    };
    let user = format!("/v1/users/{pupil}");
    campus.admin.delete(&user).await.expect(204);
    campus.app.drain_outbox().await;
    for row in [&active, &withdrawn, &last] {
        assert_eq!(status(row).await, "withdrawn");
    }
    let body = json!({"course_id": one, "user_id": pupil});
    assert_eq!(campus.teacher.post("/v1/enrollments", body).await.problem(409), "unknown-person");
    assert_eq!(campus.places(&three).await, (0, 0));
    // Somebody else took the last place meanwhile.
    campus.enrolled(&three, &id(&campus.student)).await;
    campus.admin.post_empty(&format!("{user}/restore")).await.expect(200);
    campus.app.drain_outbox().await;
    assert_eq!(status(&active).await, "completed");
    assert_eq!(status(&withdrawn).await, "withdrawn", "it had been before");
    assert_eq!(status(&last).await, "withdrawn", "the place is somebody else's now");
    // Kept out for a while, the same.
    campus.admin.patch(&user, json!({"is_active": false})).await.expect(200);
    campus.app.drain_outbox().await;
    assert_eq!(status(&active).await, "withdrawn");
    campus.admin.patch(&user, json!({"is_active": true})).await.expect(200);
    campus.app.drain_outbox().await;
    assert_eq!(status(&active).await, "completed");
}

#[tokio::test]
async fn a_deleted_course_takes_its_enrolments_with_it_and_gives_them_back_as_they_were() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let mut rows = Vec::new();
    for name in ["anna", "bert", "cleo", "dora"] {
        rows.push(campus.enrolled(&course, &campus.pupil(name).await).await);
    }
    let path = |row: &Value| format!("/v1/enrollments/{}", id_of(row));
    campus.teacher.patch(&path(&rows[1]), json!({"status": "completed"})).await.expect(200);
    campus.teacher.patch(&path(&rows[2]), json!({"status": "withdrawn"})).await.expect(200);
    campus.teacher.delete(&path(&rows[3])).await.expect(204);
    campus.app.drain_outbox().await;
    let before = campus.register(&course).await;
    assert_eq!(before.len(), 3);
    campus.teacher.delete(&format!("/v1/courses/{course}")).await.expect(204);
    campus.app.drain_outbox().await;
    assert_eq!(campus.register(&course).await, Vec::<Value>::new());
    assert_eq!(campus.admin.get("/v1/enrollments").await.expect(200), &json!([]));
    for row in &rows {
        campus.teacher.get(&path(row)).await.problem(404);
        campus.teacher.patch(&path(row), json!({"status": "withdrawn"})).await.problem(404);
        campus.teacher.post_empty(&format!("{}/restore", path(row))).await.problem(404);
    }
    campus.teacher.post_empty(&format!("/v1/courses/{course}/restore")).await.expect(200);
    campus.app.drain_outbox().await;
    assert_eq!(campus.register(&course).await, before, "just as they were, to the version");
    campus.teacher.get(&path(&rows[3])).await.problem(404);
}

#[tokio::test]
async fn an_invite_for_a_course_enrols_who_redeems_it() {
    let campus = Campus::open().await;
    let course = make(&campus.teacher, "/v1/courses", json!({"title": "Few", "visibility": "private"})).await;
    campus.teacher.post_empty(&format!("/v1/courses/{course}/publish")).await.expect(200);
    let invite = json!({"role_to_grant": "student", "course_id": course, "max_uses": 5});
    let code = campus.admin.post("/v1/admin/invites", invite).await;
    let code = json!({"code": code.expect(201)["code"]});
    let newcomer = campus.app.member("newcomer@lyceum.example").await;
    newcomer.post("/v1/invites/redeem", code.clone()).await.expect(200);
    campus.student.post("/v1/invites/redeem", code).await.expect(200);
    campus.app.drain_outbox().await;
    let all = campus.register(&course).await;
    let mut who: Vec<_> = all.iter().map(|row| row["user_id"].as_str().expect("an id").to_owned()).collect();
    let mut both = vec![id(&newcomer), id(&campus.student)];
    who.sort();
    both.sort();
    assert_eq!(who, both);
    assert!(all.iter().all(|row| row["means"] == "invite" && row["status"] == "active" && row["role"] == "student"));
    assert_eq!(each(campus.student.get("/v1/courses?enrolled=me").await.expect(200), "title"), ["Few"]);
}

#[tokio::test]
async fn who_was_enrolled_before_they_accepted_is_enrolled_when_they_do() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    // Somebody who has an account already: until they accept, the school knows them by another id.
    let known = campus.app.member("known@lyceum.example").await;
    let pending = campus.admin.post("/v1/users", json!({"email": "known@lyceum.example", "role": "student"})).await;
    let pending = id_of(pending.expect(201));
    assert_ne!(pending, id(&known));
    let row = campus.enrolled(&course, &pending).await;
    known.post_empty(&format!("/v1/me/schools/{}/accept", campus.school)).await.expect(204);
    campus.app.drain_outbox().await;
    let now = campus.teacher.get(&format!("/v1/enrollments/{}", id_of(&row))).await;
    assert_eq!((&now.expect(200)["user_id"], &now.json["status"]), (&json!(id(&known)), &json!("active")));
    // Who is forgotten leaves, and frees the place.
    let erase = known.request(reqwest::Method::DELETE, "/v1/me").json(&json!({"password": crate::support::PASSWORD}));
    let export = known.get("/v1/me/export").await;
    assert_eq!(export.expect(200)["others"]["enrollments"]["enrollments"].as_array().map(Vec::len), Some(1));
    erase.send().await.expect(204);
    campus.app.drain_outbox().await;
    assert_eq!(campus.places(&course).await, (0, 0));
}
