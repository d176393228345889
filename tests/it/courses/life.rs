//! Making, reading, changing, publishing and copying courses, sections and blocks.

use reqwest::Method;
use serde_json::json;

use super::{Campus, each, make, tag_of, with_match};

#[tokio::test]
async fn a_course_is_built_published_and_read() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let body = json!({
        "title": "Light and life", "description": "How plants eat light.", "code": "BIO-9-1", "slug": "light-and-life",
        "level": "Year 9", "tags": ["Biology", "biology", "light"], "visibility": "member",
        "starts_at": "2026-12-01T08:00:00Z", "ends_at": "2027-03-01T08:00:00Z"
    });
    let made = teacher.post("/v1/courses", body).await;
    let view = made.expect(201).clone();
    assert_eq!((view["status"].as_str(), view["version"].as_i64()), (Some("draft"), Some(1)));
    assert_eq!(view["tags"], json!(["Biology", "light"]));
    assert_eq!(view["owner_id"].as_str(), teacher.user_id.as_deref());
    let path = format!("/v1/courses/{}", view["id"].as_str().expect("an id"));
    assert_eq!(made.header("location"), Some(&*path));
    student.get(&path).await.problem(404);
    let section = make(teacher, &format!("{path}/sections"), json!({"title": "What light is"})).await;
    let lesson = json!({"title": "Colours", "type": "lesson", "content": "White light is *all* colours."});
    let lesson = make(teacher, &format!("/v1/sections/{section}/blocks"), lesson).await;
    let link = json!({"title": "More", "type": "link", "url": "https://example.org/light"});
    make(teacher, &format!("/v1/sections/{section}/blocks"), link).await;
    teacher.post_empty(&format!("{path}/publish")).await.expect(200);
    assert_eq!(teacher.post_empty(&format!("{path}/publish")).await.problem(409), "wrong-status");
    assert_eq!(student.get(&path).await.expect(200)["title"], "Light and life");
    let blocks = student.get(&format!("/v1/sections/{section}/blocks")).await;
    assert_eq!(each(blocks.expect(200), "title"), ["Colours", "More"]);
    let block = student.get(&format!("/v1/blocks/{lesson}?render=html")).await;
    assert_eq!(block.expect(200)["content_html"], "<p>White light is <em>all</em> colours.</p>\n");
    for filter in ["tag=BIOLOGY", "level=Year+9", "visibility=member", "status=published", "q=plants", "q=colours"] {
        let list = student.get(&format!("/v1/courses?{filter}")).await;
        assert_eq!(each(list.expect(200), "title"), ["Light and life"], "{filter}");
    }
    let of_teacher = format!("/v1/courses?teacher_id={}", teacher.user_id.as_deref().expect("an id"));
    assert_eq!(each(student.get(&of_teacher).await.expect(200), "title"), ["Light and life"]);
    for filter in ["tag=physics", "visibility=private,public", "status=archived", "level=Year+8", "q=trains"] {
        assert_eq!(student.get(&format!("/v1/courses?{filter}")).await.expect(200), &json!([]), "{filter}");
    }
    teacher.post_empty(&format!("{path}/archive")).await.expect(200);
    student.get(&path).await.problem(404);
    teacher.get(&path).await.expect(200);
}

#[tokio::test]
async fn changes_are_of_one_version_and_by_who_teaches() {
    let campus = Campus::open().await;
    let id = campus.course().await;
    let path = format!("/v1/courses/{id}");
    let first = tag_of(&campus.teacher, &path).await;
    let patch = json!({"description": "How plants eat light.", "level": "Year 9"});
    let changed = with_match(&campus.teacher, Method::PATCH, &path, &first, &patch).await;
    assert_eq!(changed.expect(200)["level"], "Year 9");
    assert_eq!(with_match(&campus.teacher, Method::PATCH, &path, &first, &patch).await.problem(412), "stale");
    assert_eq!(with_match(&campus.teacher, Method::DELETE, &path, &first, &json!({})).await.problem(412), "stale");
    let whole = campus.teacher.put(&path, json!({"title": "Light"})).await;
    assert_eq!((whole.expect(200)["level"].as_str(), whole.json["title"].as_str()), (None, Some("Light")));
    assert_eq!(campus.colleague.patch(&path, patch.clone()).await.problem(403), "not-your-course");
    assert_eq!(campus.student.patch(&path, patch.clone()).await.problem(403), "permission-missing");
    let colleague = campus.colleague.user_id.clone().expect("an id");
    let student = campus.student.user_id.clone().expect("an id");
    let teachers = json!({"teacher_ids": [student]});
    assert_eq!(campus.teacher.patch(&path, teachers).await.problem(409), "unknown-teacher");
    campus.teacher.patch(&path, json!({"teacher_ids": [colleague]})).await.expect(200);
    campus.colleague.patch(&path, patch).await.expect(200);
    assert_eq!(campus.colleague.patch(&path, json!({"owner_id": colleague})).await.problem(403), "owner-only");
    campus.teacher.patch(&path, json!({"owner_id": colleague})).await.expect(200);
    assert_eq!(campus.teacher.patch(&path, json!({"title": "Mine"})).await.problem(403), "not-your-course");
    campus.admin.patch(&path, json!({"title": "The school's"})).await.expect(200);
    let back = json!({"ends_at": "2026-01-01T00:00:00Z", "starts_at": "2026-02-01T00:00:00Z"});
    assert_eq!(campus.admin.patch(&path, back).await.problem(409), "dates-reversed");
}

#[tokio::test]
async fn codes_and_slugs_are_unique_among_the_living() {
    let campus = Campus::open().await;
    let body = json!({"title": "One", "code": "Bio-1", "slug": "one"});
    let first = make(&campus.teacher, "/v1/courses", body).await;
    let same_code = json!({"title": "Two", "code": "bIO-1"});
    assert_eq!(campus.teacher.post("/v1/courses", same_code.clone()).await.problem(409), "code-taken");
    let same_slug = json!({"title": "Two", "slug": "one"});
    assert_eq!(campus.teacher.post("/v1/courses", same_slug.clone()).await.problem(409), "slug-taken");
    campus.teacher.delete(&format!("/v1/courses/{first}")).await.expect(204);
    let second = make(&campus.teacher, "/v1/courses", same_code).await;
    make(&campus.teacher, "/v1/courses", same_slug).await;
    let restore = format!("/v1/courses/{first}/restore");
    let taken = campus.teacher.post_empty(&restore).await;
    assert!(matches!(taken.problem(409), "code-taken" | "slug-taken"));
    campus.teacher.patch(&format!("/v1/courses/{second}"), json!({"code": "Bio-2"})).await.expect(200);
    assert_eq!(campus.teacher.post_empty(&restore).await.problem(409), "slug-taken");
}

#[tokio::test]
async fn a_copy_is_a_draft_with_everything_in_it() {
    let campus = Campus::open().await;
    let id = campus.course().await;
    let (one, two) = (campus.section(&id, "One").await, campus.section(&id, "Two").await);
    let first = campus.lesson(&one, "First").await;
    let rule = json!({"kind": "completed", "block_id": first});
    let second = json!({"title": "Second", "type": "lesson", "release": rule});
    make(&campus.teacher, &format!("/v1/sections/{two}/blocks"), second).await;
    let path = format!("/v1/courses/{id}/duplicate");
    assert_eq!(campus.colleague.post(&path, json!({})).await.problem(403), "not-your-course");
    let copy = campus.teacher.post(&path, json!({"title": "Light, again", "code": "L2"})).await;
    let copy = copy.expect(201).clone();
    assert_eq!((copy["status"].as_str(), copy["code"].as_str()), (Some("draft"), Some("L2")));
    let outline = campus.teacher.get(&format!("/v1/courses/{}/outline", copy["id"].as_str().expect("an id"))).await;
    let sections = &outline.expect(200)["sections"];
    assert_eq!(each(sections, "title"), ["One", "Two"]);
    let copied = sections[0]["blocks"][0]["id"].as_str().expect("an id").to_owned();
    assert_ne!(copied, first);
    let block = sections[1]["blocks"][0]["id"].as_str().expect("an id");
    let block = campus.teacher.get(&format!("/v1/blocks/{block}")).await;
    assert_eq!(block.expect(200)["release"]["block_id"], copied.as_str(), "rules speak of the copies");
}

#[tokio::test]
async fn lists_come_in_pages_and_cost_the_same_whatever_their_length() {
    let campus = Campus::open().await;
    let mut titles: Vec<String> = Vec::new();
    for number in 0..25 {
        let title = format!("Course {:02}", (number * 7) % 25);
        make(&campus.teacher, "/v1/courses", json!({ "title": title })).await;
        titles.push(title);
    }
    for (sort, ordered) in [("created_at", false), ("-created_at", false), ("title", true), ("-title", true)] {
        let mut expected = titles.clone();
        if ordered {
            expected.sort();
        }
        if sort.starts_with('-') {
            expected.reverse();
        }
        let mut path = format!("/v1/courses?limit=10&total=true&sort={sort}");
        let mut found = Vec::new();
        loop {
            let page = campus.teacher.get(&path).await;
            found.extend(each(page.expect(200), "title"));
            assert_eq!(page.header("x-total-count"), Some("25"));
            let Some(link) = page.header("link") else { break };
            path = super::next(link);
        }
        assert_eq!(found, expected, "{sort}");
    }
    campus.teacher.get("/v1/courses?limit=2").await.expect(200);
    let few = campus.app.queries_of(campus.teacher.get("/v1/courses?limit=2")).await;
    let many = campus.app.queries_of(campus.teacher.get("/v1/courses?limit=25")).await;
    // The page, and what they take part in.
    assert_eq!((few, many), (2, 2));
}

#[tokio::test]
async fn a_course_at_hand_costs_no_query_until_it_changes() {
    let campus = Campus::open().await;
    let path = format!("/v1/courses/{}", campus.course().await);
    let warm = campus.student.get(&path).await;
    let tag = warm.header("etag").expect("a tag").to_owned();
    let queries = campus.app.queries_of(async {
        campus.student.get(&path).await.expect(200);
        let same = campus.student.request(Method::GET, &path).header("if-none-match", &tag).send().await;
        assert_eq!(same.status.as_u16(), 304);
    });
    let queries = queries.await;
    if !campus.app.on_postgres() {
        assert_eq!(queries, 0);
    }
    campus.teacher.patch(&path, json!({"title": "Dark and death"})).await.expect(200);
    let fresh = campus.student.request(Method::GET, &path).header("if-none-match", &tag).send().await;
    assert_eq!(fresh.expect(200)["title"], "Dark and death");
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let section = campus.section(&course, "One").await;
    let blocks = format!("/v1/sections/{section}/blocks");
    for (body, code) in [
        (json!({"title": "x", "type": "link"}), "block-incomplete"),
        (json!({"title": "x", "type": "video"}), "block-incomplete"),
        (json!({"title": "x", "type": "lesson", "file_id": course}), "unknown-file"),
        (json!({"title": "x", "type": "lesson", "release": {"kind": "group", "group_id": course}}), "unknown-group"),
        (
            json!({"title": "x", "type": "lesson", "release": {"kind": "completed", "block_id": course}}),
            "unknown-block",
        ),
    ] {
        assert_eq!(campus.teacher.post(&blocks, body.clone()).await.problem(409), code, "{body}");
    }
    for body in [
        json!({"title": "x", "type": "link", "url": "javascript:alert(1)"}),
        json!({"title": "x", "type": "poem"}),
        json!({"title": " ", "type": "lesson"}),
        json!({"title": "x", "type": "lesson", "id": course}),
        json!({"title": "x", "type": "lesson", "release": {"kind": "all", "rules": []}}),
    ] {
        campus.teacher.post(&blocks, body.clone()).await.problem(422);
    }
    for body in [json!({"title": "x", "school_id": course}), json!({"title": "x", "status": "published"}), json!({})] {
        campus.teacher.post("/v1/courses", body).await.problem(422);
    }
}

#[tokio::test]
async fn what_courses_keep_of_somebody_is_in_their_export() {
    let campus = Campus::open().await;
    let id = campus.course().await;
    let export = campus.teacher.get("/v1/me/export").await;
    assert!(export.expect(200).to_string().contains(&id), "{}", export.json);
}
