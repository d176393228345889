//! How long statistics over a hundred thousand attempts take. Run by hand, on both databases:
//! `cargo test --package lyceum-tests --test it -- --ignored a_hundred_thousand_attempts --nocapture`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Statement, TransactionTrait as _, Value};
use serde_json::json;
use uuid::Uuid;

use super::{asked, statements};
use crate::courses::Campus;
use crate::tenancy::id_of;

/// Attempts, and questions in each.
const ATTEMPTS: usize = 100_000;
const QUESTIONS: usize = 40;
/// Rows in one statement.
const ROWS: usize = 50;

/// A linear congruential generator.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// A number as LEB128, zigzag before.
fn number(bytes: &mut Vec<u8>, number: u64) {
    let mut left = number << 1;
    while left >= 128 {
        bytes.push(u8::try_from(left & 127).expect("small") | 128);
        left >>= 7;
    }
    bytes.push(u8::try_from(left).expect("small"));
}

/// What is written of an attempt that was right where the dice say so: its marks, the same in few bytes, and its score.
fn marked(questions: &[Uuid], dice: &mut Dice) -> (String, Vec<u8>, i64) {
    let (mut marks, mut tally, mut score) = (Vec::new(), vec![1], 0);
    let able = dice.next() % 60;
    for question in questions {
        let right = dice.next() % 100 < 20 + able;
        let points = if right { 1_000_000 } else { 0 };
        score += i64::try_from(points).expect("few");
        marks.push(json!({"p": points, "a": true, "f": right, "c": [right.to_string()]}));
        tally.extend_from_slice(question.as_bytes());
        number(&mut tally, 1_000_000);
        number(&mut tally, points);
        // An answer, and one option.
        tally.push(3);
        tally.push(if right { 4 } else { 5 });
        tally.extend_from_slice(right.to_string().as_bytes());
    }
    (json!(marks).to_string(), tally, score)
}

#[expect(clippy::disallowed_methods, reason = "a hundred thousand rows are written past the API")]
async fn fill(campus: &Campus, test: &str, questions: &[Uuid]) {
    let db = crate::support::database::connect(&campus.app.database_url).await;
    let backend = db.get_database_backend();
    let of = |text: &str| Value::from(Uuid::parse_str(text).expect("an id"));
    let item = |id: &Uuid| json!({"q": id, "r": 1, "p": 1_000_000, "s": 0});
    let paper: serde_json::Value = questions.iter().map(item).collect();
    let mut dice = Dice(7);
    let (columns, given) = (
        "school_id, id, test_id, user_id, number, state, trial, test_revision, paper, seed, deadline, started_at, finished_at, marks, \
         tally, graded, score, max_score, version, updated_at",
        6,
    );
    for chunk in 0..ATTEMPTS / ROWS {
        let mut sql = format!("INSERT INTO attempts ({columns}) VALUES ");
        let now =
            chrono::DateTime::from_timestamp(1_700_000_000 + i64::try_from(chunk).expect("few"), 0).expect("a time");
        let deadline = json!({"at": null, "accepted_until": null, "started_at": now, "time_limit_s": null, "extra_s": 0,
            "limit_ends_at": null, "closes_at": null, "grace_s": 0});
        let most = 1_000_000 * i64::try_from(QUESTIONS).expect("few");
        let mut values: Vec<Value> =
            vec![of(&campus.school), of(test), paper.clone().into(), deadline.into(), now.into(), most.into()];
        for row in 0..ROWS {
            let (marks, tally, score) = marked(questions, &mut dice);
            let comma = if row == 0 { "" } else { ", " };
            let at = given + 1 + row * 5;
            let _ = write!(
                sql,
                "{comma}($1, ${at}, $2, ${}, 1, 'submitted', FALSE, 1, $3, 0, $4, $5, $5, ${}, ${}, TRUE, ${}, $6, 2, $5)",
                at + 1,
                at + 2,
                at + 3,
                at + 4
            );
            let ids = [Uuid::now_v7(), Uuid::now_v7()].map(Value::from);
            values.extend(ids);
            let marks: serde_json::Value = marks.parse().expect("marks");
            values.extend::<[Value; 3]>([marks.into(), tally.into(), score.into()]);
        }
        let tx = db.begin().await.expect("a transaction");
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.expect("written");
        tx.commit().await.expect("committed");
    }
    if campus.app.on_postgres() {
        db.execute_unprepared("VACUUM ANALYZE attempts").await.expect("analysed");
    }
    db.close().await.expect("closed");
}

#[tokio::test]
#[ignore = "writes a hundred thousand attempts first"]
async fn a_hundred_thousand_attempts_say_what_they_say_in_no_time() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    campus.enrolled(&course, campus.student.user_id.as_deref().expect("an id")).await;
    let body = json!({"title": "Light", "course_id": course, "questions": statements(QUESTIONS)});
    let view = campus.teacher.post("/v1/tests", body).await;
    let (test, questions) = (id_of(view.expect(201)), asked(&view.json));
    campus.teacher.post_empty(&format!("/v1/tests/{test}/publish")).await.expect(200);
    let ids: Vec<_> = questions.iter().map(|id| Uuid::parse_str(id).expect("an id")).collect();
    let began = Instant::now();
    fill(&campus, &test, &ids).await;
    println!("filled in {:.0} s", began.elapsed().as_secs_f64());
    let path = format!("/v1/tests/{test}/statistics");
    let ask = async |path: &str| {
        let began = Instant::now();
        let found = campus.teacher.get(path).await.expect(200).clone();
        (began.elapsed(), found)
    };
    let timed = async || {
        let (took, found) = ask(&path).await;
        (took, found["n"].clone())
    };
    let of_course = format!("/v1/courses/{course}/statistics");
    let (first, found) = ask(&of_course).await;
    assert_eq!(found["percent"]["n"], ATTEMPTS);
    println!("the course: cold {first:.2?}, warm {:.2?}", ask(&of_course).await.0);
    let (cold, n) = timed().await;
    assert_eq!(n, ATTEMPTS);
    let mut warm = Vec::new();
    for _ in 0..20 {
        warm.push(timed().await.0);
    }
    warm.sort();
    let answers: serde_json::Map<_, _> = questions.iter().map(|id| (id.clone(), json!(true))).collect();
    campus.student.post(&format!("/v1/tests/{test}/submit"), json!({ "answers": answers })).await.expect(200);
    let (fresh, n) = timed().await;
    assert_eq!(n, ATTEMPTS + 1);
    println!("cold {cold:.2?}, warm {:.2?} (worst {:.2?}), after one more {fresh:.2?}", warm[10], warm[19]);
    // What is built without optimisation is not what is measured.
    if !cfg!(debug_assertions) {
        assert!(cold < Duration::from_secs(5), "{cold:?}");
        assert!(warm[10] < Duration::from_millis(20), "{:?}", warm[10]);
    }
}
