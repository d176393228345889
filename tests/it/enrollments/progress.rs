//! How far learners are: in a course, by level, all together; and what completing a course brings.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use super::completions::lessons;
use super::id;
use crate::courses::{Campus, each, make, next, tag_of};
use crate::support::Client;
use crate::tenancy::{enrol, id_of};

async fn complete(who: &Client, block: &str) {
    who.put(&format!("/v1/blocks/{block}/completion"), json!({})).await.expect(200);
}

/// The caller's own line in a course.
async fn own(who: &Client, course: &str) -> Value {
    who.get(&format!("/v1/courses/{course}/progress")).await.expect(200)[0].clone()
}

#[tokio::test]
async fn a_course_is_completed_with_its_last_block_and_told_once() {
    let campus = Campus::open().await;
    let (course, section, blocks) = lessons(&campus, 2).await;
    let ratings = format!("/v1/courses/{course}/ratings");
    complete(&campus.student, &blocks[0]).await;
    let half = own(&campus.student, &course).await;
    assert_eq!((&half["percent"], &half["completed"]), (&json!(50), &json!(false)));
    assert_eq!(campus.student.post(&ratings, json!({"stars": 5})).await.problem(409), "not-completed");
    complete(&campus.student, &blocks[1]).await;
    let whole = own(&campus.student, &course).await;
    assert_eq!(
        (&whole["percent"], &whole["completed"], &whole["next_block_id"]),
        (&json!(100), &json!(true), &Value::Null)
    );
    let row = &campus.register(&course).await[0];
    assert_eq!((&row["status"], &row["completed"]), (&json!("completed"), &json!(true)));
    campus.student.post(&ratings, json!({"stars": 5})).await.expect(201);
    // Taken back it is open again, and completed again it is told to nobody twice.
    let path = format!("/v1/blocks/{}/completion", blocks[1]);
    campus.student.delete(&path).await.expect(204);
    assert_eq!(own(&campus.student, &course).await["completed"], json!(false));
    complete(&campus.student, &blocks[1]).await;
    assert_eq!(own(&campus.student, &course).await["completed"], json!(true));
    // What is added later leaves it completed; what is taken away can complete it for others.
    let other = enrol(&campus.app, &campus.root, &campus.school, "emmy@northfield.example", "student").await;
    campus.enrolled(&course, &id(&other)).await;
    let third = campus.lesson(&section, "Third").await;
    campus.app.drain_outbox().await;
    let more = own(&campus.student, &course).await;
    assert_eq!(
        (&more["percent"], &more["completed"], &more["next_block_id"]),
        (&json!(66), &json!(true), &json!(third))
    );
    complete(&other, &blocks[0]).await;
    complete(&other, &blocks[1]).await;
    assert_eq!(own(&other, &course).await["completed"], json!(false));
    campus.teacher.delete(&format!("/v1/blocks/{third}")).await.expect(204);
    campus.app.drain_outbox().await;
    assert_eq!(own(&other, &course).await["completed"], json!(true));
}

#[tokio::test]
async fn a_deleted_course_gives_back_completions_as_they_were() {
    let campus = Campus::open().await;
    let (course, _, blocks) = lessons(&campus, 3).await;
    complete(&campus.student, &blocks[0]).await;
    complete(&campus.student, &blocks[1]).await;
    campus.student.delete(&format!("/v1/blocks/{}/completion", blocks[1])).await.expect(204);
    let path = format!("/v1/blocks/{}/completion", blocks[0]);
    let (before, mine) = (campus.student.get(&path).await, own(&campus.student, &course).await);
    campus.teacher.delete(&format!("/v1/courses/{course}")).await.expect(204);
    campus.app.drain_outbox().await;
    campus.student.get(&path).await.problem(404);
    campus.student.get(&format!("/v1/completions/{}", id_of(&before.json))).await.problem(404);
    campus.student.get(&format!("/v1/courses/{course}/progress")).await.problem(404);
    let listed = campus.student.get(&format!("/v1/users/{}/progress", id(&campus.student))).await;
    assert_eq!(listed.expect(200), &json!([]));
    campus.teacher.post_empty(&format!("/v1/courses/{course}/restore")).await.expect(200);
    campus.app.drain_outbox().await;
    assert_eq!(campus.student.get(&path).await.expect(200), &before.json);
    campus.student.get(&format!("/v1/blocks/{}/completion", blocks[1])).await.problem(404);
    assert_eq!(own(&campus.student, &course).await, mine);
}

#[tokio::test]
async fn the_outline_shows_what_is_completed_and_changes_its_tag_with_it() {
    let campus = Campus::open().await;
    let (course, _, blocks) = lessons(&campus, 2).await;
    let path = format!("/v1/courses/{course}/outline");
    let tag = tag_of(&campus.student, &path).await;
    let same = campus.student.request(Method::GET, &path).header("if-none-match", &tag).send().await;
    assert_eq!(same.status.as_u16(), 304);
    complete(&campus.student, &blocks[0]).await;
    let other = campus.student.request(Method::GET, &path).header("if-none-match", &tag).send().await;
    assert_eq!(other.expect(200)["sections"][0]["blocks"][0]["completed"], json!(true));
    let warm = campus.app.queries_of(campus.student.get(&path)).await;
    assert!(campus.app.on_postgres() || warm == 0, "{warm} queries");
    // Withdrawn, nothing is completed any more.
    let row = format!("/v1/enrollments/{}", id_of(&campus.register(&course).await[0]));
    campus.teacher.patch(&row, json!({"status": "withdrawn"})).await.expect(200);
    assert_eq!(campus.student.get(&path).await.expect(200)["completed"], json!(0));
}

#[tokio::test]
async fn who_sees_whose_progress() {
    let campus = Campus::open().await;
    let (course, _, blocks) = lessons(&campus, 2).await;
    let emmy = enrol(&campus.app, &campus.root, &campus.school, "emmy@northfield.example", "student").await;
    campus.enrolled(&course, &id(&emmy)).await;
    complete(&emmy, &blocks[0]).await;
    let path = format!("/v1/courses/{course}/progress");
    assert_eq!(each(campus.teacher.get(&path).await.expect(200), "user_id"), [id(&campus.student), id(&emmy)]);
    assert_eq!(each(campus.student.get(&path).await.expect(200), "user_id"), [id(&campus.student)]);
    assert_eq!(campus.colleague.get(&path).await.expect(200), &json!([]));
    let stats = format!("{path}-stats");
    let expected = json!({"enrollments": 2, "completed": 0, "done": 1, "possible": 4, "percent": 25});
    assert_eq!(campus.teacher.get(&stats).await.expect(200), &expected);
    for who in [&campus.student, &campus.colleague] {
        assert_eq!(who.get(&stats).await.problem(403), "not-your-course");
    }
    let first = campus.teacher.get(&format!("{path}?limit=1&total=true")).await;
    assert_eq!(
        (first.expect(200)[0]["user_id"].clone(), first.header("x-total-count")),
        (json!(id(&campus.student)), Some("2"))
    );
    let second = campus.teacher.get(&next(first.header("link").expect("more"))).await;
    assert_eq!(second.expect(200)[0]["user_id"], json!(id(&emmy)));
    assert_eq!(campus.teacher.get(&format!("{path}?completed=true")).await.expect(200), &json!([]));
    // A person: oneself, those who run the school, and teachers as far as they teach them.
    let path = format!("/v1/users/{}/progress", id(&emmy));
    for who in [&emmy, &campus.admin, &campus.teacher] {
        assert_eq!(each(who.get(&path).await.expect(200), "course_id"), std::slice::from_ref(&course));
    }
    assert_eq!(campus.student.get(&path).await.problem(403), "not-your-progress");
    assert_eq!(campus.student.get(&format!("{path}-stats")).await.problem(403), "not-your-progress");
    make(&campus.colleague, "/v1/courses", json!({"title": "Other"})).await;
    assert_eq!(campus.colleague.get(&path).await.expect(200), &json!([]));
    campus.admin.get(&format!("/v1/users/{course}/progress")).await.problem(404);
}

#[tokio::test]
async fn a_person_is_summed_up_by_level_and_learners_by_group_and_school() {
    let campus = Campus::open().await;
    let (course, _, blocks) = lessons(&campus, 2).await;
    campus.teacher.patch(&format!("/v1/courses/{course}"), json!({"level": "Year 9"})).await.expect(200);
    let (other, _, _) = lessons(&campus, 1).await;
    complete(&campus.student, &blocks[0]).await;
    let user = id(&campus.student);
    let stats = |completed, done, possible, percent| {
        let enrollments = if possible == 3 { 2 } else { 1 };
        json!({"enrollments": enrollments, "completed": completed, "done": done, "possible": possible, "percent": percent})
    };
    let by_level = campus.student.get(&format!("/v1/users/{user}/progress-stats")).await;
    let expected = json!({"all": stats(0, 1, 3, 33), "levels": [
        {"level": null, "stats": stats(0, 0, 1, 0)}, {"level": "Year 9", "stats": stats(0, 1, 2, 50)}
    ]});
    assert_eq!(by_level.expect(200), &expected);
    let listed = campus.student.get(&format!("/v1/users/{user}/progress")).await;
    assert_eq!(each(listed.expect(200), "course_id"), [course.clone(), other]);
    // A group has counted nobody until somebody comes into it.
    let group = make(&campus.admin, "/v1/groups", json!({"name": "Blue"})).await;
    let group_stats = format!("/v1/groups/{group}/progress-stats");
    let school_stats = format!("/v1/schools/{}/progress-stats", campus.school);
    let nothing = json!({"enrollments": 0, "completed": 0, "done": 0, "possible": 0, "percent": 0});
    assert_eq!(campus.admin.get(&group_stats).await.expect(200), &nothing);
    let member = format!("/v1/groups/{group}/members/{user}");
    assert!(campus.admin.put(&member, Value::Null).await.status.is_success());
    campus.app.drain_outbox().await;
    for round in 0..2 {
        for path in [&group_stats, &school_stats] {
            assert_eq!(campus.admin.get(path).await.expect(200), &stats(0, 1, 3, 33), "{path} in round {round}");
        }
        campus.app.system.enrollments.roll_up().await.expect("rolled up");
    }
    assert_eq!(campus.teacher.get(&school_stats).await.problem(403), "not-your-progress");
    campus.admin.delete(&member).await.expect(204);
    campus.app.drain_outbox().await;
    assert_eq!(campus.admin.get(&group_stats).await.expect(200), &nothing);
    campus.admin.get(&format!("/v1/schools/{course}/progress-stats")).await.problem(404);
    campus.admin.get(&format!("/v1/groups/{course}/progress-stats")).await.problem(404);
}

#[tokio::test]
async fn progress_costs_the_same_whatever_the_number_of_learners() {
    let campus = Campus::open().await;
    let (course, _, blocks) = lessons(&campus, 10).await;
    complete(&campus.student, &blocks[0]).await;
    let path = format!("/v1/courses/{course}/progress");
    campus.teacher.get(&path).await.expect(200);
    let few = campus.app.queries_of(campus.teacher.get(&path)).await;
    super::crowd::fill(&campus, &course, 999).await;
    let many = campus.app.queries_of(campus.teacher.get(&format!("{path}?limit=100"))).await;
    assert_eq!(few, many);
    let stats = campus.app.queries_of(campus.teacher.get(&format!("{path}-stats"))).await;
    assert!(many <= 8 && stats <= 6, "{many} and {stats} queries");
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let page = campus.teacher.get(&format!("{path}?limit=100")).await;
        times.push(began.elapsed());
        assert_eq!(page.expect(200).as_array().map(Vec::len), Some(100));
    }
    times.sort();
    let began = Instant::now();
    let all = campus.teacher.get(&format!("{path}-stats")).await;
    assert_eq!((&all.expect(200)["enrollments"], &all.json["done"]), (&json!(1_000), &json!(1 + 999 * 5)));
    eprintln!(
        "100 of 1,000 learners: {:?} (median of 5), {many} queries; all together: {:?}",
        times[2],
        began.elapsed()
    );
}
