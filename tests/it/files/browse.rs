//! Lists, metadata, deletion, restoration, purge; other schools.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::Value;

use super::{nothing_left, number, scene, stored, text_of, upload};
use crate::support::Client;
use crate::tenancy::{enrol, found};

async fn ids(who: &Client, path: &str) -> Vec<String> {
    let listed = who.get(path).await;
    let list: &Vec<Value> = listed.expect(200).as_array().expect("a list");
    list.iter().map(|file| text_of(file, "id").to_owned()).collect()
}

#[tokio::test]
async fn everybody_sees_their_own_and_staff_see_all() {
    let s = scene().await;
    let mine = text_of(upload(&s.student, "Essay.txt", None, b"words").await.expect(201), "id").to_owned();
    let theirs = text_of(upload(&s.teacher, "plan.txt", None, b"plan").await.expect(201), "id").to_owned();
    assert_eq!(ids(&s.student, "/v1/files").await, std::slice::from_ref(&mine));
    assert_eq!(ids(&s.school.admin, "/v1/files").await, [mine.clone(), theirs.clone()]);
    assert_eq!(ids(&s.school.admin, "/v1/files?sort=-created_at").await, [theirs.clone(), mine.clone()]);
    assert_eq!(ids(&s.school.admin, "/v1/files?q=ESSAY").await, std::slice::from_ref(&mine));
    assert_eq!(ids(&s.school.admin, "/v1/files?q=%25").await, Vec::<String>::new());
    let owner = s.teacher.user_id.clone().expect("an id");
    assert_eq!(ids(&s.school.admin, &format!("/v1/files?owner_id={owner}")).await, std::slice::from_ref(&theirs));
    assert_eq!(ids(&s.student, &format!("/v1/files?owner_id={owner}")).await, Vec::<String>::new());
    assert_eq!(ids(&s.school.admin, "/v1/files?content_type=text/").await.len(), 2);
    assert_eq!(ids(&s.school.admin, "/v1/files?content_type=image/").await.len(), 0);
    // Page by page.
    let first = s.school.admin.get("/v1/files?limit=1&total=true").await;
    assert_eq!(first.header("x-total-count"), Some("2"));
    let next = first.header("link").expect("more").split(['<', '>']).nth(1).expect("a link").to_owned();
    let next = next.find("/v1/").map(|at| next[at..].to_owned()).expect("a path");
    assert_eq!(ids(&s.school.admin, &next).await, [theirs]);
    s.student.get(&format!("/v1/files/{mine}/metadata")).await.expect(200);
}

#[tokio::test]
async fn lists_cost_the_same_however_long() {
    let s = scene().await;
    upload(&s.teacher, "a.txt", None, b"a").await.expect(201);
    let few = s.app.queries_of(s.teacher.get("/v1/files")).await;
    for _ in 0..20 {
        upload(&s.teacher, "a.txt", None, b"a").await.expect(201);
    }
    assert_eq!(s.app.queries_of(s.teacher.get("/v1/files?limit=100")).await, few);
}

#[tokio::test]
async fn what_is_deleted_comes_back_and_is_gone_after_a_while() {
    let s = scene().await;
    let made = upload(&s.student, "a.txt", None, b"words").await;
    let id = text_of(made.expect(201), "id").to_owned();
    let tag = made.header("etag").expect("a tag").to_owned();
    let path = format!("/v1/files/{id}");
    // Others: not visible; a stale version: not changed.
    s.teacher.delete(&path).await.problem(404);
    let stale = s.student.request(Method::DELETE, &path).header("if-match", "\"99-file\"").send().await;
    assert_eq!(stale.problem(412), "stale");
    s.student.request(Method::DELETE, &path).header("if-match", &tag).send().await.expect(204);
    s.student.get(&path).await.problem(404);
    s.student.get(&format!("{path}/metadata")).await.problem(404);
    s.school.admin.get(&path).await.problem(404);
    assert_eq!(ids(&s.student, "/v1/files").await.len(), 0);
    assert_eq!(ids(&s.student, "/v1/files?deleted=only").await, std::slice::from_ref(&id));
    s.teacher.post_empty(&format!("{path}/restore")).await.problem(404);
    s.student.post_empty(&format!("{path}/restore")).await.expect(200);
    assert_eq!(s.student.get(&path).await.bytes, b"words");
    assert_eq!(s.student.post_empty(&format!("{path}/restore")).await.problem(409), "not-deleted");
    // Staff delete; what staff deleted its owner may bring back until it is purged.
    s.school.admin.delete(&path).await.expect(204);
    assert_eq!(number(&s.app, "SELECT COUNT(*) FROM files").await, 1);
    s.app.clock.advance(TimeDelta::days(31));
    nothing_left(&s.app).await;
    assert!(stored(&s.app).is_empty());
}

#[tokio::test]
async fn rows_25_and_32_files_and_keys_of_other_schools_are_not_there() {
    let s = scene().await;
    let made = upload(&s.teacher, "a.txt", None, b"words").await;
    let (id, key) = (text_of(made.expect(201), "id").to_owned(), text_of(made.expect(201), "key").to_owned());
    let other = found(&s.app, &s.school.root, "elsewhere").await;
    let never = "019aa5d2-6f00-7c3e-8000-000000000000";
    for (method, path) in [
        (Method::GET, "/v1/files/ID"),
        (Method::GET, "/v1/files/ID/metadata"),
        (Method::DELETE, "/v1/files/ID"),
        (Method::POST, "/v1/files/ID/restore"),
        (Method::POST, "/v1/files/ID/complete"),
        (Method::GET, "/v1/storage/sign?key=KEY"),
    ] {
        let ask =
            |id: &str, key: &str| other.admin.request(method.clone(), &path.replace("ID", id).replace("KEY", key));
        let foreign = ask(&id, &key).send().await;
        let unknown = ask(never, &format!("{}/{never}", s.school.id)).send().await;
        assert_eq!(foreign.problem(404), unknown.problem(404), "{path}");
    }
    // Not even under one's own school's name.
    let mixed = format!("/v1/storage/sign?key={}/{id}", other.id);
    other.admin.get(&mixed).await.problem(404);
    assert_eq!(ids(&other.admin, "/v1/files").await.len(), 0);
    // Whoever is in both schools sees a file only in its own.
    let both = enrol(&s.app, &s.school.root, &other.id, "both@here.example", "school_admin").await;
    both.get(&format!("/v1/files/{id}")).await.problem(404);
}
