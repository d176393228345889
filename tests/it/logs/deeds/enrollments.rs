//! What is done to enrolments.

use serde_json::{Value, json};

use super::{Auditor, Deed, changed, gone, made};
use crate::tenancy::{enrol, found, id_of};

pub(super) const DEEDS: &[Deed] = &[
    changed("PUT /v1/courses/{id}/enrollment-settings", &["enrollments.settings_changed"]),
    changed("PATCH /v1/courses/{id}/enrollment-settings", &["enrollments.settings_changed"]),
    made("POST /v1/enrollments", &["enrollments.enrollment_created"]),
    changed("PUT /v1/enrollments/{id}", &["enrollments.enrollment_changed"]),
    changed("PATCH /v1/enrollments/{id}", &["enrollments.enrollment_changed"]),
    gone("DELETE /v1/enrollments/{id}", &["enrollments.enrollment_deleted"]),
    changed("POST /v1/enrollments/{id}/restore", &["enrollments.enrollment_restored"]),
    made("POST /v1/enrollments/bulk", &["enrollments.import_started"]),
    made("POST /v1/enrollments/import", &["enrollments.import_started"]),
    made("POST /v1/enrollment-imports/{id}/cancel", &["enrollments.import_ended"]),
    made("POST /v1/courses/{id}/enroll", &["enrollments.enrollment_created"]),
    changed("DELETE /v1/courses/{id}/enroll", &["enrollments.enrollment_changed"]),
    made("POST /v1/blocks/{id}/view", &["enrollments.block_completed"]),
    made("PUT /v1/blocks/{id}/completion", &["enrollments.block_completed"]),
    gone("DELETE /v1/blocks/{id}/completion", &["enrollments.completion_taken_back"]),
    changed("POST /v1/completions/{id}/restore", &["enrollments.block_completed"]),
    changed("PUT /v1/completions/{id}", &["enrollments.completion_graded"]),
    changed("PATCH /v1/completions/{id}", &["enrollments.completion_graded"]),
];

#[tokio::test]
async fn row_44_what_is_done_to_enrolments_is_in_the_audit_log_once() {
    let mut a = Auditor::start().await;
    let root = a.app.super_admin().await;
    let school = found(&a.app, &root, "northfield").await;
    let teacher = &enrol(&a.app, &root, &school.id, "grace@northfield.example", "teacher").await;
    let student = &enrol(&a.app, &root, &school.id, "sofia@northfield.example", "student").await;
    let other = enrol(&a.app, &root, &school.id, "emmy@northfield.example", "student").await;
    a.school = Some(school.id);
    let course = id_of(teacher.post("/v1/courses", json!({"title": "Light"})).await.expect(201));
    teacher.post_empty(&format!("/v1/courses/{course}/publish")).await.expect(200);
    let settings = json!({"self_enroll": true, "capacity": 5});
    a.does(teacher, "PUT /v1/courses/{id}/enrollment-settings", &[&course], settings).await;
    a.does(teacher, "PATCH /v1/courses/{id}/enrollment-settings", &[&course], json!({"capacity": 6})).await;
    a.does(student, "POST /v1/courses/{id}/enroll", &[&course], Value::Null).await;
    a.does(student, "DELETE /v1/courses/{id}/enroll", &[&course], Value::Null).await;
    let body = json!({"course_id": course, "user_id": other.user_id});
    let row = id_of(&a.does(teacher, "POST /v1/enrollments", &[], body).await.json);
    let whole = json!({"role": "student", "status": "completed"});
    a.does(teacher, "PUT /v1/enrollments/{id}", &[&row], whole).await;
    a.does(teacher, "PATCH /v1/enrollments/{id}", &[&row], json!({"status": "active"})).await;
    a.does(teacher, "DELETE /v1/enrollments/{id}", &[&row], Value::Null).await;
    a.does(teacher, "POST /v1/enrollments/{id}/restore", &[&row], Value::Null).await;
    let section =
        id_of(teacher.post(&format!("/v1/courses/{course}/sections"), json!({"title": "One"})).await.expect(201));
    let mut blocks = Vec::new();
    for completion in ["viewed", "manual", "manual"] {
        let block = json!({"title": "A block", "type": "lesson", "completion": completion});
        blocks.push(id_of(teacher.post(&format!("/v1/sections/{section}/blocks"), block).await.expect(201)));
    }
    a.does(&other, "POST /v1/blocks/{id}/view", &[&blocks[0]], Value::Null).await;
    let done = a.does(&other, "PUT /v1/blocks/{id}/completion", &[&blocks[1]], json!({"feedback": "Hard."})).await;
    let done = id_of(&done.json);
    a.does(teacher, "PUT /v1/completions/{id}", &[&done], json!({"grade": 80})).await;
    a.does(teacher, "PATCH /v1/completions/{id}", &[&done], json!({"grade": 85})).await;
    a.does(&other, "DELETE /v1/blocks/{id}/completion", &[&blocks[1]], Value::Null).await;
    a.does(&other, "POST /v1/completions/{id}/restore", &[&done], Value::Null).await;
    let many = json!({"course_id": course, "user_ids": [other.user_id]});
    let import = id_of(&a.does(teacher, "POST /v1/enrollments/bulk", &[], many).await.json);
    a.does(teacher, "POST /v1/enrollment-imports/{id}/cancel", &[&import], Value::Null).await;
    let table = json!("email,course_code\nemmy@northfield.example,BIO\n");
    a.does(teacher, "POST /v1/enrollments/import", &[], table).await;
    a.has_done_all(DEEDS);
}
