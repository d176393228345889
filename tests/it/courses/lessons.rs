//! Lessons rendered to HTML: nothing in it acts, whatever was written.

use serde_json::json;

use super::{Campus, make};

#[tokio::test]
async fn the_usual_attacks_do_nothing() {
    let campus = Campus::open().await;
    let section = campus.section(&campus.course().await, "One").await;
    let corpus = include_str!("../../../crates/courses/assets/xss.txt");
    let lesson = json!({"title": "Evil", "type": "lesson", "content": corpus});
    let whole = make(&campus.teacher, &format!("/v1/sections/{section}/blocks"), lesson).await;
    let blocks = [whole];
    for block in &blocks {
        let view = campus.student.get(&format!("/v1/blocks/{block}?render=html")).await;
        let html = view.expect(200)["content_html"].as_str().expect("HTML").to_lowercase();
        for evil in
            ["<script", "<iframe", "<object", "<embed", "<svg", "<form", "<style", "<base", "<meta", "<link", "<math"]
        {
            assert!(!html.contains(evil), "{evil} in {html}");
        }
        for tag in html.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag) {
            let names = tag.split_whitespace().skip(1).filter_map(|pair| pair.split_once('=')).map(|(name, _)| name);
            assert!(names.into_iter().all(|name| !name.starts_with("on")), "{tag}");
            for scheme in ["javascript:", "vbscript:", "data:"] {
                assert!(!tag.contains(&format!("\"{scheme}")), "{tag}");
            }
        }
        let plain = campus.student.get(&format!("/v1/blocks/{block}")).await;
        assert_eq!(plain.expect(200)["content"].as_str(), Some(corpus), "what was written stays as it was written");
        assert_ne!(plain.header("etag"), view.header("etag"), "two views of one version are told apart");
    }
}
