//! Release rules: what is locked says why, and is not to be had by any other way.

use chrono::Duration;
use lyceum_kernel::Clock as _;
use serde_json::{Value, json};

use super::{Campus, make};

async fn locked_lesson(campus: &Campus, section: &str, rule: Value) -> String {
    let body = json!({
        "title": "Secret", "type": "lesson", "content": "the hidden spectrum", "description": "hidden words",
        "url": "https://example.org/hidden", "release": rule
    });
    make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), body).await
}

#[tokio::test]
async fn what_is_locked_is_kept_from_learners_everywhere() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let section = campus.section(&course, "One").await;
    let opens = campus.app.clock.now() + Duration::minutes(5);
    let opens = opens.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let block = locked_lesson(&campus, &section, json!({"kind": "after", "at": opens})).await;
    let view = campus.student.get(&format!("/v1/blocks/{block}?render=html")).await;
    let view = view.expect(200);
    assert_eq!(view["locked"]["reasons"][0]["kind"], "after");
    for path in [
        format!("/v1/blocks/{block}?render=html"),
        format!("/v1/courses/{course}/outline"),
        format!("/v1/courses/{course}/materials"),
        format!("/v1/courses/{course}/search?q=spectrum"),
        format!("/v1/sections/{section}/blocks"),
        "/v1/courses?q=spectrum".to_owned(),
    ] {
        let reply = campus.student.get(&path).await;
        reply.expect(200);
        assert!(!String::from_utf8_lossy(&reply.bytes).contains("hidden"), "{path}: {}", reply.json);
    }
    assert_eq!(campus.student.get("/v1/courses?q=spectrum").await.expect(200), &json!([]));
    assert_eq!(campus.student.get(&format!("/v1/courses/{course}/search?q=spectrum")).await.expect(200), &json!([]));
    let teacher = campus.teacher.get(&format!("/v1/blocks/{block}")).await;
    assert_eq!(
        (teacher.expect(200)["content"].as_str(), &teacher.json["locked"]),
        (Some("the hidden spectrum"), &Value::Null)
    );
    let outline = campus.student.get(&format!("/v1/courses/{course}/outline")).await;
    let before = outline.header("etag").expect("a tag").to_owned();
    campus.app.clock.advance(Duration::minutes(6));
    let outline = campus.student.get(&format!("/v1/courses/{course}/outline")).await;
    assert_ne!(outline.header("etag"), Some(&*before), "time opens blocks");
    let open = campus.student.get(&format!("/v1/blocks/{block}")).await;
    assert_eq!(
        (open.expect(200)["content"].as_str(), &open.json["release"]),
        (Some("the hidden spectrum"), &Value::Null)
    );
    let found = campus.student.get(&format!("/v1/courses/{course}/search?q=spectrum")).await;
    assert_eq!(found.expect(200)[0]["block_id"], block.as_str());
}

#[tokio::test]
async fn groups_and_prerequisites_open_blocks() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let section = campus.section(&course, "One").await;
    let group = make(&campus.admin, "/v1/groups", json!({"name": "Blue"})).await;
    let for_blue = locked_lesson(&campus, &section, json!({"kind": "group", "group_id": group})).await;
    let path = format!("/v1/blocks/{for_blue}");
    assert_eq!(campus.student.get(&path).await.expect(200)["locked"]["reasons"][0]["group_id"], group.as_str());
    let student = campus.student.user_id.as_deref().expect("an id");
    campus.admin.put(&format!("/v1/groups/{group}/members/{student}"), Value::Null).await.expect(204);
    assert_eq!(campus.student.get(&path).await.expect(200)["locked"], Value::Null);
    let first = campus.lesson(&section, "First").await;
    let waits = locked_lesson(&campus, &section, json!({"kind": "completed", "block_id": first})).await;
    let reasons = campus.student.get(&format!("/v1/blocks/{waits}")).await;
    assert_eq!(reasons.expect(200)["locked"]["reasons"], json!([{"kind": "completed", "block_id": first}]));
    // Never in a circle.
    let circle = json!({"release": {"kind": "not", "rule": {"kind": "score", "block_id": waits, "minimum": 50}}});
    let refused = campus.teacher.patch(&format!("/v1/blocks/{first}"), circle).await;
    assert_eq!(refused.problem(409), "prerequisite-circle");
    let itself = json!({"release": {"kind": "completed", "block_id": first}});
    assert_eq!(campus.teacher.patch(&format!("/v1/blocks/{first}"), itself).await.problem(409), "prerequisite-circle");
}

#[tokio::test]
async fn rules_are_bounded() {
    let campus = Campus::open().await;
    let section = campus.section(&campus.course().await, "One").await;
    let leaf = json!({"kind": "after", "at": "2026-01-01T00:00:00Z"});
    let deep = (0..4).fold(leaf.clone(), |rule, _| json!({"kind": "not", "rule": rule}));
    let wide = json!({"kind": "all", "rules": vec![leaf.clone(); 8]});
    let large = json!({"kind": "any", "rules": vec![wide.clone(); 4]});
    for rule in [deep, large] {
        let body = json!({"title": "x", "type": "lesson", "release": rule});
        let refused = campus.teacher.post(&format!("/v1/sections/{section}/blocks"), body).await;
        assert_eq!(refused.problem(409), "rule-too-large");
    }
    let body = json!({"title": "x", "type": "lesson", "release": {"kind": "all", "rules": vec![leaf; 9]}});
    campus.teacher.post(&format!("/v1/sections/{section}/blocks"), body).await.problem(422);
    locked_lesson(&campus, &section, wide).await;
}
