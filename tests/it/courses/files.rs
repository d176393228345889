//! Files in blocks: listed, read by whoever the block is open for, and found by their words.

use serde_json::{Value, json};

use super::{Campus, each, make};
use crate::files::upload;
use crate::tenancy::{enrol, id_of};

const TEXT: &[u8] = b"Photosynthesis makes sugar out of air.\n";

/// A file of somebody's, with its text extracted.
async fn file(campus: &Campus, who: &crate::support::Client, name: &str) -> String {
    let id = id_of(upload(who, name, Some("text/plain"), TEXT).await.expect(201));
    campus.app.drain_outbox().await;
    id
}

#[tokio::test]
async fn who_may_read_a_file_follows_from_the_block_that_it_hangs_on() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let section = campus.section(&course, "One").await;
    let file = file(&campus, &campus.teacher, "sugar.txt").await;
    let path = format!("/v1/files/{file}");
    campus.student.get(&path).await.problem(404);
    let body = json!({"title": "Sugar", "type": "document", "file_id": file});
    let block = make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), body).await;
    let read = campus.student.get(&path).await;
    read.expect(200);
    assert_eq!(read.bytes, TEXT);
    // Not from another course that is not theirs, not of a deleted or locked block, not of a draft.
    let locked = json!({"release": {"kind": "after", "at": "2099-01-01T00:00:00Z"}});
    campus.teacher.patch(&format!("/v1/blocks/{block}"), locked).await.expect(200);
    campus.student.get(&path).await.problem(404);
    campus.teacher.patch(&format!("/v1/blocks/{block}"), json!({"release": null})).await.expect(200);
    campus.student.get(&path).await.expect(200);
    campus.teacher.delete(&format!("/v1/blocks/{block}")).await.expect(204);
    campus.student.get(&path).await.problem(404);
    campus.teacher.post_empty(&format!("/v1/blocks/{block}/restore")).await.expect(200);
    campus.student.get(&path).await.expect(200);
    campus.teacher.delete(&format!("/v1/courses/{course}")).await.expect(204);
    campus.student.get(&path).await.problem(404);
    campus.teacher.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_cover_is_read_by_who_sees_the_course() {
    let campus = Campus::open().await;
    let course = make(&campus.teacher, "/v1/courses", json!({"title": "Draft"})).await;
    let file = file(&campus, &campus.teacher, "cover.txt").await;
    let cover = json!({"cover_file_id": file});
    campus.teacher.patch(&format!("/v1/courses/{course}"), cover).await.expect(200);
    campus.student.get(&format!("/v1/files/{file}")).await.problem(404);
    campus.teacher.post_empty(&format!("/v1/courses/{course}/publish")).await.expect(200);
    campus.student.get(&format!("/v1/files/{file}")).await.expect(200);
}

#[tokio::test]
async fn nobody_hangs_up_what_is_not_theirs() {
    let campus = Campus::open().await;
    let other = enrol(&campus.app, &campus.root, &campus.school, "max@northfield.example", "student").await;
    let theirs = file(&campus, &other, "diary.txt").await;
    let section = campus.section(&campus.course().await, "One").await;
    let body = |file: &str| json!({"title": "Mine", "type": "document", "file_id": file});
    let path = format!("/v1/sections/{section}/blocks");
    let refused = campus.teacher.post(&path, body(&theirs)).await;
    // Staff who read all files of the school may; others may not.
    if campus.teacher.get(&format!("/v1/files/{theirs}")).await.status == 404 {
        assert_eq!(refused.problem(409), "unknown-file");
    } else {
        refused.expect(201);
    }
    let elsewhere = crate::tenancy::found(&campus.app, &campus.root, "elsewhere").await;
    let foreign = file(&campus, &elsewhere.admin, "foreign.txt").await;
    assert_eq!(campus.teacher.post(&path, body(&foreign)).await.problem(409), "unknown-file");
    assert_eq!(campus.admin.patch(&format!("/v1/sections/{section}"), json!({"title": "x"})).await.status, 200);
}

#[tokio::test]
async fn the_words_of_a_document_are_found_and_it_is_listed() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let section = campus.section(&course, "One").await;
    // The file first, and its text later than the block.
    let early = file(&campus, &campus.teacher, "sugar.txt").await;
    let body = json!({"title": "Sugar", "type": "document", "file_id": early});
    let block = make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), body).await;
    campus.app.drain_outbox().await;
    let search = format!("/v1/courses/{course}/search?q=photosynthesis");
    let hits = campus.student.get(&search).await;
    let hit = &hits.expect(200)[0];
    assert_eq!((hit["kind"].as_str(), hit["block_id"].as_str()), (Some("file"), Some(&*block)));
    assert!(hit["snippet"].as_str().is_some_and(|text| text.contains("makes sugar")), "{hit}");
    assert_eq!(each(campus.student.get("/v1/courses?q=photosynthesis").await.expect(200), "id"), [course.as_str()]);
    let materials = campus.student.get(&format!("/v1/courses/{course}/materials")).await;
    let material = &materials.expect(200)[0];
    assert_eq!(material["file"]["name"], "sugar.txt");
    assert_eq!((material["file"]["size"].as_u64(), material["locked"].is_null()), (Some(TEXT.len() as u64), true));
    // A deleted file is not found, and comes back with its restoration.
    campus.teacher.delete(&format!("/v1/files/{early}")).await.expect(204);
    campus.app.drain_outbox().await;
    assert_eq!(campus.student.get(&search).await.expect(200), &json!([]));
    let materials = campus.student.get(&format!("/v1/courses/{course}/materials")).await;
    assert_eq!(materials.expect(200)[0]["file"], Value::Null);
    campus.teacher.post_empty(&format!("/v1/files/{early}/restore")).await.expect(200);
    campus.app.drain_outbox().await;
    assert_eq!(campus.student.get(&search).await.expect(200)[0]["kind"], "file");
    // Another file in its place.
    let block = format!("/v1/blocks/{block}");
    campus.teacher.patch(&block, json!({"file_id": null, "url": "https://example.org/sugar"})).await.expect(200);
    campus.app.drain_outbox().await;
    assert_eq!(campus.student.get(&search).await.expect(200), &json!([]));
}
