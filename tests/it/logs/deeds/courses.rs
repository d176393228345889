//! What is done to courses, their sections, blocks and ratings.

use serde_json::{Value, json};

use super::{Auditor, Deed, changed, gone, made};
use crate::courses::register::{Register, user};
use crate::tenancy::{enrol, found, id_of};

pub(super) const DEEDS: &[Deed] = &[
    made("POST /v1/courses", &["courses.course_created"]),
    changed("PUT /v1/courses/{id}", &["courses.course_changed"]),
    changed("PATCH /v1/courses/{id}", &["courses.course_changed"]),
    changed("POST /v1/courses/{id}/publish", &["courses.course_published"]),
    changed("POST /v1/courses/{id}/archive", &["courses.course_archived"]),
    made("POST /v1/courses/{id}/duplicate", &["courses.course_created", "courses.course_duplicated"]),
    gone("DELETE /v1/courses/{id}", &["courses.course_deleted"]),
    made("POST /v1/courses/{id}/restore", &["courses.course_restored"]),
    made("POST /v1/courses/{id}/sections", &["courses.section_created"]),
    changed("PUT /v1/courses/{id}/sections/order", &["courses.sections_ordered"]),
    changed("PUT /v1/sections/{id}", &["courses.section_changed"]),
    changed("PATCH /v1/sections/{id}", &["courses.section_changed"]),
    gone("DELETE /v1/sections/{id}", &["courses.section_deleted"]),
    made("POST /v1/sections/{id}/restore", &["courses.section_restored"]),
    made("POST /v1/sections/{id}/blocks", &["courses.block_created"]),
    changed("PUT /v1/sections/{id}/blocks/order", &["courses.blocks_ordered"]),
    changed("PUT /v1/blocks/{id}", &["courses.block_changed"]),
    changed("PATCH /v1/blocks/{id}", &["courses.block_changed"]),
    gone("DELETE /v1/blocks/{id}", &["courses.block_deleted"]),
    made("POST /v1/blocks/{id}/restore", &["courses.block_restored"]),
    made("POST /v1/courses/{id}/ratings", &["courses.rating_given"]),
    changed("PUT /v1/ratings/{id}", &["courses.rating_changed"]),
    changed("PATCH /v1/ratings/{id}", &["courses.rating_changed"]),
    gone("DELETE /v1/ratings/{id}", &["courses.rating_deleted"]),
    made("POST /v1/ratings/{id}/restore", &["courses.rating_restored"]),
];

#[tokio::test]
async fn row_44_what_is_done_to_courses_is_in_the_audit_log_once() {
    let mut a = Auditor::start().await;
    let root = a.app.super_admin().await;
    let school = found(&a.app, &root, "northfield").await;
    let teacher = &enrol(&a.app, &root, &school.id, "grace@northfield.example", "teacher").await;
    a.school = Some(school.id);
    let course = id_of(&a.does(teacher, "POST /v1/courses", &[], json!({"title": "Light"})).await.json);
    a.does(teacher, "PUT /v1/courses/{id}", &[&course], json!({"title": "Light and life"})).await;
    a.does(teacher, "PATCH /v1/courses/{id}", &[&course], json!({"level": "Year 9"})).await;
    a.does(teacher, "POST /v1/courses/{id}/publish", &[&course], Value::Null).await;
    let register = Register::of(&a.app);
    register.courses.lock().expect("kept").insert((user(teacher), course.parse().expect("an id")));
    let made = a.does(teacher, "POST /v1/courses/{id}/ratings", &[&course], json!({"stars": 4})).await;
    let rating = id_of(&made.json);
    a.does(teacher, "PUT /v1/ratings/{id}", &[&rating], json!({"stars": 5})).await;
    a.does(teacher, "PATCH /v1/ratings/{id}", &[&rating], json!({"comment": "Bright."})).await;
    a.does(teacher, "DELETE /v1/ratings/{id}", &[&rating], Value::Null).await;
    a.does(teacher, "POST /v1/ratings/{id}/restore", &[&rating], Value::Null).await;
    a.does(teacher, "POST /v1/courses/{id}/archive", &[&course], Value::Null).await;

    let mut sections = Vec::new();
    for title in ["One", "Two"] {
        let made = a.does(teacher, "POST /v1/courses/{id}/sections", &[&course], json!({ "title": title })).await;
        sections.push(id_of(&made.json));
    }
    let [one, two] = &sections[..] else { panic!("two sections") };
    a.does(teacher, "PUT /v1/courses/{id}/sections/order", &[&course], json!({"ids": [two, one]})).await;
    a.does(teacher, "PUT /v1/sections/{id}", &[one], json!({"title": "The first"})).await;
    a.does(teacher, "PATCH /v1/sections/{id}", &[one], json!({"description": "Begin here."})).await;

    let mut blocks = Vec::new();
    for title in ["A", "B"] {
        let block = json!({"title": title, "type": "lesson"});
        blocks.push(id_of(&a.does(teacher, "POST /v1/sections/{id}/blocks", &[one], block).await.json));
    }
    a.does(teacher, "PUT /v1/sections/{id}/blocks/order", &[one], json!({"ids": [blocks[1], blocks[0]]})).await;
    let block = &blocks[0];
    a.does(teacher, "PUT /v1/blocks/{id}", &[block], json!({"title": "C", "type": "lesson"})).await;
    a.does(teacher, "PATCH /v1/blocks/{id}", &[block], json!({"section_id": two})).await;
    a.does(teacher, "DELETE /v1/blocks/{id}", &[block], Value::Null).await;
    a.does(teacher, "POST /v1/blocks/{id}/restore", &[block], Value::Null).await;
    a.does(teacher, "DELETE /v1/sections/{id}", &[one], Value::Null).await;
    a.does(teacher, "POST /v1/sections/{id}/restore", &[one], Value::Null).await;
    a.does(teacher, "POST /v1/courses/{id}/duplicate", &[&course], json!({"title": "Copy"})).await;
    a.does(teacher, "DELETE /v1/courses/{id}", &[&course], Value::Null).await;
    a.does(teacher, "POST /v1/courses/{id}/restore", &[&course], Value::Null).await;
    a.has_done_all(DEEDS);
}
