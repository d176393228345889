//! What changes on one node is seen on the other. Needs PostgreSQL; without it there is nothing to do.

use std::time::Duration;

use serde_json::json;

use super::{Campus, tag_of};
use crate::support::{database, eventually};

#[tokio::test]
async fn a_course_at_hand_on_one_node_changes_with_the_other() {
    if database::postgres_server().is_none() {
        return;
    }
    let campus = Campus::open().await;
    let second = campus.app.second_node(|_| {}).await;
    let there = second.anonymous().with_token(campus.student.token.clone().expect("a token"));
    let id = campus.course().await;
    let section = campus.section(&id, "One").await;
    let (path, outline) = (format!("/v1/courses/{id}"), format!("/v1/courses/{id}/outline"));
    let (course_tag, outline_tag) = (tag_of(&there, &path).await, tag_of(&there, &outline).await);
    campus.teacher.patch(&path, json!({"title": "Dark and death"})).await.expect(200);
    campus.lesson(&section, "New").await;
    let took = eventually(Duration::from_secs(2), "the other node knows", async || {
        tag_of(&there, &path).await != course_tag && tag_of(&there, &outline).await != outline_tag
    });
    eprintln!("a changed course is known on the other node after {:?}", took.await);
    assert_eq!(there.get(&path).await.expect(200)["title"], "Dark and death");
    assert_eq!(there.get(&outline).await.expect(200)["sections"][0]["blocks"][0]["title"], "New");
    campus.teacher.delete(&path).await.expect(204);
    eventually(Duration::from_secs(2), "it is gone there too", async || {
        there.get(&path).await.status == 404 && there.get(&outline).await.status == 404
    })
    .await;
}
