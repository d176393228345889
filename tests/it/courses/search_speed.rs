//! How long a search over a hundred thousand blocks takes. Run by hand, on both databases:
//! `cargo test --package lyceum-tests --test it -- --ignored a_hundred_thousand --nocapture`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Statement, TransactionTrait as _, Value};
use serde_json::json;
use uuid::Uuid;

use super::{Campus, make};

/// Courses, and blocks in each.
const COURSES: usize = 200;
const BLOCKS: usize = 500;
/// Words of a block, and words that there are.
const WORDS: u64 = 120;
const VOCABULARY: u64 = 20_000;

/// A linear congruential generator.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A word: the first ones are in nearly every text, the last ones in few, as in a language.
    fn word(&mut self) -> u64 {
        let (a, b) = (self.next() % VOCABULARY, self.next() % VOCABULARY);
        a * b / VOCABULARY * (self.next() % 1_000 + 1) / 1_000
    }

    fn text(&mut self) -> String {
        (0..WORDS).fold(String::new(), |mut text, _| {
            let _ = write!(text, "{} ", spelt(self.word()));
            text
        })
    }
}

/// A number as a pronounceable word.
fn spelt(number: u64) -> String {
    let syllables = ["ba", "ke", "di", "fo", "gu", "la", "me", "ni", "po", "ru"];
    number.to_string().chars().filter_map(|digit| digit.to_digit(10)).map(|digit| syllables[digit as usize]).collect()
}

#[expect(clippy::disallowed_methods, reason = "a hundred thousand rows are written past the API")]
async fn fill(campus: &Campus, courses: &[Uuid]) {
    let db = crate::support::database::connect(&campus.app.database_url).await;
    let backend = db.get_database_backend();
    let school: Value = Uuid::parse_str(&campus.school).expect("an id").into();
    let mut dice = Dice(7);
    for course in courses {
        let tx = db.begin().await.expect("a transaction");
        for chunk in 0..BLOCKS / 50 {
            let mut sql = String::from(
                "INSERT INTO course_search (school_id, kind, target_id, course_id, language, title, body, restricted) VALUES ",
            );
            let mut values: Vec<Value> = vec![school.clone(), (*course).into()];
            for row in 0..50 {
                let id = Uuid::from_u128(u128::from(dice.next()) << 64 | u128::from(dice.next()) << 32 | row);
                let number = values.len();
                let comma = if row == 0 { "" } else { ", " };
                let _ = write!(
                    sql,
                    "{comma}($1, 'block', ${}, $2, 'english', ${}, ${}, {})",
                    number + 1,
                    number + 2,
                    number + 3,
                    if (chunk + usize::try_from(row).expect("small")) % 10 == 0 { "TRUE" } else { "FALSE" }
                );
                let title = format!("{} {}", spelt(dice.word()), spelt(dice.word()));
                values.extend::<[Value; 3]>([id.into(), title.into(), dice.text().into()]);
            }
            tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.expect("written");
        }
        tx.commit().await.expect("committed");
    }
    if campus.app.on_postgres() {
        db.execute_unprepared("VACUUM ANALYZE course_search").await.expect("analysed");
    }
    db.close().await.expect("closed");
}

#[tokio::test]
#[ignore = "writes a hundred thousand texts first"]
async fn a_hundred_thousand_blocks_are_searched_in_no_time() {
    let campus = Campus::open().await;
    let mut courses = Vec::new();
    for number in 0..COURSES {
        let id = make(&campus.teacher, "/v1/courses", json!({"title": format!("Course {number}")})).await;
        campus.teacher.post_empty(&format!("/v1/courses/{id}/publish")).await.expect(200);
        courses.push(Uuid::parse_str(&id).expect("an id"));
    }
    fill(&campus, &courses).await;
    let mut worst = Duration::ZERO;
    let common = [spelt(0), spelt(1), spelt(2)];
    let questions = [
        ("in nearly all", common[0].clone()),
        ("two of the commonest", common[..2].join("+")),
        ("three of them", common.join("+")),
        ("in some", spelt(700)),
        ("in few", spelt(19_000)),
        ("a common and a rare one", format!("{}+{}", common[0], spelt(19_000))),
        ("in none", "zzyzx".to_owned()),
    ];
    for (name, words) in questions {
        for path in [format!("/v1/courses?q={words}"), format!("/v1/courses/{}/search?q={words}", courses[7])] {
            let mut times = Vec::new();
            for _ in 0..12 {
                let started = Instant::now();
                campus.student.get(&path).await.expect(200);
                times.push(started.elapsed());
            }
            times.sort();
            println!(
                "{name:<26}{:<10} median {:>6.1} ms, worst {:>6.1} ms",
                if path.contains("/search") { "in a course" } else { "courses" },
                times[6].as_secs_f64() * 1e3,
                times[11].as_secs_f64() * 1e3
            );
            worst = worst.max(times[6]);
        }
    }
    assert!(worst < Duration::from_millis(50), "{worst:?}");
}
