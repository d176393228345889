//! The order of sections and blocks: dense, of one version, and never torn by two teachers at once.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Campus, each, make, tag_of, with_match};

fn positions(list: &Value) -> Vec<i64> {
    list.as_array().expect("a list").iter().map(|thing| thing["position"].as_i64().expect("a place")).collect()
}

#[tokio::test]
async fn an_order_names_each_once_and_is_of_one_version() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let mut ids = Vec::new();
    for title in ["A", "B", "C"] {
        ids.push(campus.section(&course, title).await);
    }
    let (list, order) = (format!("/v1/courses/{course}/sections"), format!("/v1/courses/{course}/sections/order"));
    let tag = tag_of(&campus.teacher, &format!("/v1/courses/{course}")).await;
    let turned = json!({"ids": [ids[2], ids[0], ids[1]]});
    let done = with_match(&campus.teacher, Method::PUT, &order, &tag, &turned).await;
    done.expect(200);
    assert_eq!(done.header("etag"), Some(&*tag_of(&campus.teacher, &format!("/v1/courses/{course}")).await));
    let sections = campus.student.get(&list).await;
    assert_eq!(each(sections.expect(200), "title"), ["C", "A", "B"]);
    assert_eq!(positions(&sections.json), [0, 1, 2]);
    assert_eq!(with_match(&campus.teacher, Method::PUT, &order, &tag, &turned).await.problem(412), "stale");
    for wrong in [json!([ids[0], ids[1]]), json!([ids[0], ids[1], ids[1]]), json!([ids[0], ids[1], ids[2], course])] {
        assert_eq!(campus.teacher.put(&order, json!({ "ids": wrong })).await.problem(409), "order-mismatch");
    }
    assert_eq!(campus.colleague.put(&order, turned).await.problem(403), "not-your-course");
    // The same order again changes nothing.
    let before = tag_of(&campus.teacher, &format!("/v1/courses/{course}")).await;
    campus.teacher.put(&order, json!({"ids": [ids[2], ids[0], ids[1]]})).await.expect(200);
    assert_eq!(tag_of(&campus.teacher, &format!("/v1/courses/{course}")).await, before);
    // What goes leaves no gap, and comes back to where it was.
    campus.teacher.delete(&format!("/v1/sections/{}", ids[0])).await.expect(204);
    let sections = campus.student.get(&list).await;
    assert_eq!(
        (each(sections.expect(200), "title"), positions(&sections.json)),
        (vec!["C".into(), "B".into()], vec![0, 1])
    );
    campus.teacher.post_empty(&format!("/v1/sections/{}/restore", ids[0])).await.expect(200);
    let sections = campus.student.get(&list).await;
    assert_eq!(each(sections.expect(200), "title"), ["C", "A", "B"]);
    assert_eq!(positions(&sections.json), [0, 1, 2]);
}

#[tokio::test]
async fn a_block_moves_between_sections() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let (one, two) = (campus.section(&course, "One").await, campus.section(&course, "Two").await);
    let mut blocks = Vec::new();
    for title in ["A", "B", "C"] {
        blocks.push(campus.lesson(&one, title).await);
    }
    campus.lesson(&two, "D").await;
    let moved = campus.teacher.patch(&format!("/v1/blocks/{}", blocks[1]), json!({"section_id": two})).await;
    assert_eq!(moved.expect(200)["position"], 1);
    let titles = async |section: &str| {
        let list = campus.teacher.get(&format!("/v1/sections/{section}/blocks")).await;
        let places = positions(list.expect(200));
        assert_eq!(places, (0..).take(places.len()).collect::<Vec<_>>());
        each(&list.json, "title")
    };
    assert_eq!(titles(&one).await, ["A", "C"]);
    assert_eq!(titles(&two).await, ["D", "B"]);
    let other = campus.course().await;
    let foreign = campus.section(&other, "Foreign").await;
    let refused = campus.teacher.patch(&format!("/v1/blocks/{}", blocks[0]), json!({"section_id": foreign})).await;
    assert_eq!(refused.problem(409), "unknown-section");
}

#[tokio::test]
async fn of_many_at_once_each_is_told_and_nothing_is_torn() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    campus
        .teacher
        .patch(&format!("/v1/courses/{course}"), json!({"teacher_ids": [campus.colleague.user_id]}))
        .await
        .expect(200);
    let section = campus.section(&course, "One").await;
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(campus.lesson(&section, &format!("B{number}")).await);
    }
    let path = format!("/v1/sections/{section}/blocks/order");
    let tag = tag_of(&campus.teacher, &format!("/v1/sections/{section}")).await;
    let orders: Vec<_> = (1..=5)
        .map(|turn| {
            let mut ids = ids.clone();
            ids.rotate_left(turn);
            json!({ "ids": ids })
        })
        .collect();
    let tries = orders.iter().enumerate().map(|(number, order)| {
        let who = if number % 2 == 0 { &campus.teacher } else { &campus.colleague };
        with_match(who, Method::PUT, &path, &tag, order)
    });
    let answers: Vec<_> = join_all(tries).await.into_iter().map(|reply| reply.status.as_u16()).collect();
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 200 | 412)), "{answers:?}");
    // Additions, deletions and moves at once.
    let adding = (0..4).map(|number| {
        let body = json!({"title": format!("N{number}"), "type": "lesson"});
        let path = format!("/v1/sections/{section}/blocks");
        let who = &campus.colleague;
        async move { who.post(&path, body).await }
    });
    let deleting = ids[..3].iter().map(|id| {
        let path = format!("/v1/blocks/{id}");
        let who = &campus.teacher;
        async move { who.delete(&path).await }
    });
    let (added, deleted) = futures_util::join!(join_all(adding), join_all(deleting));
    assert!(added.iter().chain(&deleted).all(|reply| reply.status.is_success()));
    let list = campus.teacher.get(&format!("/v1/sections/{section}/blocks")).await;
    assert_eq!(positions(list.expect(200)), (0..7).collect::<Vec<_>>());
    let two = json!({"title": "Two"});
    make(&campus.teacher, &format!("/v1/courses/{course}/sections"), two).await;
}

#[tokio::test]
async fn edits_of_one_block_by_two_at_once_lose_nothing_silently() {
    let campus = Campus::open().await;
    let course = campus.course().await;
    let section = campus.section(&course, "One").await;
    let path = format!("/v1/blocks/{}", campus.lesson(&section, "A").await);
    let tag = tag_of(&campus.teacher, &path).await;
    let tries = (0..6).map(|number| {
        let (path, tag) = (path.clone(), tag.clone());
        let body = json!({"content": format!("version {number}")});
        let who = &campus.teacher;
        async move { with_match(who, Method::PATCH, &path, &tag, &body).await.status.as_u16() }
    });
    let answers = join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 200 | 412)), "{answers:?}");
}
