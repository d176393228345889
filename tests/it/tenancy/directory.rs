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

/// The median of what a page costs, of nine.
async fn cost(school: &School, path: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..25 {
        let began = Instant::now();
        school.admin.get(path).await.expect(200);
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// The page in the middle of a list: its cursor is found by jumping over half of it.
async fn middle(school: &School, query: &str, deep: bool) -> String {
    let mut path = format!("/v1/users?limit=20{query}");
    // The cursor of a page far inside: walked by hundreds.
    let mut walk = format!("/v1/users?limit=100{query}");
    let steps = if deep { 300 } else { 3 };
    for _ in 0..steps {
        let page = school.admin.get(&walk).await;
        let Some(link) = page.header("link") else { break };
        let target = link.split_once('<').and_then(|(_, rest)| rest.split_once('>')).expect("a target").0;
        walk = target[target.find("/v1").expect("a path")..].to_owned();
        let cursor = walk.split('&').chain(walk.split('?')).find_map(|part| part.strip_prefix("cursor="));
        let cursor = cursor.expect("a cursor").split('&').next().expect("a cursor").to_owned();
        path = format!("/v1/users?limit=20{query}&cursor={cursor}");
    }
    path
}

#[tokio::test]
#[ignore = "fills a million rows"]
async fn a_page_costs_the_same_among_a_thousand_and_a_million() {
    let mut table = Vec::new();
    for rows in [1_000, 1_000_000] {
        let app = App::start().await;
        let school = found(&app, &app.super_admin().await, "northfield").await;
        let db = database::connect(&app.database_url).await;
        fill(&db, app.on_postgres(), &school.id, rows).await;
        let mut costs = Vec::new();
        for query in [
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
            "&q=pupil99",
            "&q=abc",
            "&q=abc&sort=name",
            "&q=pupil&role=teacher",
            "&updated_since=2026-09-01T00:00:00Z",
            "&updated_since=2027-01-01T00:00:00Z",
            "&q=nobody",
        ] {
            let first = cost(&school, &format!("/v1/users?limit=20{query}")).await;
            let inside = cost(&school, &middle(&school, query, rows > 10_000).await).await;
            costs.push((query, first, inside));
        }
        table.push(costs);
    }
    for (few, many) in table[0].iter().zip(&table[1]) {
        let ratio = |a: Duration, b: Duration| b.as_secs_f64() / a.as_secs_f64();
        eprintln!(
            "{:<40} first {:>9.2?} → {:>9.2?} ({:.2})   inside {:>9.2?} → {:>9.2?} ({:.2})",
            if few.0.is_empty() { "(all)" } else { few.0 },
            few.1,
            many.1,
            ratio(few.1, many.1),
            few.2,
            many.2,
            ratio(few.2, many.2),
        );
    }
}
