//! Questions: nine types, their revisions, and what is refused.

use serde_json::{Value, json};

use crate::courses::{Campus, make};

/// One question of each type.
pub fn all_types() -> Vec<Value> {
    vec![
        json!({"type": "single_choice", "text": "Which gas do leaves take in?", "points": 2, "tags": ["leaves"], "difficulty": 1,
            "options": [{"text": "Oxygen", "feedback": "They give it off."}, {"text": "Carbon dioxide", "correct": true}]}),
        json!({"type": "multiple_choice", "text": "Which are colours?", "points": 1.5, "options": [
            {"text": "Red", "correct": true}, {"text": "Loud"}, {"text": "Blue", "correct": true}]}),
        json!({"type": "true_false", "text": "Leaves are green.", "correct": true}),
        json!({"type": "numeric", "text": "How fast is light?", "answers": [{"value": 299_792.458, "tolerance": 0.5}], "unit": "km/s"}),
        json!({"type": "short_text", "text": "What eats light?", "answers": [{"pattern": "chloro*"}, {"pattern": "leaf", "percent": 50}]}),
        json!({"type": "matching", "text": "Capitals", "points": 3, "pairs": [
            {"text": "France", "match": "Paris"}, {"text": "Italy", "match": "Rome"}], "distractors": ["Bern"]}),
        json!({"type": "ordering", "text": "By wavelength", "items": [{"text": "Blue"}, {"text": "Green"}, {"text": "Red"}]}),
        json!({"type": "cloze", "text": "Light is a {{1}} of {{2}} nm.", "gaps": [
            {"id": "1", "input": "choice", "answers": [{"text": "wave"}, {"text": "stone", "percent": 0}]},
            {"id": "2", "input": "number", "answers": [{"text": "500", "tolerance": 200}]}]}),
        json!({"type": "essay", "text": "Why is the sky blue?", "points": 5, "max_words": 200, "sample_answer": "Rayleigh.",
            "rubric": [{"text": "Scattering", "points": 3}, {"text": "Wavelength", "points": 2}]}),
    ]
}

#[tokio::test]
async fn all_types_are_kept_as_they_were_sent() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let bank = make(teacher, "/v1/question-banks", json!({"name": "Light"})).await;
    let questions = format!("/v1/question-banks/{bank}/questions");
    for body in all_types() {
        let made = teacher.post(&questions, body.clone()).await;
        let made = made.expect(201);
        let shown = teacher.get(&format!("/v1/questions/{}", made["id"].as_str().expect("an id"))).await;
        assert_eq!(shown.expect(200), made);
        for name in ["type", "text", "points", "difficulty"] {
            let default = if name == "points" { json!(1) } else { Value::Null };
            assert_eq!(made[name], *body.get(name).unwrap_or(&default), "{made}");
        }
    }
    let types = |query: &str| {
        let path = format!("{questions}{query}");
        async move { crate::courses::each(teacher.get(&path).await.expect(200), "type") }
    };
    assert_eq!(types("").await.len(), 9);
    assert_eq!(types("?type=cloze").await, ["cloze"]);
    assert_eq!(types("?tag=LEAVES").await, ["single_choice"]);
    assert_eq!(types("?difficulty=1").await, ["single_choice"]);
}

#[tokio::test]
async fn what_a_question_says_is_revised_and_its_options_keep_their_ids() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let bank = make(teacher, "/v1/question-banks", json!({"name": "Light"})).await;
    let made = teacher.post(&format!("/v1/question-banks/{bank}/questions"), all_types()[0].clone()).await;
    let id = made.expect(201)["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/questions/{id}");
    assert_eq!(made.json["options"][1]["id"], "b");
    // Filing it elsewhere is no revision; another text is; so is another key.
    assert_eq!(teacher.patch(&path, json!({"difficulty": 4, "tags": ["x"]})).await.expect(200)["revision"], 1);
    assert_eq!(teacher.patch(&path, json!({"text": "Which gas?"})).await.expect(200)["revision"], 2);
    let options = json!([{"id": "b", "text": "Carbon dioxide"}, {"id": "a", "text": "Oxygen", "correct": true}]);
    let third = teacher.patch(&path, json!({ "options": options })).await;
    assert_eq!((&third.expect(200)["revision"], &third.json["options"][0]["id"]), (&json!(3), &json!("b")));
    assert_eq!(teacher.patch(&path, json!({})).await.expect(200)["version"], 4);
    let revisions = teacher.get(&format!("{path}/revisions")).await;
    let revisions = revisions.expect(200).as_array().expect("a list");
    assert_eq!(revisions.len(), 3);
    assert_eq!(revisions[0]["options"][1]["correct"], true);
    assert_eq!(revisions[2]["options"][1]["correct"], true);
    assert_eq!(revisions[2]["options"][1]["id"], "a");
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_said_where_it_is() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let bank = make(teacher, "/v1/question-banks", json!({"name": "Light"})).await;
    let questions = format!("/v1/question-banks/{bank}/questions");
    let send = async |body: Value| teacher.post(&questions, body).await;
    let two = send(json!({"type": "single_choice", "text": "x", "options": [
        {"text": "a", "correct": true}, {"text": "b", "correct": true}]}));
    let two = two.await;
    assert_eq!(two.problem(409), "question-flawed");
    assert_eq!(two.json["errors"][0]["pointer"], "/options");
    for bad in [
        json!({"type": "hot_spot", "text": "x"}),
        json!({"text": "x"}),
        json!({"type": "true_false", "text": "x"}),
        json!({"type": "true_false", "text": "", "correct": true}),
        json!({"type": "true_false", "text": "x", "correct": true, "options": []}),
        json!({"type": "true_false", "text": "x", "correct": true, "points": 1001}),
        json!({"type": "true_false", "text": "x", "correct": true, "points": -1}),
        json!({"type": "single_choice", "text": "x", "options": [{"text": "a", "correct": true}]}),
        json!({"type": "numeric", "text": "x", "answers": [{"value": 1e300}]}),
        json!({"type": "true_false", "text": "x", "correct": true, "bank_id": bank}),
        json!({"type": "ordering", "text": "x", "items": [{"id": "1", "text": "a"}, {"text": "b"}]}),
        json!([]),
    ] {
        let refused = send(bad.clone()).await;
        assert_eq!(refused.problem(422), "invalid", "{bad}");
    }
    let empty =
        send(json!({"type": "single_choice", "text": "x", "options": [{"text": "", "correct": true}, {"text": "b"}]}));
    assert_eq!(empty.await.pointers(), ["/options/0/text"]);
    let made = send(all_types()[2].clone()).await;
    let path = format!("/v1/questions/{}", made.expect(201)["id"].as_str().expect("an id"));
    assert_eq!(teacher.put(&path, all_types()[0].clone()).await.problem(409), "type-fixed");
    assert_eq!(teacher.patch(&path, json!({"options": []})).await.problem(409), "question-flawed");
    assert_eq!(teacher.patch(&path, json!({"correct": "perhaps"})).await.problem(409), "question-flawed");
    assert_eq!(teacher.patch(&path, json!({"type": "essay"})).await.problem(422), "invalid");
    assert_eq!(campus.colleague.patch(&path, json!({"difficulty": 2})).await.problem(403), "not-your-bank");
}
