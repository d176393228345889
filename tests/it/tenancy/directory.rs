//! The directory at a million people: run with `--ignored`, on a server if one is named.
//!
//! `cargo test -p lyceum-tests --test it -- tenancy::directory --ignored --nocapture` fills a school by SQL and prints what a page
//! costs in the middle of it, beside what it costs among a thousand.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::{School, found};
use crate::support::{App, database};

/// Rows of one school: every hundredth is inactive, every twentieth a teacher.
async fn fill(db: &DatabaseConnection, postgres: bool, school: &str, rows: u32) {
    let school = school.replace('-', "");
    let (numbers, id, moment, hash) = if postgres {
        (
            format!("generate_series(1, {rows}) AS numbers(n)"),
            // Of version 7, in the order of the numbers.
            "CAST('01a0' || lpad(to_hex(n), 8, '0') || '70008000000000000001' AS uuid)",
            "(SELECT MIN(created_at) FROM memberships)",
            "md5(CAST(n AS TEXT))",
        )
    } else {
        (
            format!(
                "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows}) SELECT n FROM numbers) AS numbers"
            ),
            "unhex('01a0' || printf('%08x', n) || '70008000000000000001')",
            "(SELECT MIN(created_at) FROM memberships)",
            "printf('%08x', (n * 2654435761) % 4294967296)",
        )
    };
    let school = if postgres { format!("CAST('{school}' AS uuid)") } else { format!("x'{school}'") };
    let user = id.replace("01a0", "01a1");
    let (yes, role) = (if postgres { "TRUE" } else { "1" }, "CASE WHEN n % 20 = 0 THEN 'teacher' ELSE 'student' END");
    let sql = format!(
        "INSERT INTO memberships (school_id, user_id, id, status, vouched, offer_generation, username, username_key, email, email_key, \
         full_name, name_key, family_key, role, rank, joined_at, version, created_at, updated_at) \
         SELECT {school}, {user}, {id}, CASE WHEN n % 100 = 0 THEN 'inactive' ELSE 'active' END, {yes}, 0, \
         'pupil' || n, 'pupil' || n, 'pupil' || n || '@lyceum.example', 'pupil' || n || '@lyceum.example', \
         'Person ' || {hash}, substr({hash}, 1, 6) || ' ' || n, substr({hash}, 3, 6), {role}, \
         CASE WHEN n % 20 = 0 THEN 20 ELSE 10 END, {moment}, 1, {moment}, {moment} FROM {numbers}"
    );
    db.execute_unprepared(&sql).await.expect("filled");
    db.execute_unprepared(if postgres { "ANALYZE memberships" } else { "ANALYZE" }).await.expect("analysed");
}

/// The least that each of two pages costs, asked in turn, so that what else the machine does falls on both.
async fn costs(small: &School, few: &str, large: &School, many: &str) -> (Duration, Duration) {
    let mut least = (Duration::MAX, Duration::MAX);
    let cost = async |school: &School, path: &str| {
        let began = Instant::now();
        school.admin.get(path).await.expect(200);
        began.elapsed()
    };
    for _ in 0..60 {
        least.0 = least.0.min(cost(small, few).await);
        least.1 = least.1.min(cost(large, many).await);
    }
    least
}

/// The address of a page some pages of a hundred into the list.
async fn inside(school: &School, query: &str, pages: usize) -> String {
    let mut path = format!("/v1/users?limit=20{query}");
    let mut walk = format!("/v1/users?limit=100{query}");
    for _ in 0..pages {
        let page = school.admin.get(&walk).await;
        let Some(link) = page.header("link") else { break };
        let target = link.split_once('<').and_then(|(_, rest)| rest.split_once('>')).expect("a target").0;
        target[target.find("/v1").expect("a path")..].clone_into(&mut walk);
        let cursor = walk.split(['?', '&']).find_map(|part| part.strip_prefix("cursor=")).expect("a cursor");
        path = format!("/v1/users?limit=20{query}&cursor={cursor}");
    }
    path
}

const QUERIES: [&str; 19] = [
    "",
    "&sort=-created_at",
    "&sort=name",
    "&sort=-name",
    "&role=teacher",
    "&role=teacher&sort=name",
    "&role=school_admin&sort=name",
    "&is_active=true",
    "&is_active=true&sort=name",
    "&is_active=false",
    "&is_active=false&sort=name",
    "&role=teacher&is_active=true&sort=-name",
    "&q=pupil99",
    "&q=pupil99&sort=name",
    "&q=abc",
    "&q=pupil&role=teacher",
    "&q=nobody",
    "&updated_since=2020-01-01T00:00:00Z",
    "&updated_since=2030-01-01T00:00:00Z",
];

#[tokio::test]
#[ignore = "fills a million rows"]
async fn a_page_costs_the_same_among_a_thousand_and_a_million() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (small, large) = (found(&app, &root, "small").await, found(&app, &root, "large").await);
    let db = database::connect(&app.database_url).await;
    fill(&db, app.on_postgres(), &small.id, 1_000).await;
    fill(&db, app.on_postgres(), &large.id, 1_000_000).await;
    eprintln!(
        "{:<42} {:>12} {:>12} {:>6}   {:>12} {:>12} {:>6}",
        "", "first/1k", "first/1M", "", "deep/1k", "deep/1M", ""
    );
    for query in QUERIES {
        let first = format!("/v1/users?limit=20{query}");
        let (few, many) = (inside(&small, query, 4).await, inside(&large, query, 200).await);
        let (a, b) = (costs(&small, &first, &large, &first).await, costs(&small, &few, &large, &many).await);
        let ratio = |(few, many): (Duration, Duration)| many.as_secs_f64() / few.as_secs_f64();
        eprintln!(
            "{query:<42} {:>12.2?} {:>12.2?} {:>6.2}   {:>12.2?} {:>12.2?} {:>6.2}",
            a.0,
            a.1,
            ratio(a),
            b.0,
            b.1,
            ratio(b)
        );
    }
}
