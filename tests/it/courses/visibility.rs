//! Who finds which course: everybody × each visibility × each status, one by one and in lists.

use serde_json::json;

use super::{Campus, each, make};
use crate::tenancy::{enrol, found};

#[tokio::test]
async fn everybody_sees_just_what_is_for_them() {
    let campus = Campus::open().await;
    let stranger = campus.app.member("stranger@elsewhere.example").await;
    let elsewhere = found(&campus.app, &campus.root, "elsewhere").await;
    let mut courses = Vec::new();
    for visibility in ["public", "member", "private"] {
        for status in ["draft", "published", "archived"] {
            let body = json!({"title": format!("{visibility} {status}"), "visibility": visibility});
            let id = make(&campus.teacher, "/v1/courses", body).await;
            if status != "draft" {
                campus.teacher.post_empty(&format!("/v1/courses/{id}/publish")).await.expect(200);
            }
            if status == "archived" {
                campus.teacher.post_empty(&format!("/v1/courses/{id}/archive")).await.expect(200);
            }
            let section = make(&campus.teacher, &format!("/v1/courses/{id}/sections"), json!({"title": "S"})).await;
            let block = json!({"title": "B", "type": "lesson", "content": "spectrum"});
            let block = make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), block).await;
            courses.push((format!("{visibility} {status}"), id, section, block));
        }
    }
    let all: Vec<_> = courses.iter().map(|course| course.0.clone()).collect();
    let open = vec!["public published".to_owned(), "member published".to_owned()];
    let everybody = [
        ("owner", &campus.teacher, all.clone()),
        ("school admin", &campus.admin, all.clone()),
        ("colleague", &campus.colleague, open.clone()),
        ("student", &campus.student, open),
        ("stranger", &stranger, vec!["public published".to_owned()]),
        ("staff elsewhere", &elsewhere.admin, Vec::new()),
        ("platform", &campus.root, all),
    ];
    for (name, client, seen) in &everybody {
        for query in ["limit=100", "limit=100&q=spectrum"] {
            let list = client.get(&format!("/v1/courses?{query}")).await;
            let mut found = each(list.expect(200), "title");
            let mut expected = seen.clone();
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{name} lists {query}");
        }
        for (title, id, section, block) in &courses {
            let status = if seen.contains(title) { 200 } else { 404 };
            for path in [
                format!("/v1/courses/{id}"),
                format!("/v1/courses/{id}/outline"),
                format!("/v1/courses/{id}/sections"),
                format!("/v1/courses/{id}/materials"),
                format!("/v1/courses/{id}/search?q=spectrum"),
                format!("/v1/courses/{id}/ratings"),
                format!("/v1/courses/{id}/rating-stats"),
                format!("/v1/sections/{section}"),
                format!("/v1/sections/{section}/blocks"),
                format!("/v1/blocks/{block}"),
            ] {
                assert_eq!(client.get(&path).await.status.as_u16(), status, "{name} reads {title} at {path}");
            }
        }
    }
    assert_eq!(stranger.get("/v1/courses?visibility=member").await.problem(403), "membership-needed");
    assert_eq!(each(stranger.get("/v1/courses?visibility=public").await.expect(200), "title"), ["public published"]);
    let members = campus.student.get("/v1/courses?visibility=member").await;
    assert_eq!(each(members.expect(200), "title"), ["member published"]);
    assert_eq!(campus.student.get("/v1/courses?deleted=only").await.problem(403), "not-allowed");
}

#[tokio::test]
async fn what_a_deleted_school_offered_is_gone_for_strangers() {
    let campus = Campus::open().await;
    let stranger = campus.app.member("stranger@elsewhere.example").await;
    let id = make(&campus.teacher, "/v1/courses", json!({"title": "Open", "visibility": "public"})).await;
    campus.teacher.post_empty(&format!("/v1/courses/{id}/publish")).await.expect(200);
    stranger.get(&format!("/v1/courses/{id}")).await.expect(200);
    campus.root.delete(&format!("/v1/schools/{}", campus.school)).await.expect(204);
    campus.app.drain_outbox().await;
    stranger.get(&format!("/v1/courses/{id}")).await.problem(404);
    assert_eq!(stranger.get("/v1/courses").await.expect(200), &json!([]));
    campus.root.post_empty(&format!("/v1/schools/{}/restore", campus.school)).await.expect(200);
    campus.app.drain_outbox().await;
    stranger.get(&format!("/v1/courses/{id}")).await.expect(200);
}

#[tokio::test]
async fn a_co_teacher_works_on_a_draft_and_nobody_else_does() {
    let campus = Campus::open().await;
    let other = enrol(&campus.app, &campus.root, &campus.school, "max@northfield.example", "teacher").await;
    let teachers = json!({"title": "Ours", "teacher_ids": [campus.colleague.user_id]});
    let id = make(&campus.teacher, "/v1/courses", teachers).await;
    make(&campus.colleague, &format!("/v1/courses/{id}/sections"), json!({"title": "Mine"})).await;
    other.post(&format!("/v1/courses/{id}/sections"), json!({"title": "Not mine"})).await.problem(404);
    assert_eq!(each(campus.colleague.get("/v1/courses?status=draft").await.expect(200), "title"), ["Ours"]);
    assert_eq!(other.get("/v1/courses?status=draft").await.expect(200), &json!([]));
}
