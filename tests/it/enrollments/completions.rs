//! Blocks that learners complete: once, in order, for themselves; what teachers say about it; and what it opens.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::id;
use crate::courses::{Campus, each, make, next, tag_of, with_match};
use crate::tenancy::{enrol, id_of};

/// A published course with one section of so many lessons, and the student in it.
pub async fn lessons(campus: &Campus, count: usize) -> (String, String, Vec<String>) {
    let course = campus.course().await;
    let section = campus.section(&course, "One").await;
    let mut blocks = Vec::new();
    for number in 0..count {
        blocks.push(campus.lesson(&section, &format!("Lesson {number}")).await);
    }
    campus.enrolled(&course, &id(&campus.student)).await;
    (course, section, blocks)
}

#[tokio::test]
async fn a_block_is_completed_once_and_says_what_was_said_last() {
    let campus = Campus::open().await;
    let (course, _, blocks) = lessons(&campus, 2).await;
    let path = format!("/v1/blocks/{}/completion", blocks[0]);
    campus.student.get(&path).await.problem(404);
    let first = campus.student.put(&path, json!({})).await;
    assert_eq!((&first.expect(200)["version"], &first.json["means"]), (&json!(1), &json!("manual")));
    assert_eq!(first.json["user_id"], json!(id(&campus.student)));
    // Again: the same. With words: the same completion, which says more.
    assert_eq!(campus.student.put(&path, json!({})).await.expect(200), &first.json);
    let said = json!({"url": "https://example.org/leaves", "feedback": "Hard."});
    let second = campus.student.put(&path, said).await;
    assert_eq!((&second.expect(200)["version"], &second.json["id"]), (&json!(2), &first.json["id"]));
    assert_eq!(campus.student.get(&path).await.expect(200), &second.json);
    let stale = with_match(&campus.student, Method::PUT, &path, "\"1-completion\"", &json!({})).await;
    assert_eq!(stale.problem(412), "stale");
    for bad in [json!({"url": "javascript:alert(1)"}), json!({"grade": 5}), json!({"user_id": course})] {
        campus.student.put(&path, bad).await.problem(422);
    }
    // Taken back, twice; then again as it was, or by restoring.
    campus.student.delete(&path).await.expect(204);
    campus.student.delete(&path).await.expect(204);
    campus.student.get(&path).await.problem(404);
    let restore = format!("/v1/completions/{}/restore", id_of(&first.json));
    let back = campus.student.post_empty(&restore).await;
    assert_eq!((&back.expect(200)["feedback"], &back.json["deleted_at"]), (&json!("Hard."), &Value::Null));
    assert_eq!(campus.student.post_empty(&restore).await.problem(409), "not-deleted");
    campus.student.delete(&path).await.expect(204);
    let again = campus.student.put(&path, json!({})).await;
    assert_eq!((&again.expect(200)["id"], &again.json["feedback"]), (&first.json["id"], &Value::Null));
    let mine = campus.student.get(&format!("/v1/courses/{course}/progress")).await;
    assert_eq!((&mine.expect(200)[0]["done"], &mine.json[0]["percent"]), (&json!(1), &json!(50)));
    assert_eq!(mine.json[0]["next_block_id"], json!(blocks[1]));
}

#[tokio::test]
async fn many_tries_at_once_complete_a_block_once() {
    let campus = Campus::open().await;
    let (course, _, blocks) = lessons(&campus, 1).await;
    let path = format!("/v1/blocks/{}/completion", blocks[0]);
    let tries = join_all((0..8).map(|_| campus.student.put(&path, json!({})))).await;
    assert!(
        tries.iter().all(|reply| reply.json["version"] == 1),
        "{:?}",
        tries.iter().map(|r| &r.json).collect::<Vec<_>>()
    );
    let progress = campus.student.get(&format!("/v1/courses/{course}/progress")).await;
    assert_eq!((&progress.expect(200)[0]["done"], &progress.json[0]["completed"]), (&json!(1), &json!(true)));
}

#[tokio::test]
async fn only_who_learns_in_a_course_completes_its_open_blocks() {
    let campus = Campus::open().await;
    let (course, section, blocks) = lessons(&campus, 1).await;
    let outsider = enrol(&campus.app, &campus.root, &campus.school, "emmy@northfield.example", "student").await;
    let path = |block: &str| format!("/v1/blocks/{block}/completion");
    // Neither somebody who is not in it, nor who teaches it.
    for who in [&outsider, &campus.teacher, &campus.admin] {
        assert_eq!(who.put(&path(&blocks[0]), json!({})).await.problem(403), "not-enrolled");
        assert_eq!(who.delete(&path(&blocks[0])).await.problem(403), "not-enrolled");
    }
    let rule = json!({"kind": "completed", "block_id": blocks[0]});
    let body = json!({"title": "Last", "type": "lesson", "release": rule});
    let locked = make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), body).await;
    let refused = campus.student.put(&path(&locked), json!({})).await;
    assert_eq!(refused.problem(409), "block-locked");
    assert!(refused.json["detail"].as_str().is_some_and(|text| text.contains(&blocks[0])), "{}", refused.json);
    assert_eq!(campus.student.post_empty(&format!("/v1/blocks/{locked}/view")).await.problem(409), "block-locked");
    campus.student.put(&path(&blocks[0]), json!({})).await.expect(200);
    campus.student.put(&path(&locked), json!({})).await.expect(200);
    // Who was withdrawn completes nothing, and what they had is there again when they come back.
    let rows = campus.register(&course).await;
    let enrolment = format!("/v1/enrollments/{}", id_of(&rows[0]));
    campus.teacher.patch(&enrolment, json!({"status": "withdrawn"})).await.expect(200);
    assert_eq!(campus.student.put(&path(&blocks[0]), json!({})).await.problem(403), "not-enrolled");
    campus.student.get(&path(&blocks[0])).await.problem(404);
    campus.teacher.patch(&enrolment, json!({"status": "active"})).await.expect(200);
    campus.student.get(&path(&blocks[0])).await.expect(200);
    // Nor before or after the dates of the enrolment.
    campus.teacher.patch(&enrolment, json!({"ends_at": "2020-01-01T00:00:00Z"})).await.expect(200);
    assert_eq!(campus.student.put(&path(&blocks[0]), json!({})).await.problem(403), "not-enrolled");
    campus.teacher.patch(&enrolment, json!({"ends_at": null})).await.expect(200);
    campus.teacher.post_empty(&format!("/v1/courses/{course}/archive")).await.expect(200);
    assert_eq!(campus.student.put(&path(&blocks[0]), json!({"feedback": "x"})).await.problem(409), "course-closed");
    assert_eq!(campus.student.delete(&path(&blocks[0])).await.problem(409), "course-closed");
}

#[tokio::test]
async fn blocks_are_completed_by_their_rule() {
    let campus = Campus::open().await;
    let (_, section, blocks) = lessons(&campus, 1).await;
    let path = format!("/v1/sections/{section}/blocks");
    for (kind, rule) in [("lesson", "passed"), ("assignment", "passed"), ("video", "submitted")] {
        let body = json!({"title": "X", "type": kind, "url": "https://example.org/x", "completion": rule});
        assert_eq!(campus.teacher.post(&path, body).await.problem(409), "completion-unfit", "{kind} {rule}");
    }
    let quiz = make(&campus.teacher, &path, json!({"title": "Quiz", "type": "quiz", "completion": "passed"})).await;
    let work = json!({"title": "Work", "type": "assignment", "completion": "submitted"});
    let work = make(&campus.teacher, &path, work).await;
    for block in [&quiz, &work] {
        let refused = campus.student.put(&format!("/v1/blocks/{block}/completion"), json!({})).await;
        assert_eq!(refused.problem(409), "completes-itself");
    }
    let link = json!({"title": "Link", "type": "link", "url": "https://example.org", "completion": "viewed"});
    let link = make(&campus.teacher, &path, link).await;
    let (view, done) = (format!("/v1/blocks/{link}/view"), format!("/v1/blocks/{link}/completion"));
    // Those who teach look as often as they like; so does who has a block that asks for more.
    campus.teacher.post_empty(&view).await.expect(204);
    campus.student.post_empty(&format!("/v1/blocks/{}/view", blocks[0])).await.expect(204);
    campus.student.get(&format!("/v1/blocks/{}/completion", blocks[0])).await.problem(404);
    campus.student.post_empty(&view).await.expect(204);
    let first = campus.student.get(&done).await;
    assert_eq!((&first.expect(200)["means"], &first.json["version"]), (&json!("viewed"), &json!(1)));
    campus.student.post_empty(&view).await.expect(204);
    assert_eq!(campus.student.get(&done).await.expect(200), &first.json);
    // What was taken back is not done by looking once more.
    campus.student.delete(&done).await.expect(204);
    campus.student.post_empty(&view).await.expect(204);
    campus.student.get(&done).await.problem(404);
}

#[tokio::test]
async fn teachers_read_and_grade_and_a_grade_opens_what_asks_for_it() {
    let campus = Campus::open().await;
    let (course, section, blocks) = lessons(&campus, 1).await;
    let rule = json!({"kind": "score", "block_id": blocks[0], "minimum": 60});
    let body = json!({"title": "Next", "type": "lesson", "content": "hidden", "release": rule});
    let behind = make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), body).await;
    let done = campus.student.put(&format!("/v1/blocks/{}/completion", blocks[0]), json!({"feedback": "So."})).await;
    let path = format!("/v1/completions/{}", id_of(done.expect(200)));
    let list = format!("/v1/blocks/{}/completions", blocks[0]);
    assert_eq!(each(campus.teacher.get(&list).await.expect(200), "feedback"), ["So."]);
    assert_eq!(campus.student.get(&list).await.problem(403), "permission-missing");
    assert_eq!(campus.colleague.get(&list).await.problem(403), "not-your-course");
    campus.colleague.get(&path).await.problem(404);
    campus.colleague.patch(&path, json!({"grade": 1})).await.problem(404);
    assert_eq!(campus.student.patch(&path, json!({"grade": 100})).await.problem(403), "permission-missing");
    for bad in [json!({"grade": 101}), json!({"grade": -1}), json!({"feedback": "Mine."})] {
        campus.teacher.patch(&path, bad).await.problem(422);
    }
    let outline = async || {
        let shown = campus.student.get(&format!("/v1/courses/{course}/outline")).await;
        shown.expect(200);
        shown
    };
    let before = outline().await;
    assert_eq!(before.json["sections"][0]["blocks"][1]["locked"]["reasons"][0]["kind"], "score");
    let tag = tag_of(&campus.teacher, &path).await;
    let graded = with_match(&campus.teacher, Method::PATCH, &path, &tag, &json!({"grade": 59})).await;
    assert_eq!((&graded.expect(200)["grade"], &graded.json["graded_by"]), (&json!(59), &json!(id(&campus.teacher))));
    assert_eq!(
        with_match(&campus.teacher, Method::PATCH, &path, &tag, &json!({"grade": 60})).await.problem(412),
        "stale"
    );
    assert!(outline().await.json["sections"][0]["blocks"][1]["locked"].is_object());
    let whole = json!({"grade": 60, "teacher_feedback": "Well."});
    campus.teacher.put(&path, whole).await.expect(200);
    let after = outline().await;
    assert!(after.json["sections"][0]["blocks"][1]["locked"].is_null());
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(campus.student.get(&path).await.expect(200)["teacher_feedback"], "Well.");
    assert_eq!(campus.teacher.get(&format!("{list}?graded=false")).await.expect(200), &json!([]));
    campus.student.put(&format!("/v1/blocks/{behind}/completion"), json!({})).await.expect(200);
}

#[tokio::test]
async fn completions_are_paged() {
    let campus = Campus::open().await;
    let (course, _, blocks) = lessons(&campus, 1).await;
    for number in 0..3 {
        let email = format!("pupil{number}@northfield.example");
        let pupil = enrol(&campus.app, &campus.root, &campus.school, &email, "student").await;
        campus.enrolled(&course, &id(&pupil)).await;
        pupil.put(&format!("/v1/blocks/{}/completion", blocks[0]), json!({})).await.expect(200);
    }
    let path = format!("/v1/blocks/{}/completions?limit=2&total=true", blocks[0]);
    let first = campus.teacher.get(&path).await;
    assert_eq!((first.expect(200).as_array().map(Vec::len), first.header("x-total-count")), (Some(2), Some("3")));
    let second = campus.teacher.get(&next(first.header("link").expect("more"))).await;
    assert_eq!(second.expect(200).as_array().map(Vec::len), Some(1));
}
