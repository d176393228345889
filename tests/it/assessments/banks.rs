//! Question banks: whose they are, who sees them, deleted and restored.

use reqwest::Method;
use serde_json::json;

use crate::courses::{Campus, each, make, tag_of, with_match};
use crate::tenancy::id_of;

#[tokio::test]
async fn a_bank_is_its_owners_to_change_and_the_staffs_to_read() {
    let campus = Campus::open().await;
    let (teacher, colleague) = (&campus.teacher, &campus.colleague);
    let bank = make(teacher, "/v1/question-banks", json!({"name": "Light"})).await;
    let path = format!("/v1/question-banks/{bank}");
    assert_eq!(colleague.get(&path).await.expect(200)["shared"], true);
    assert_eq!(colleague.patch(&path, json!({"name": "Mine"})).await.problem(403), "not-your-bank");
    assert_eq!(colleague.delete(&path).await.problem(403), "not-your-bank");
    assert_eq!(campus.student.get(&path).await.problem(403), "permission-missing");
    campus.admin.patch(&path, json!({"name": "Light and life"})).await.expect(200);

    teacher.patch(&path, json!({"shared": false})).await.expect(200);
    for refused in [colleague.get(&path).await, colleague.patch(&path, json!({"name": "x"})).await] {
        assert_eq!(refused.problem(404), "not-found");
    }
    let names = |list: &serde_json::Value| each(list, "name");
    assert!(names(colleague.get("/v1/question-banks").await.expect(200)).is_empty());
    assert_eq!(names(teacher.get("/v1/question-banks").await.expect(200)), ["Light and life"]);
    assert_eq!(names(campus.admin.get("/v1/question-banks").await.expect(200)), ["Light and life"]);
}

#[tokio::test]
async fn a_bank_comes_back_with_what_went_with_it_and_nothing_else() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let bank = make(teacher, "/v1/question-banks", json!({"name": "Light"})).await;
    let (path, questions) = (format!("/v1/question-banks/{bank}"), format!("/v1/question-banks/{bank}/questions"));
    let ask = async |text: &str| {
        id_of(teacher.post(&questions, json!({"type": "true_false", "text": text, "correct": true})).await.expect(201))
    };
    let (stays, gone) = (ask("Stays?").await, ask("Gone before?").await);
    teacher.delete(&format!("/v1/questions/{gone}")).await.expect(204);
    let stale = tag_of(teacher, &path).await;
    teacher.patch(&path, json!({"name": "Light 2"})).await.expect(200);
    assert_eq!(with_match(teacher, Method::PATCH, &path, &stale, &json!({"name": "x"})).await.problem(412), "stale");
    teacher.delete(&path).await.expect(204);
    teacher.get(&path).await.problem(404);
    teacher.get(&format!("/v1/questions/{stays}")).await.problem(404);
    assert_eq!(teacher.post_empty(&format!("/v1/questions/{gone}/restore")).await.problem(409), "parent-deleted");
    assert_eq!(campus.colleague.post_empty(&format!("{path}/restore")).await.problem(404), "not-found");
    assert_eq!(each(teacher.get("/v1/question-banks?deleted=only").await.expect(200), "id"), [bank.as_str()]);
    teacher.post_empty(&format!("{path}/restore")).await.expect(200);
    assert_eq!(each(teacher.get(&questions).await.expect(200), "id"), [stays.as_str()]);
    assert_eq!(each(teacher.get(&format!("{questions}?deleted=only")).await.expect(200), "id"), [gone.as_str()]);
    assert_eq!(teacher.post_empty(&format!("{path}/restore")).await.problem(409), "not-deleted");
    assert_eq!(campus.colleague.get(&format!("{questions}?deleted=only")).await.problem(403), "not-allowed");
}

#[tokio::test]
async fn a_list_costs_the_same_however_long_it_is() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let bank = make(teacher, "/v1/question-banks", json!({"name": "Light"})).await;
    let questions = format!("/v1/question-banks/{bank}/questions");
    let mut costs = Vec::new();
    for n in 0..30 {
        let body =
            json!({"type": "true_false", "text": format!("Is {n} a number?"), "correct": true, "tags": ["N", "n"]});
        let made = teacher.post(&questions, body).await;
        assert_eq!(made.expect(201)["tags"], json!(["N"]));
        if n == 2 || n == 29 {
            teacher.get(&questions).await.expect(200);
            costs.push(campus.app.queries_of(teacher.get(&format!("{questions}?limit=100&tag=n"))).await);
        }
    }
    assert_eq!(costs[0], costs[1]);
    let page = teacher.get(&format!("{questions}?limit=20&total=true")).await;
    assert_eq!(page.header("x-total-count"), Some("30"));
    let next = crate::courses::next(page.header("link").expect("more"));
    assert_eq!(teacher.get(&next).await.expect(200).as_array().expect("a list").len(), 10);
}
