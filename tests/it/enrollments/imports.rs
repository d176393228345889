//! Enrolments in bulk: by people, by group, by table.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::id;
use crate::authorisation::NEVER;
use crate::courses::{Campus, each, make, next};
use crate::support::client::{Client, Reply};
use crate::tenancy::id_of;
use crate::tenancy::import_bundles::{MANIFEST_11, archive};

/// Sends a table as the body.
async fn send(who: &Client, query: &str, table: &str) -> Reply {
    let request = who.request(Method::POST, &format!("/v1/enrollments/import{query}"));
    request.header("content-type", "text/csv").bytes(table.as_bytes().to_vec()).send().await
}

/// Waits for an import that was accepted.
async fn ended(campus: &Campus, who: &Client, accepted: &Reply) -> Value {
    assert_eq!(accepted.expect(202)["state"], "queued");
    campus.app.drain_outbox().await;
    who.get(accepted.header("location").expect("a location")).await.expect(200).clone()
}

/// The state, and what came of it.
fn outcome(import: &Value) -> (String, Value) {
    (import["state"].as_str().expect("a state").to_owned(), import["result"].clone())
}

fn result(created: i64, updated: i64, unchanged: i64, withdrawn: i64, waiting: i64, skipped: i64) -> Value {
    json!({"created": created, "updated": updated, "unchanged": unchanged, "withdrawn": withdrawn, "waiting": waiting,
           "skipped": skipped})
}

/// A course of the teacher's with a code.
async fn coded(campus: &Campus, code: &str) -> String {
    let course = make(&campus.teacher, "/v1/courses", json!({"title": code, "code": code})).await;
    campus.teacher.post_empty(&format!("/v1/courses/{course}/publish")).await.expect(200);
    course
}

#[tokio::test]
async fn a_table_enrols_changes_and_withdraws_and_once_more_changes_nothing() {
    let campus = Campus::open().await;
    let course = coded(&campus, "BIO").await;
    let other = coded(&campus, "CHE").await;
    let mut people = Vec::new();
    for name in ["anna", "bert", "cleo"] {
        people.push(campus.pupil(name).await);
    }
    let table = format!(
        "Email;Course code;Role;Status;Ends at;User id\n\
         ANNA@northfield.example;bio;;;2030-07-31;\n;CHE;student;active;;{}\ncleo@northfield.example;BIO;;;;\n\
         leo@northfield.example;BIO;teacher;;;\n;BIO;;withdrawn;;{}\n",
        people[1], people[1]
    );
    let dry = ended(&campus, &campus.teacher, &send(&campus.teacher, "?dry_run=true", &table).await).await;
    assert_eq!(outcome(&dry), ("done".to_owned(), result(4, 0, 1, 0, 0, 0)));
    assert_eq!(campus.places(&course).await, (0, 0));
    let done = ended(&campus, &campus.teacher, &send(&campus.teacher, "", &table).await).await;
    assert_eq!(outcome(&done), ("done".to_owned(), result(4, 0, 1, 0, 0, 0)), "{done}");
    assert_eq!((&done["total"], &done["done"], &done["format"]), (&json!(5), &json!(5), &json!("csv")));
    assert_eq!((campus.places(&course).await, campus.places(&other).await), ((2, 0), (1, 0)));
    let all = campus.register(&course).await;
    let anna = all.iter().find(|row| row["user_id"] == people[0].as_str()).expect("a row");
    assert_eq!((&anna["ends_at"], &anna["means"]), (&json!("2030-07-31T00:00:00Z"), &json!("bulk")));
    let again = ended(&campus, &campus.teacher, &send(&campus.teacher, "", &table).await).await;
    assert_eq!(outcome(&again).1, result(0, 0, 5, 0, 0, 0));
    assert_eq!(campus.register(&course).await, all, "not even a version");
    let table = "email,course_code,status,ends_at\nanna@northfield.example,BIO,,2031-07-31\ncleo@northfield.example,BIO,withdrawn,\n";
    let changed = ended(&campus, &campus.teacher, &send(&campus.teacher, "", table).await).await;
    assert_eq!(outcome(&changed).1, result(0, 1, 0, 1, 0, 0));
    assert_eq!(campus.places(&course).await, (1, 0));
    // Who was withdrawn comes in again; the course may be named in the query.
    let back = send(&campus.teacher, &format!("?course_id={course}"), "email\ncleo@northfield.example\n").await;
    assert_eq!(outcome(&ended(&campus, &campus.teacher, &back).await).1, result(1, 0, 0, 0, 0, 0));
    assert_eq!(campus.teacher.get("/v1/enrollment-imports").await.expect(200).as_array().map(Vec::len), Some(5));
    assert_eq!(campus.colleague.get("/v1/enrollment-imports").await.expect(200), &json!([]));
    assert_eq!(campus.admin.get("/v1/enrollment-imports?limit=2").await.expect(200).as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn faulty_rows_are_named_and_stop_the_whole_or_are_left_out() {
    let campus = Campus::open().await;
    let course = coded(&campus, "BIO").await;
    coded(&campus, "OLD").await;
    let theirs = make(&campus.colleague, "/v1/courses", json!({"title": "Theirs", "code": "ART"})).await;
    let full = coded(&campus, "TWO").await;
    campus.settle(&full, json!({"self_enroll": false, "capacity": 1})).await;
    let old = campus.teacher.get("/v1/courses?q=OLD").await;
    campus.teacher.post_empty(&format!("/v1/courses/{}/archive", id_of(&old.expect(200)[0]))).await.expect(200);
    for name in ["anna", "bert"] {
        campus.pupil(name).await;
    }
    let table = "email,course_code,role,ends_at,starts_at\n\
        anna@northfield.example,BIO,,,\n\
        nobody@northfield.example,BIO,,,\n\
        anna@northfield.example,ART,,,\n\
        anna@northfield.example,NONE,,,\n\
        anna@northfield.example,OLD,,,\n\
        bert@northfield.example,BIO,teacher,,\n\
        bert@northfield.example,BIO,,2026-01-01,2026-02-01\n\
        anna@northfield.example,bio,,,\n\
        anna@northfield.example,TWO,,,\n\
        bert@northfield.example,TWO,,,\n";
    let stopped = ended(&campus, &campus.teacher, &send(&campus.teacher, "", table).await).await;
    assert_eq!(outcome(&stopped), ("failed".to_owned(), Value::Null));
    let codes = each(&stopped["errors"], "code");
    assert_eq!(
        codes,
        [
            "unknown-person",
            "unknown-course",
            "unknown-course",
            "course-archived",
            "not-staff",
            "dates-reversed",
            "duplicate",
            "course-full"
        ]
    );
    let lines: Vec<_> =
        stopped["errors"].as_array().expect("a list").iter().map(|fault| fault["line"].as_i64()).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 11].map(Some));
    assert_eq!((campus.places(&course).await, campus.places(&full).await), ((0, 0), (0, 0)), "nothing half done");
    let path = format!("/v1/enrollment-imports/{}", id_of(&stopped));
    let page = campus.teacher.get(&format!("{path}/errors?limit=3&total=true")).await;
    assert_eq!((page.expect(200).as_array().map(Vec::len), page.header("x-total-count")), (Some(3), Some("8")));
    let rest = campus.teacher.get(&next(page.header("link").expect("more"))).await;
    assert_eq!(rest.expect(200)[0]["line"], 6);
    let table_of = campus.teacher.request(Method::GET, &format!("{path}/errors")).header("accept", "text/csv");
    let text = String::from_utf8(table_of.send().await.bytes).expect("text");
    assert!(text.lines().count() == 9 && text.contains("unknown-person"), "{text}");
    assert_eq!(campus.teacher.post_empty(&format!("{path}/cancel")).await.problem(409), "import-ended");
    campus.colleague.get(&path).await.problem(404);
    let skipped = ended(&campus, &campus.teacher, &send(&campus.teacher, "?on_error=skip", table).await).await;
    assert_eq!(outcome(&skipped), ("done".to_owned(), result(2, 0, 0, 0, 0, 8)));
    assert_eq!((campus.places(&course).await, campus.places(&full).await), ((1, 0), (1, 0)));
    // Whoever runs the school may name any course.
    let table = "email,course_id\nanna@northfield.example,".to_owned() + &theirs + "\n";
    let done = ended(&campus, &campus.admin, &send(&campus.admin, "", &table).await).await;
    assert_eq!(outcome(&done).1, result(1, 0, 0, 0, 0, 0));
    // What is no table, or not ours.
    for (table, code) in [("", "empty"), ("email,colour\n", "unknown-column"), ("course_code\nBIO\n", "columns")] {
        let broken = ended(&campus, &campus.teacher, &send(&campus.teacher, "?on_error=skip", table).await).await;
        assert_eq!((outcome(&broken).0, &broken["errors"][0]["line"]), ("failed".to_owned(), &Value::Null));
        assert_eq!(broken["errors"][0]["code"], code);
    }
    assert_eq!(send(&campus.teacher, &format!("?course_id={NEVER}"), "email\n").await.problem(409), "unknown-course");
    assert_eq!(
        send(&campus.colleague, &format!("?course_id={course}"), "email\n").await.problem(403),
        "not-your-course"
    );
    assert_eq!(send(&campus.student, "", "email\n").await.problem(403), "permission-missing");
}

#[tokio::test]
async fn enrolments_of_one_roster_are_taken() {
    let campus = Campus::open().await;
    let course = coded(&campus, "BIO-9-1").await;
    for (name, external) in [("anna", "s-1"), ("bert", "s-2")] {
        let pupil = campus.pupil(name).await;
        campus.admin.patch(&format!("/v1/users/{pupil}"), json!({"external_id": external})).await.expect(200);
    }
    let table = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
        e1,active,2026-08-01T00:00:00Z,BIO-9-1,n,s-1,student,false,2026-09-01,2027-07-31\n\
        e2,active,2026-08-01T00:00:00Z,BIO-9-1,n,s-2,student,false,,\n\
        e3,active,2026-08-01T00:00:00Z,BIO-9-1,n,p-1,guardian,false,,\n";
    let done = ended(&campus, &campus.admin, &send(&campus.admin, "", table).await).await;
    assert_eq!((outcome(&done), &done["format"]), (("done".to_owned(), result(2, 0, 0, 0, 0, 1)), &json!("oneroster")));
    let gone = table.replace("e2,active", "e2,tobedeleted");
    let done = ended(&campus, &campus.admin, &send(&campus.admin, "", &gone).await).await;
    assert_eq!(outcome(&done).1, result(0, 0, 1, 1, 0, 1));
    assert_eq!(campus.places(&course).await, (1, 0));
}

#[tokio::test]
async fn archives_of_one_roster_are_taken_and_name_courses_by_the_codes_of_classes() {
    let campus = Campus::open().await;
    let (biology, chemistry) = (coded(&campus, "BIO-9-1").await, coded(&campus, "C-2").await);
    for (name, external) in [("anna", "s-1"), ("bert", "s-2")] {
        let pupil = campus.pupil(name).await;
        campus.admin.patch(&format!("/v1/users/{pupil}"), json!({"external_id": external})).await.expect(200);
    }
    let classes = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId\n\
        C-1,,,Biology,09,CO-1,BIO-9-1,scheduled,,n\nC-2,,,Chemistry,09,CO-2,CHE,scheduled,,n\n";
    let rows = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary\n\
        e1,,,C-1,n,s-1,student,\ne2,,,C-2,n,s-1,student,\ne3,,,C-1,n,s-2,student,\ne4,,,C-1,n,p-1,guardian,\n";
    let files = [
        ("manifest.csv", MANIFEST_11),
        ("users.csv", "sourcedId\n"),
        ("classes.csv", classes),
        ("enrollments.csv", rows),
    ];
    let send = async |files: &[(&str, &str)]| {
        let request =
            campus.admin.request(Method::POST, "/v1/enrollments/import").header("content-type", "application/zip");
        ended(&campus, &campus.admin, &request.bytes(archive(files)).send().await).await
    };
    let done = send(&files).await;
    assert_eq!((outcome(&done), &done["format"]), (("done".to_owned(), result(3, 0, 0, 0, 0, 1)), &json!("oneroster")));
    assert_eq!((campus.places(&biology).await, campus.places(&chemistry).await), ((2, 0), (1, 0)));
    assert_eq!(outcome(&send(&files).await).1, result(0, 0, 3, 0, 0, 1));
    // What is wrong with the whole says in which file.
    for (files, code) in
        [(&files[..3], "missing-file"), (&[files[0], ("enrollments.csv", "role\nstudent\n")], "columns")]
    {
        let refused = send(files).await;
        assert_eq!((&refused["state"], &refused["errors"][0]["code"]), (&json!("failed"), &json!(code)), "{refused}");
        let reason = refused["errors"][0]["reason"].as_str().expect("a reason");
        assert!(reason.contains("enrollments.csv"), "{reason}");
    }
    let rubbish =
        campus.admin.request(Method::POST, "/v1/enrollments/import").header("content-type", "application/zip");
    let refused = ended(&campus, &campus.admin, &rubbish.bytes(b"PK\x03\x04rubbish".to_vec()).send().await).await;
    assert_eq!(refused["errors"][0]["code"], "archive");
}

#[tokio::test]
async fn faulty_rows_of_a_piece_are_noted_in_one_statement() {
    let campus = Campus::open().await;
    coded(&campus, "BIO").await;
    let table = |count: usize| {
        let rows = (0..count).map(|n| format!("nobody{n}@northfield.example,BIO\n"));
        format!("email,course_code\n{}", rows.collect::<String>())
    };
    let cost = async |count: usize| {
        send(&campus.teacher, "?on_error=skip", &table(count)).await.expect(202);
        campus.app.queries_of(campus.app.drain_outbox()).await
    };
    cost(1).await;
    assert_eq!(cost(2).await, cost(30).await);
}

#[tokio::test]
async fn people_and_groups_are_enrolled_together() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    campus.settle(&course, json!({"self_enroll": false, "capacity": 3, "waiting_list": true})).await;
    let group = make(&campus.admin, "/v1/groups", json!({"name": "Year 9 Blue"})).await;
    for name in ["anna", "bert", "cleo"] {
        let pupil = campus.pupil(name).await;
        campus.admin.put(&format!("/v1/groups/{group}/members/{pupil}"), Value::Null).await.expect(204);
    }
    let body = json!({"course_id": course, "user_ids": [id(&campus.student)], "group_ids": [group]});
    let made = campus.teacher.post("/v1/enrollments/bulk", body.clone()).await;
    let done = ended(&campus, &campus.teacher, &made).await;
    assert_eq!((outcome(&done), &done["format"]), (("done".to_owned(), result(4, 0, 0, 0, 1, 0)), &json!("people")));
    assert_eq!(campus.places(&course).await, (3, 1));
    let again = ended(&campus, &campus.teacher, &campus.teacher.post("/v1/enrollments/bulk", body).await).await;
    assert_eq!(outcome(&again).1, result(0, 0, 4, 0, 0, 0));
    let refused = async |body: Value| campus.teacher.post("/v1/enrollments/bulk", body).await.problem(409).to_owned();
    assert_eq!(refused(json!({"course_id": NEVER, "group_ids": [group]})).await, "unknown-course");
    assert_eq!(refused(json!({"course_id": course, "group_ids": [NEVER]})).await, "unknown-group");
    assert_eq!(refused(json!({"course_id": course, "user_ids": [NEVER]})).await, "unknown-person");
    let skipping = json!({"course_id": course, "user_ids": [NEVER], "on_error": "skip"});
    let done = ended(&campus, &campus.teacher, &campus.teacher.post("/v1/enrollments/bulk", skipping).await).await;
    assert_eq!((outcome(&done).1, &done["errors"][0]["line"]), (result(0, 0, 0, 0, 0, 1), &json!(1)));
    let inviting = json!({"course_id": campus.course().await, "user_ids": [id(&campus.student)], "status": "invited"});
    ended(&campus, &campus.teacher, &campus.teacher.post("/v1/enrollments/bulk", inviting).await).await;
    let mine = campus.student.get("/v1/enrollments?status=invited").await;
    assert_eq!(mine.expect(200).as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_import_is_called_off_before_it_begins() {
    let campus = Campus::open().await;
    let course = coded(&campus, "BIO").await;
    let sent = send(&campus.teacher, "", "email,course_code\nsofia@northfield.example,BIO\n").await;
    let path = sent.header("location").expect("a location").to_owned();
    let off = campus.teacher.post_empty(&format!("{path}/cancel")).await;
    assert_eq!(off.expect(200)["state"], "cancelled");
    campus.app.drain_outbox().await;
    assert_eq!(campus.places(&course).await, (0, 0));
    campus.teacher.post_empty(&format!("{path}/cancel")).await.expect(200);
}

/// As the issue asks: 5,000 students in less than 10 seconds. Run it with a release build:
/// `cargo test --release -p lyceum-tests --test it -- --ignored five_thousand`.
#[tokio::test]
#[ignore = "a measurement, of a release build"]
async fn five_thousand_students_are_enrolled_within_ten_seconds() {
    let campus = Campus::open().await;
    let course = coded(&campus, "BIO").await;
    let mut people = "external_id,email,role\n".to_owned();
    let mut table = "external_id,course_code\n".to_owned();
    for number in 0..5_000 {
        let _ = writeln!(people, "s-{number},s{number}@northfield.example,student");
        let _ = writeln!(table, "s-{number},BIO");
    }
    let request = campus.admin.request(Method::POST, "/v1/users/import").header("content-type", "text/csv");
    request.bytes(people.into_bytes()).send().await.expect(202);
    campus.app.drain_outbox().await;
    for (round, expected) in [(1, result(5_000, 0, 0, 0, 0, 0)), (2, result(0, 0, 5_000, 0, 0, 0))] {
        let began = Instant::now();
        let sent = send(&campus.admin, "", &table).await;
        let taken = began.elapsed();
        let done = ended(&campus, &campus.admin, &sent).await;
        eprintln!("round {round}: taken in {taken:?}, done after {:?}", began.elapsed());
        assert_eq!(outcome(&done), ("done".to_owned(), expected));
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }
    assert_eq!(campus.teacher.get(&format!("/v1/courses/{course}/places")).await.expect(200)["taken"], 5_000);
}
