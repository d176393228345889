//! Ratings, for who has completed a course; and what opens once something is completed or scored. Who has is said by whatever keeps
//! it: here the test itself.

use futures_util::future::join_all;
use lyceum_kernel::{BlockId, CourseId};
use serde_json::json;

use super::register::{Register, user};
use super::{Campus, each, make};
use crate::tenancy::{enrol, id_of};

#[tokio::test]
async fn only_who_has_completed_a_course_rates_it() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let path = format!("/v1/courses/{course}/ratings");
    assert_eq!(campus.student.post(&path, json!({"stars": 5})).await.problem(409), "not-completed");
    for bad in [json!({"stars": 0}), json!({"stars": 6}), json!({}), json!({"stars": 5, "user_id": course})] {
        campus.student.post(&path, bad).await.problem(422);
    }
    let stats = campus.student.get(&format!("/v1/courses/{course}/rating-stats")).await;
    assert_eq!(stats.expect(200), &json!({"count": 0, "mean": null}));
    campus.student.get(&format!("/v1/courses/{course}/my-rating")).await.problem(404);
    assert_eq!(campus.student.get(&path).await.expect(200), &json!([]));
    let hidden = make(&campus.teacher, "/v1/courses", json!({"title": "Draft"})).await;
    campus.student.post(&format!("/v1/courses/{hidden}/ratings"), json!({"stars": 5})).await.problem(404);
}

#[tokio::test]
async fn ratings_are_counted_exactly_also_by_many_at_once() {
    let campus = Campus::open().await;
    let register = Register::of(&campus.app);
    let id = campus.course().await;
    let course: CourseId = id.parse().expect("an id");
    let mut people = Vec::new();
    for number in 0..4 {
        let email = format!("pupil{number}@northfield.example");
        people.push(enrol(&campus.app, &campus.root, &campus.school, &email, "student").await);
    }
    register.courses.lock().expect("kept").extend(people.iter().map(|client| (user(client), course)));
    let path = format!("/v1/courses/{id}/ratings");
    // Each of four people twice at once: one each counts.
    let tries = people.iter().enumerate().flat_map(|(number, who)| {
        let path = &path;
        (0..2).map(move |_| async move { who.post(path, json!({"stars": number + 2})).await })
    });
    let answers = join_all(tries).await;
    let given = answers.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(given, 4);
    assert!(answers.iter().all(|reply| reply.status == 201 || reply.problem(409) == "already-rated"));
    let stats = format!("/v1/courses/{id}/rating-stats");
    assert_eq!(campus.student.get(&stats).await.expect(200), &json!({"count": 4, "mean": 3.5}));
    let first = &people[0];
    let mine = first.get(&format!("/v1/courses/{id}/my-rating")).await;
    let rating = format!("/v1/ratings/{}", id_of(mine.expect(200)));
    first.put(&rating, json!({"stars": 4, "comment": "Bright."})).await.expect(200);
    assert_eq!(campus.student.get(&stats).await.expect(200), &json!({"count": 4, "mean": 4.0}));
    assert_eq!(people[1].patch(&rating, json!({"stars": 1})).await.problem(403), "not-your-rating");
    first.delete(&rating).await.expect(204);
    assert_eq!(campus.student.get(&stats).await.expect(200), &json!({"count": 3, "mean": 4.0}));
    // Deleted ones are there for those who may restore them.
    let deleted = format!("{path}?deleted=only&total=true");
    for (who, there) in [(first, 1), (&campus.admin, 1), (&people[1], 0), (&campus.teacher, 0)] {
        let list = who.get(&deleted).await;
        assert_eq!(list.expect(200).as_array().map(Vec::len), Some(there));
        assert_eq!(list.header("x-total-count"), Some(there.to_string().as_str()));
    }
    assert_eq!(id_of(&first.get(&deleted).await.expect(200)[0]), rating.rsplit('/').next().expect("an id"));
    first.post_empty(&format!("{rating}/restore")).await.expect(200);
    assert_eq!(campus.student.get(&stats).await.expect(200), &json!({"count": 4, "mean": 4.0}));
    assert_eq!(campus.student.get(&path).await.expect(200).as_array().map(Vec::len), Some(4));
    assert_eq!(first.get(&deleted).await.expect(200), &json!([]));
}

#[tokio::test]
async fn what_is_kept_of_ratings_is_what_is_counted() {
    let campus = Campus::open().await;
    let register = Register::of(&campus.app);
    let id = campus.course().await;
    let mut people = Vec::new();
    for number in 0..4 {
        let email = format!("pupil{number}@northfield.example");
        people.push(enrol(&campus.app, &campus.root, &campus.school, &email, "student").await);
    }
    let course: CourseId = id.parse().expect("an id");
    register.courses.lock().expect("kept").extend(people.iter().map(|client| (user(client), course)));
    // What each of them thinks: the rating, its stars, and whether it is deleted.
    let mut given: Vec<Option<(String, u64, bool)>> = vec![None; people.len()];
    let mut dice = 0x2545_F491_4F6C_DD1D_u64;
    for step in 0..80 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (number, stars) = (usize::try_from(dice >> 33).expect("small") % people.len(), dice >> 60 & 3);
        let (who, stars) = (&people[number], stars + 1);
        given[number] = match given[number].take() {
            None => {
                let made = make(who, &format!("/v1/courses/{id}/ratings"), json!({ "stars": stars })).await;
                Some((made, stars, false))
            }
            Some((rating, before, true)) => {
                who.post_empty(&format!("/v1/ratings/{rating}/restore")).await.expect(200);
                Some((rating, before, false))
            }
            Some((rating, before, false)) if dice >> 40 & 1 == 0 => {
                who.delete(&format!("/v1/ratings/{rating}")).await.expect(204);
                Some((rating, before, true))
            }
            Some((rating, _, false)) => {
                who.patch(&format!("/v1/ratings/{rating}"), json!({ "stars": stars })).await.expect(200);
                Some((rating, stars, false))
            }
        };
        if step % 20 == 19 {
            campus.teacher.delete(&format!("/v1/courses/{id}")).await.expect(204);
            campus.teacher.post_empty(&format!("/v1/courses/{id}/restore")).await.expect(200);
        }
        let living: Vec<_> = given.iter().flatten().filter(|(_, _, deleted)| !deleted).collect();
        let sum: u64 = living.iter().map(|(_, stars, _)| stars).sum();
        let stats = campus.student.get(&format!("/v1/courses/{id}/rating-stats")).await;
        assert_eq!(stats.expect(200)["count"], json!(living.len()), "step {step}");
        let expected = if living.is_empty() { None } else { Some(f64_of(sum) / f64_of(living.len() as u64)) };
        let mean = stats.json["mean"].as_f64();
        let same = mean.zip(expected).map_or(mean == expected, |(mean, counted)| (mean - counted).abs() < 0.01);
        assert!(same, "step {step}: {mean:?} and {expected:?}");
    }
}

fn f64_of(number: u64) -> f64 {
    f64::from(u32::try_from(number).expect("small"))
}

#[tokio::test]
async fn what_was_completed_and_scored_opens_what_waits_for_it() {
    let campus = Campus::open().await;
    let register = Register::of(&campus.app);
    let course = campus.course().await;
    let section = campus.section(&course, "One").await;
    let first = campus.lesson(&section, "First").await;
    let quiz =
        make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), json!({"title": "Quiz", "type": "quiz"}))
            .await;
    let rule = json!({"kind": "all", "rules": [
        {"kind": "completed", "block_id": first},
        {"kind": "any", "rules": [
            {"kind": "score", "block_id": quiz, "minimum": 60},
            {"kind": "after", "at": "2099-01-01T00:00:00Z"}
        ]}
    ]});
    let body = json!({"title": "Last", "type": "lesson", "content": "hidden", "release": rule});
    let last = make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), body).await;
    let reasons = async || {
        let outline = campus.student.get(&format!("/v1/courses/{course}/outline")).await;
        let shown = outline.expect(200)["sections"][0]["blocks"][2]["locked"]["reasons"].clone();
        let block = campus.student.get(&format!("/v1/blocks/{last}")).await;
        assert_eq!(block.expect(200)["locked"]["reasons"], shown, "the outline and the block agree");
        assert_eq!(block.json["content"].is_null(), !shown.is_null());
        if shown.is_null() { Vec::new() } else { each(&shown, "kind") }
    };
    assert_eq!(reasons().await, ["completed", "any"]);
    let (who, id) = (user(&campus.student), |text: &str| -> BlockId { text.parse().expect("an id") });
    register.blocks.lock().expect("kept").insert((who, id(&first)));
    assert_eq!(reasons().await, ["any"]);
    register.scores.lock().expect("kept").insert((who, id(&quiz)), 59.9);
    assert_eq!(reasons().await, ["any"]);
    register.scores.lock().expect("kept").insert((who, id(&quiz)), 60.0);
    assert_eq!(reasons().await, Vec::<String>::new());
    let outline = campus.student.get(&format!("/v1/courses/{course}/outline")).await;
    assert_eq!((outline.expect(200)["completed"].as_u64(), outline.json["blocks"].as_u64()), (Some(1), Some(3)));
}

#[tokio::test]
async fn a_private_course_is_there_for_who_takes_part() {
    let campus = Campus::open().await;
    let register = Register::of(&campus.app);
    let id = make(&campus.teacher, "/v1/courses", json!({"title": "Few", "visibility": "private"})).await;
    campus.teacher.post_empty(&format!("/v1/courses/{id}/publish")).await.expect(200);
    let path = format!("/v1/courses/{id}");
    campus.student.get(&path).await.problem(404);
    register.attends.lock().expect("kept").insert((user(&campus.student), id.parse().expect("an id")));
    campus.student.get(&path).await.expect(200);
    assert_eq!(each(campus.student.get("/v1/courses").await.expect(200), "title"), ["Few"]);
    campus.teacher.post_empty(&format!("{path}/archive")).await.expect(200);
    campus.student.get(&path).await.expect(200);
}
