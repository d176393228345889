//! The outline of a course: the same number of queries whatever its size, and none at all for who has it already.

use std::time::Instant;

use lyceum_courses::release::Rule;
use lyceum_courses::{BlockCompletion, BlockType, NewBlock, NewSection};
use lyceum_kernel::{CourseId, RequestId, SchoolId};
use lyceum_platform::uow::Cause;
use reqwest::Method;
use serde_json::json;

use super::{Campus, make};

/// A course of so many sections of so many blocks, some of them behind rules.
async fn course(campus: &Campus, sections: usize, blocks: usize) -> String {
    let id = campus.course().await;
    let (courses, platform) = (&campus.app.system.courses, &campus.app.system.platform);
    let school = SchoolId(campus.school.parse().expect("an id"));
    let course = CourseId(id.parse().expect("an id"));
    for number in 0..sections {
        let cause = Cause::new(RequestId::parse("planting").expect("an id"));
        let mut tx = platform.unit_of_work(cause).begin().await.expect("a transaction");
        let new = NewSection { title: format!("Section {number}"), description: None };
        let section = courses.plant_section(&mut tx, (school, course), new).await.expect("planted");
        for number in 0..blocks {
            let at = "2099-01-01T00:00:00Z".parse().expect("a moment");
            let new = NewBlock {
                kind: BlockType::Lesson,
                title: format!("Block {number}"),
                url: None,
                content: Some("text ".repeat(50)),
                file: None,
                release: (number == 1).then_some(Rule::After { at }),
                completion: BlockCompletion::Manual,
            };
            courses.plant_block(&mut tx, (school, section), new).await.expect("planted");
        }
        tx.commit_quietly().await.expect("committed");
    }
    id
}

#[tokio::test]
async fn an_outline_costs_the_same_whatever_its_size() {
    let campus = Campus::open().await;
    let (small, large) = (course(&campus, 2, 2).await, course(&campus, 50, 20).await);
    let path = |course: &str| format!("/v1/courses/{course}/outline");
    campus.student.get("/v1/me").await.expect(200);
    let few = campus.app.queries_of(campus.student.get(&path(&small))).await;
    let many = campus.app.queries_of(campus.student.get(&path(&large))).await;
    assert_eq!(few, many);
    assert!(many <= 6, "{many} queries");
    let outline = campus.student.get(&path(&large)).await;
    let tag = outline.header("etag").expect("a tag").to_owned();
    let view = outline.expect(200);
    assert_eq!((view["blocks"].as_u64(), view["sections"].as_array().map(Vec::len)), (Some(1000), Some(50)));
    assert_eq!(view["sections"][3]["blocks"][1]["locked"]["reasons"][0]["kind"], "after");
    let warm = campus.app.queries_of(async {
        let same = campus.student.request(Method::GET, &path(&large)).header("if-none-match", &tag).send().await;
        assert_eq!(same.status.as_u16(), 304);
    });
    let warm = warm.await;
    if !campus.app.on_postgres() {
        assert_eq!(warm, 0);
    }
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let shown = campus.system_outline(&large).await;
        times.push(began.elapsed());
        assert_eq!(shown, 1000);
    }
    times.sort();
    eprintln!("outline of 50 x 20 over HTTP, warm: {:?} (median of 5)", times[2]);
}

impl Campus {
    async fn system_outline(&self, course: &str) -> u64 {
        let reply = self.student.get(&format!("/v1/courses/{course}/outline")).await;
        reply.expect(200)["blocks"].as_u64().expect("a number")
    }
}

#[tokio::test]
async fn every_change_changes_the_outline_and_its_tag() {
    let campus = Campus::open().await;
    let id = campus.course().await;
    let section = campus.section(&id, "One").await;
    let block = campus.lesson(&section, "A").await;
    let other = campus.lesson(&section, "B").await;
    let path = format!("/v1/courses/{id}/outline");
    let mut tags = vec![super::tag_of(&campus.student, &path).await];
    let changes = [
        (Method::PATCH, format!("/v1/courses/{id}"), json!({"title": "Dark"})),
        (Method::PATCH, format!("/v1/sections/{section}"), json!({"title": "Two"})),
        (Method::PATCH, format!("/v1/blocks/{block}"), json!({"title": "C"})),
        (Method::PUT, format!("/v1/sections/{section}/blocks/order"), json!({"ids": [other, block]})),
        (Method::POST, format!("/v1/courses/{id}/sections"), json!({"title": "Three"})),
        (Method::DELETE, format!("/v1/blocks/{block}"), json!(null)),
        (Method::POST, format!("/v1/blocks/{block}/restore"), json!(null)),
        (Method::DELETE, format!("/v1/sections/{section}"), json!(null)),
        (Method::POST, format!("/v1/sections/{section}/restore"), json!(null)),
    ];
    for (method, path_of_change, body) in changes {
        let request = campus.teacher.request(method.clone(), &path_of_change);
        let done = if body.is_null() { request.send().await } else { request.json(&body).send().await };
        assert!(done.status.is_success(), "{method} {path_of_change}: {}", done.json);
        let tag = super::tag_of(&campus.student, &path).await;
        assert!(!tags.contains(&tag), "{method} {path_of_change}");
        tags.push(tag);
    }
}

#[tokio::test]
async fn materials_are_listed() {
    let campus = Campus::open().await;
    let id = campus.course().await;
    let section = campus.section(&id, "One").await;
    campus.lesson(&section, "A").await;
    let document = json!({"title": "Spectrum", "type": "document", "url": "https://example.org/spectrum.pdf"});
    make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), document).await;
    let materials = campus.student.get(&format!("/v1/courses/{id}/materials?total=true")).await;
    assert_eq!(super::each(materials.expect(200), "title"), ["Spectrum"]);
    assert_eq!(materials.json[0]["url"], "https://example.org/spectrum.pdf");
    assert_eq!(materials.header("x-total-count"), Some("1"));
}
