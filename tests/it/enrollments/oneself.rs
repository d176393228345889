//! People enrol themselves, accept, and leave; and what opens for them.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::id;
use crate::courses::{Campus, each, make};
use crate::tenancy::id_of;

#[tokio::test]
async fn people_come_and_go_by_themselves_where_the_course_lets_them() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let path = format!("/v1/courses/{course}/enroll");
    let settings = format!("/v1/courses/{course}/enrollment-settings");
    let usual = campus.student.get(&settings).await;
    assert_eq!((&usual.expect(200)["self_enroll"], &usual.json["capacity"]), (&json!(false), &Value::Null));
    assert_eq!(campus.student.post_empty(&path).await.problem(409), "not-open");
    assert_eq!(campus.student.delete(&path).await.problem(404), "not-found");
    campus.student.put(&settings, json!({"self_enroll": true})).await.problem(403);
    assert_eq!(campus.colleague.put(&settings, json!({"self_enroll": true})).await.problem(403), "not-your-course");
    let now = campus.app.system.platform.clock.now();
    let day = |days: i64| (now + TimeDelta::days(days)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let reversed = json!({"self_enroll": true, "opens_at": day(2), "closes_at": day(1)});
    assert_eq!(campus.teacher.put(&settings, reversed).await.problem(409), "dates-reversed");
    for bad in [
        json!({}),
        json!({"self_enroll": true, "capacity": 0}),
        json!({"self_enroll": 1}),
        json!({"self_enroll": true, "taken": 0}),
    ] {
        campus.teacher.put(&settings, bad).await.problem(422);
    }
    campus.settle(&course, json!({"self_enroll": true, "opens_at": day(1), "closes_at": day(2)})).await;
    assert_eq!(campus.student.post_empty(&path).await.problem(409), "not-open");
    campus.app.clock.advance(TimeDelta::hours(25));
    let student = campus.app.login("sofia@northfield.example", crate::support::PASSWORD).await;
    let student = crate::tenancy::switch(&student, &campus.school).await;
    let made = student.post_empty(&path).await;
    assert_eq!((&made.expect(201)["means"], &made.json["user_id"]), (&json!("self"), &json!(id(&student))));
    assert_eq!(student.post_empty(&path).await.problem(409), "already-enrolled");
    student.delete(&path).await.expect(204);
    student.delete(&path).await.problem(404);
    let again = student.post_empty(&path).await;
    assert_eq!(id_of(again.expect(201)), id_of(&made.json));
}

#[tokio::test]
async fn whom_staff_sent_away_does_not_come_back_alone() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    campus.settle(&course, json!({"self_enroll": true})).await;
    let path = format!("/v1/courses/{course}/enroll");
    let row = campus.student.post_empty(&path).await;
    let row = format!("/v1/enrollments/{}", id_of(row.expect(201)));
    campus.teacher.patch(&row, json!({"status": "withdrawn"})).await.expect(200);
    assert_eq!(campus.student.post_empty(&path).await.problem(409), "not-open");
    campus.teacher.patch(&row, json!({"status": "active"})).await.expect(200);
    campus.teacher.patch(&row, json!({"status": "completed"})).await.expect(200);
    assert_eq!(campus.student.delete(&path).await.problem(409), "wrong-status");
    // Whom staff enrolled in a course without doors does not leave it alone.
    campus.settle(&course, json!({"self_enroll": false})).await;
    campus.teacher.patch(&row, json!({"status": "active"})).await.expect(200);
    assert_eq!(campus.student.delete(&path).await.problem(409), "not-open");
    let draft = make(&campus.teacher, "/v1/courses", json!({"title": "Draft"})).await;
    campus.student.post_empty(&format!("/v1/courses/{draft}/enroll")).await.problem(404);
}

#[tokio::test]
async fn a_private_course_opens_for_whom_it_invites_and_lists_as_theirs() {
    let campus = Campus::open().await;
    let id_of_private =
        make(&campus.teacher, "/v1/courses", json!({"title": "Glaciers", "visibility": "private"})).await;
    campus.teacher.post_empty(&format!("/v1/courses/{id_of_private}/publish")).await.expect(200);
    campus.course().await;
    let course = format!("/v1/courses/{id_of_private}");
    campus.student.get(&course).await.problem(404);
    campus.student.post_empty(&format!("{course}/enroll")).await.problem(404);
    let body = json!({"course_id": id_of_private, "user_id": id(&campus.student), "status": "invited"});
    let made = campus.teacher.post("/v1/enrollments", body).await;
    assert_eq!((&made.expect(201)["status"], &made.json["enrolled_at"]), (&json!("invited"), &Value::Null));
    campus.student.get(&course).await.problem(404);
    assert_eq!(each(campus.student.get("/v1/courses?enrolled=me").await.expect(200), "title"), Vec::<String>::new());
    let joined = campus.student.post_empty(&format!("{course}/enroll")).await;
    assert_eq!((id_of(joined.expect(201)), &joined.json["status"]), (id_of(&made.json), &json!("active")));
    campus.student.get(&course).await.expect(200);
    campus.student.get(&format!("{course}/outline")).await.expect(200);
    assert_eq!(each(campus.student.get("/v1/courses?enrolled=me").await.expect(200), "title"), ["Glaciers"]);
    assert_eq!(each(campus.student.get("/v1/courses?enrolled=me&q=glaciers").await.expect(200), "title"), ["Glaciers"]);
    assert_eq!(campus.student.get("/v1/courses").await.expect(200).as_array().map(Vec::len), Some(2));
    assert_eq!(campus.student.get("/v1/courses?enrolled=you").await.pointers(), ["enrolled"]);
    // Only between the dates of their enrolment.
    let path = format!("/v1/enrollments/{}", id_of(&made.json));
    campus.teacher.patch(&path, json!({"starts_at": "2099-01-01T00:00:00Z"})).await.expect(200);
    campus.student.get(&course).await.problem(404);
    campus.teacher.patch(&path, json!({"starts_at": null, "ends_at": "2020-01-01T00:00:00Z"})).await.expect(200);
    campus.student.get(&course).await.problem(404);
    campus.teacher.patch(&path, json!({"ends_at": null})).await.expect(200);
    campus.student.get(&course).await.expect(200);
    // Who has completed it, and after it is over: they still read it. Withdrawn, not.
    campus.teacher.patch(&path, json!({"status": "completed"})).await.expect(200);
    campus.teacher.post_empty(&format!("{course}/archive")).await.expect(200);
    campus.student.get(&course).await.expect(200);
    campus.teacher.patch(&path, json!({"status": "withdrawn"})).await.expect(200);
    campus.student.get(&course).await.problem(404);
}
