//! One enrolment: made, seen, changed, deleted, restored; by whom, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};

use super::id;
use crate::authorisation::NEVER;
use crate::courses::{Campus, each, make, next, tag_of, with_match};
use crate::tenancy::{enrol, found, id_of};

#[tokio::test]
async fn a_teacher_enrols_changes_withdraws_and_takes_in_again() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let body = json!({"course_id": course, "user_id": id(&campus.student), "starts_at": "2026-01-01T00:00:00Z"});
    let made = campus.teacher.post("/v1/enrollments", body.clone()).await;
    let path = format!("/v1/enrollments/{}", id_of(made.expect(201)));
    assert_eq!(made.header("location"), Some(&*path));
    assert_eq!((&made.json["role"], &made.json["status"]), (&json!("student"), &json!("active")));
    assert_eq!((&made.json["completed"], &made.json["means"]), (&json!(false), &json!("staff")));
    assert_eq!(campus.teacher.post("/v1/enrollments", body.clone()).await.problem(409), "already-enrolled");

    let seen = campus.student.get(&path).await;
    assert_eq!(seen.expect(200)["enrolled_at"], made.json["enrolled_at"]);
    let tag = tag_of(&campus.teacher, &path).await;
    let whole = json!({"role": "student", "status": "completed"});
    let done = with_match(&campus.teacher, Method::PUT, &path, &tag, &whole).await;
    assert_eq!((&done.expect(200)["completed"], &done.json["starts_at"]), (&json!(true), &Value::Null));
    let stale = with_match(&campus.teacher, Method::DELETE, &path, &tag, &Value::Null).await;
    assert_eq!(stale.problem(412), "stale");
    let open = campus.teacher.patch(&path, json!({"status": "active", "ends_at": "2030-01-01T00:00:00Z"})).await;
    assert_eq!((&open.expect(200)["completed"], &open.json["completed_at"]), (&json!(false), &Value::Null));
    assert_eq!(campus.teacher.patch(&path, json!({"status": "waiting"})).await.problem(409), "wrong-status");
    let gone = campus.teacher.patch(&path, json!({"status": "withdrawn"})).await;
    assert!(gone.expect(200)["withdrawn_at"].is_string());
    assert_eq!(campus.teacher.patch(&path, json!({"status": "completed"})).await.problem(409), "wrong-status");
    // Who was withdrawn comes in again, with the enrolment they had.
    let again = campus.teacher.post("/v1/enrollments", body.clone()).await;
    assert_eq!((id_of(again.expect(201)), &again.json["status"]), (id_of(&made.json), &json!("active")));

    campus.teacher.delete(&path).await.expect(204);
    campus.student.get(&path).await.problem(404);
    campus.teacher.get(&path).await.problem(404);
    let listed = format!("/v1/enrollments?course_id={course}");
    assert_eq!(campus.teacher.get(&listed).await.expect(200), &json!([]));
    let deleted = campus.teacher.get(&format!("{listed}&deleted=only")).await;
    assert_eq!(id_of(&deleted.expect(200)[0]), id_of(&made.json));
    assert_eq!(campus.student.get(&format!("{listed}&deleted=only")).await.problem(403), "not-allowed");
    campus.colleague.post_empty(&format!("{path}/restore")).await.problem(404);
    let back = campus.teacher.post_empty(&format!("{path}/restore")).await;
    assert_eq!((&back.expect(200)["status"], &back.json["deleted_at"]), (&json!("active"), &Value::Null));
    assert_eq!(campus.teacher.post_empty(&format!("{path}/restore")).await.problem(409), "not-deleted");
    // Deleted and enrolled anew, the former does not come back beside the new one.
    campus.teacher.delete(&path).await.expect(204);
    campus.teacher.post("/v1/enrollments", body).await.expect(201);
    assert_eq!(campus.teacher.post_empty(&format!("{path}/restore")).await.problem(409), "already-enrolled");
    assert_eq!(campus.places(&course).await, (1, 0));
}

#[tokio::test]
async fn who_teaches_looks_after_a_course_and_others_see_their_own() {
    let campus = Campus::open().await;
    let (course, other) =
        (campus.course().await, make(&campus.colleague, "/v1/courses", json!({"title": "Other"})).await);
    let mine = campus.enrolled(&course, &id(&campus.student)).await;
    let pupil = campus.pupil("emmy").await;
    let theirs = campus.enrolled(&course, &pupil).await;
    let path = |row: &Value| format!("/v1/enrollments/{}", id_of(row));
    // A student sees their own and changes none.
    assert_eq!(each(campus.student.get("/v1/enrollments").await.expect(200), "id"), [id_of(&mine)]);
    campus.student.get(&path(&theirs)).await.problem(404);
    assert_eq!(
        campus.student.patch(&path(&mine), json!({"status": "completed"})).await.problem(403),
        "permission-missing"
    );
    // A colleague sees nothing of it; enrolled as a student themselves, their own, which is not theirs to change.
    campus.colleague.get(&path(&mine)).await.problem(404);
    let body = json!({"course_id": course, "user_id": pupil});
    assert_eq!(campus.colleague.post("/v1/enrollments", body).await.problem(403), "not-your-course");
    let own = campus.enrolled(&course, &id(&campus.colleague)).await;
    campus.colleague.get(&path(&own)).await.expect(200);
    let refused = campus.colleague.patch(&path(&own), json!({"role": "teacher"})).await;
    assert_eq!(refused.problem(403), "not-your-course");
    // As a teacher they look after it like the owner; only staff are that.
    campus.teacher.patch(&path(&own), json!({"role": "teacher"})).await.expect(200);
    assert_eq!(campus.teacher.patch(&path(&mine), json!({"role": "teacher"})).await.problem(409), "not-staff");
    campus.colleague.patch(&path(&mine), json!({"ends_at": "2040-01-01T00:00:00Z"})).await.expect(200);
    assert_eq!(campus.places(&course).await, (2, 0), "teachers take no place");
    // And from then on they teach it.
    campus.app.drain_outbox().await;
    let shown = campus.student.get(&format!("/v1/courses/{course}")).await;
    assert_eq!(shown.expect(200)["teacher_ids"], json!([id(&campus.colleague)]));
    campus.colleague.patch(&format!("/v1/courses/{course}"), json!({"level": "Year 9"})).await.expect(200);
    campus.teacher.patch(&path(&own), json!({"status": "withdrawn"})).await.expect(200);
    campus.app.drain_outbox().await;
    let refused = campus.colleague.patch(&format!("/v1/courses/{course}"), json!({"level": "Year 10"})).await;
    assert_eq!(refused.problem(403), "not-your-course");
    // Who runs the school looks after all.
    let made = campus.admin.post("/v1/enrollments", json!({"course_id": other, "user_id": pupil})).await;
    made.expect(201);
    assert_eq!(campus.admin.get("/v1/enrollments").await.expect(200).as_array().map(Vec::len), Some(4));
    assert_eq!(campus.teacher.get("/v1/enrollments").await.expect(200).as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_leaves_nothing_behind() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let elsewhere = found(&campus.app, &campus.root, "elsewhere").await;
    let stranger = enrol(&campus.app, &campus.root, &elsewhere.id, "max@elsewhere.example", "student").await;
    let foreign = make(&elsewhere.admin, "/v1/courses", json!({"title": "Far away"})).await;
    let student = id(&campus.student);
    let refused = async |body: Value| campus.teacher.post("/v1/enrollments", body).await.problem(409).to_owned();
    assert_eq!(refused(json!({"course_id": course, "user_id": id(&stranger)})).await, "unknown-person");
    assert_eq!(refused(json!({"course_id": course, "user_id": NEVER})).await, "unknown-person");
    assert_eq!(refused(json!({"course_id": foreign, "user_id": student})).await, "unknown-course");
    assert_eq!(refused(json!({"course_id": NEVER, "user_id": student})).await, "unknown-course");
    assert_eq!(refused(json!({"course_id": course, "user_id": student, "role": "teacher"})).await, "not-staff");
    let reversed = json!({
        "course_id": course, "user_id": student, "starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"
    });
    assert_eq!(refused(reversed).await, "dates-reversed");
    for bad in [
        json!({"course_id": course}),
        json!({"course_id": course, "user_id": "sofia"}),
        json!({"course_id": course, "user_id": student, "role": "owner"}),
        json!({"course_id": course, "user_id": student, "status": "completed"}),
        json!({"course_id": course, "user_id": student, "ends_at": "soon"}),
        json!({"course_id": course, "user_id": student, "school_id": elsewhere.id}),
    ] {
        campus.teacher.post("/v1/enrollments", bad).await.problem(422);
    }
    assert_eq!(campus.places(&course).await, (0, 0));
    let row = campus.enrolled(&course, &student).await;
    let path = format!("/v1/enrollments/{}", id_of(&row));
    let reversed = json!({"starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z"});
    assert_eq!(campus.teacher.patch(&path, reversed).await.problem(409), "dates-reversed");
    campus.teacher.patch(&path, json!({"user_id": id(&stranger)})).await.problem(422);
    elsewhere.admin.get(&path).await.problem(404);

    let archived = campus.course().await;
    let before = campus.enrolled(&archived, &student).await;
    campus.teacher.post_empty(&format!("/v1/courses/{archived}/archive")).await.expect(200);
    let pupil = campus.pupil("emmy").await;
    assert_eq!(refused(json!({"course_id": archived, "user_id": pupil})).await, "course-archived");
    let path = format!("/v1/enrollments/{}", id_of(&before));
    campus.teacher.patch(&path, json!({"status": "withdrawn"})).await.expect(200);
    assert_eq!(campus.teacher.patch(&path, json!({"status": "active"})).await.problem(409), "course-archived");
    campus.teacher.delete(&format!("/v1/courses/{archived}")).await.expect(204);
    assert_eq!(refused(json!({"course_id": archived, "user_id": pupil})).await, "unknown-course");
    assert_eq!(campus.teacher.patch(&path, json!({"status": "withdrawn"})).await.problem(404), "not-found");
}

#[tokio::test]
async fn lists_are_filtered_paged_and_cost_the_same_for_any_number() {
    let campus = Campus::open().await;
    let (course, other) = (campus.course().await, campus.course().await);
    let list = format!("/v1/enrollments?course_id={course}");
    campus.enrolled(&course, &id(&campus.student)).await;
    campus.enrolled(&other, &id(&campus.student)).await;
    campus.teacher.get(&list).await.expect(200);
    let few = campus.app.queries_of(campus.teacher.get(&list)).await;
    for number in 0..12 {
        let pupil = campus.pupil(&format!("pupil{number}")).await;
        campus.enrolled(&course, &pupil).await;
    }
    assert_eq!(campus.app.queries_of(campus.teacher.get(&list)).await, few);
    let (mut path, mut seen) = (Some(format!("{list}&limit=5&total=true")), Vec::new());
    while let Some(at) = path {
        let page = campus.teacher.get(&at).await;
        assert_eq!(page.header("x-total-count"), Some("13"));
        seen.extend(each(page.expect(200), "id"));
        path = page.header("link").map(next);
    }
    seen.dedup();
    assert_eq!(seen.len(), 13);
    let length = async |query: &str| {
        let list = campus.teacher.get(&format!("/v1/enrollments?{query}")).await;
        list.expect(200).as_array().map_or(0, Vec::len)
    };
    assert_eq!(length(&format!("user_id={}", id(&campus.student))).await, 2);
    assert_eq!(length(&format!("course_id={course}&status=withdrawn")).await, 0);
    assert_eq!(length("role=teacher").await, 0);
    assert_eq!(length("updated_since=2099-01-01T00:00:00Z").await, 0);
    assert_eq!(campus.teacher.get("/v1/enrollments?status=gone").await.pointers(), ["status"]);
}
