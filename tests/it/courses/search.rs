//! Full-text search, ranked, in the school's language where the database knows it.

use serde_json::json;

use super::{Campus, each, make};

#[tokio::test]
async fn the_best_answer_comes_first() {
    let campus = Campus::open().await;
    for (title, text) in [
        ("Trains", "Steam engines and rails. A leaf on the line."),
        ("Leaves", "Why leaves are green: chlorophyll in every leaf."),
        ("Tea", "Leaf after leaf, picked by hand, and the leaves are dried."),
        ("Chess", "Openings and endings."),
    ] {
        let id = make(&campus.teacher, "/v1/courses", json!({"title": title})).await;
        campus.teacher.post_empty(&format!("/v1/courses/{id}/publish")).await.expect(200);
        let section = make(&campus.teacher, &format!("/v1/courses/{id}/sections"), json!({"title": "One"})).await;
        let block = json!({"title": "Text", "type": "lesson", "content": text});
        make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), block).await;
    }
    let found = async |text: &str| {
        let query = serde_urlencoded::to_string([("q", text)]).expect("a query");
        each(campus.student.get(&format!("/v1/courses?{query}")).await.expect(200), "title")
    };
    let leaves = found("leaves").await;
    assert_eq!(leaves.first().map(String::as_str), Some("Leaves"), "the title weighs more: {leaves:?}");
    assert!(leaves.contains(&"Tea".to_owned()) && !leaves.contains(&"Chess".to_owned()), "{leaves:?}");
    assert_eq!(found("engine").await, ["Trains"], "forms of a word are one word");
    assert_eq!(found("Chlorophyll green").await, ["Leaves"], "all words must be there");
    for nothing in ["zebra", "\"", "*", "AND OR NOT", "title:", "(", "'; DROP TABLE courses; --", "-", "&|!", "a:*b"] {
        assert!(found(nothing).await.is_empty(), "{nothing}");
    }
    let mut path = "/v1/courses?q=leaf&limit=1&total=true".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = campus.student.get(&path).await;
        pages.extend(each(page.expect(200), "title"));
        assert_eq!(page.header("x-total-count").map(str::to_owned), Some(found("leaf").await.len().to_string()));
        let Some(link) = page.header("link") else { break };
        path = super::next(link);
    }
    assert_eq!(pages, found("leaf").await);
}

#[tokio::test]
async fn what_is_found_in_a_course_is_shown_with_its_words() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let section = campus.section(&course, "Plants").await;
    let text = format!("{} The **chlorophyll** in leaves is green. {}", "Before. ".repeat(40), "After. ".repeat(40));
    let block = json!({"title": "Leaves", "type": "lesson", "content": text});
    let block = make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), block).await;
    let hits = campus.student.get(&format!("/v1/courses/{course}/search?q=chlorophyll")).await;
    let hit = &hits.expect(200)[0];
    assert_eq!((hit["kind"].as_str(), hit["block_id"].as_str()), (Some("block"), Some(&*block)));
    let snippet = hit["snippet"].as_str().expect("a snippet");
    assert!(snippet.contains("chlorophyll in leaves is green") && snippet.len() < 220, "{snippet}");
    let plants = campus.student.get(&format!("/v1/courses/{course}/search?q=plants")).await;
    assert_eq!(plants.expect(200)[0]["kind"], "section");
    // What changes is found as it is.
    campus.teacher.patch(&format!("/v1/blocks/{block}"), json!({"content": "Only roots."})).await.expect(200);
    let hits = campus.student.get(&format!("/v1/courses/{course}/search?q=chlorophyll")).await;
    assert_eq!(hits.expect(200), &json!([]));
    let other = campus.course().await;
    assert_eq!(campus.student.get(&format!("/v1/courses/{other}/search?q=roots")).await.expect(200), &json!([]));
}

#[tokio::test]
async fn the_school_s_language_is_spoken() {
    let campus = Campus::open().await;
    campus.root.patch(&format!("/v1/schools/{}", campus.school), json!({"locale": "de-AT"})).await.expect(200);
    let course = campus.course().await;
    let section = campus.section(&course, "Pflanzen").await;
    let block = json!({"title": "Blätter", "type": "lesson", "content": "Die Häuser stehen zwischen grünen Bäumen."});
    make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), block).await;
    let hits = async |text: &str| {
        let reply = campus.student.get(&format!("/v1/courses/{course}/search?q={text}")).await;
        reply.expect(200).as_array().expect("a list").len()
    };
    assert_eq!(hits("H%C3%A4user").await, 1);
    assert_eq!(hits("b%C3%A4umen").await, 1);
    if campus.app.on_postgres() {
        assert_eq!(hits("haus").await, 1, "PostgreSQL knows German forms");
        assert_eq!(hits("gr%C3%BCn").await, 1);
    }
}
