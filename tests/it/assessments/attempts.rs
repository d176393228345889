//! Attempts: saved, resumed, handed in, marked, reviewed.

use serde_json::{Value, json};

use super::questions::all_types;
use super::{asked, publish, save, start, statements, submit};
use crate::courses::{Campus, each};
use crate::tenancy::id_of;

#[tokio::test]
async fn late_repeated_and_reordered_saves_are_harmless_and_another_device_goes_on() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let test = id_of(&publish(&campus, statements(3), json!({})).await);
    let attempt = start(student, &test).await;
    let (id, questions) = (id_of(&attempt), asked(&attempt));
    for (seq, answer, saved) in [(5, true, 1), (5, false, 0), (3, false, 0), (7, false, 1), (6, true, 0)] {
        let receipt = save(student, &id, &questions[0], seq, json!(answer)).await;
        assert_eq!(receipt.expect(200)["saved"], saved, "{seq}");
        assert_eq!(receipt.json["superseded"], 1 - saved);
        assert!(receipt.json["server_time"].is_string());
    }
    let batch = json!({"answers": [
        {"question_id": questions[1], "seq": 2, "answer": true, "client_time": "1999-12-31T23:59:59.123456789Z"},
        {"question_id": questions[1], "seq": 1, "answer": false},
        {"question_id": questions[0], "seq": 1, "answer": true},
        {"question_id": questions[2], "seq": 1, "answer": null}
    ]});
    let receipt = student.put(&format!("/v1/attempts/{id}/answers"), batch).await;
    assert_eq!((&receipt.expect(200)["saved"], &receipt.json["superseded"]), (&json!(2), &json!(2)));
    // Another device: starting again is going on.
    let resumed = student.post(&format!("/v1/tests/{test}/attempts"), json!({})).await;
    let resumed = resumed.expect(200);
    assert_eq!(id_of(resumed), id);
    let answers: Vec<_> =
        resumed["questions"].as_array().expect("questions").iter().map(|q| (&q["seq"], &q["answer"])).collect();
    assert_eq!(answers, [(&json!(7), &json!(false)), (&json!(2), &json!(true)), (&json!(1), &Value::Null)]);
    let result = submit(student, &id).await;
    assert_eq!(result.expect(200)["score"], 1);
    assert_eq!(save(student, &id, &questions[0], 9, json!(true)).await.problem(409), "attempt-closed");
    assert_eq!(submit(student, &id).await.expect(200)["score"], 1);
    assert_eq!(id_of(&start(student, &test).await).len(), 36, "another attempt may be started");
}

#[tokio::test]
async fn all_types_are_marked_and_an_essay_waits() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let view = publish(&campus, json!(all_types()), json!({"pass_mark": 60})).await;
    let attempt = start(student, &id_of(&view)).await;
    let (id, questions) = (id_of(&attempt), asked(&attempt));
    let shown = attempt["questions"].as_array().expect("questions");
    let by_text = |list: &Value, text: &str| -> Value {
        list.as_array().expect("a list").iter().find(|one| one["text"] == text).expect("there")["id"].clone()
    };
    let pairs = json!({
        (by_text(&shown[5]["prompts"], "France").as_str().expect("an id")): by_text(&shown[5]["choices"], "Paris"),
        (by_text(&shown[5]["prompts"], "Italy").as_str().expect("an id")): by_text(&shown[5]["choices"], "Bern"),
    });
    let order: Vec<_> = ["Blue", "Red", "Green"].map(|text| by_text(&shown[6]["items"], text)).into();
    let wave = by_text(&shown[7]["gaps"][0]["choices"], "wave");
    let answers = [
        json!("b"),
        json!(["a"]),
        json!(true),
        json!("299792,6"),
        json!("a LEAF"),
        pairs,
        json!(order),
        json!({"1": wave, "2": "650"}),
        json!("Because of Rayleigh."),
    ];
    for (question, answer) in questions.iter().zip(answers) {
        save(student, &id, question, 1, answer).await.expect(200);
    }
    let result = submit(student, &id).await;
    let result = result.expect(200);
    let points: Vec<_> = questions.iter().map(|id| result["details"][id]["points"].clone()).collect();
    assert_eq!(
        points,
        [json!(2), json!(0.75), json!(1), json!(1), json!(0), json!(1.5), json!(0.333_333), json!(1), Value::Null]
    );
    assert_eq!((&result["graded"], &result["score"], result.get("passed")), (&json!(false), &json!(7.583_333), None));
    assert_eq!(result["details"][&questions[0]]["correct"], true);
    assert_eq!(result["details"][&questions[0]].get("correct_answer"), None);
}

#[tokio::test]
async fn answers_that_are_none_are_refused_and_leave_the_attempt_as_it_was() {
    let campus = Campus::open().await;
    let (student, never) = (&campus.student, crate::authorisation::NEVER);
    let view = publish(&campus, json!([all_types()[0], all_types()[2]]), json!({})).await;
    let attempt = start(student, &id_of(&view)).await;
    let (id, questions) = (id_of(&attempt), asked(&attempt));
    save(student, &id, &questions[0], 1, json!("b")).await.expect(200);
    assert_eq!(save(student, &id, never, 2, json!("b")).await.problem(404), "not-found");
    let misfit = save(student, &id, &questions[0], 2, json!("nowhere")).await;
    assert_eq!(misfit.problem(409), "answer-misfit");
    assert_eq!(misfit.json["errors"][0]["pointer"], "/answer");
    let batch = json!({"answers": [
        {"question_id": questions[0], "seq": 9, "answer": "a"}, {"question_id": questions[1], "seq": 9, "answer": "a"},
        {"question_id": never, "seq": 9, "answer": true}
    ]});
    let refused = student.put(&format!("/v1/attempts/{id}/answers"), batch).await;
    assert_eq!(refused.problem(409), "answer-misfit");
    assert_eq!(refused.json["errors"][0]["pointer"], "/answers/2/question_id");
    for other in [&campus.colleague, &campus.teacher, &campus.admin] {
        assert_eq!(save(other, &id, &questions[0], 9, json!("a")).await.problem(404), "not-found");
        assert_eq!(submit(other, &id).await.problem(404), "not-found");
    }
    assert_eq!(save(student, &id, &questions[0], -1, json!("a")).await.problem(422), "invalid");
    let path = format!("/v1/attempts/{id}/answers/{}", questions[0]);
    assert_eq!(student.put(&path, json!({"seq": 2, "answer": [["x"]]})).await.problem(422), "invalid");
    let now = student.get(&format!("/v1/attempts/{id}")).await;
    assert_eq!(
        (&now.expect(200)["questions"][0]["answer"], &now.json["questions"][0]["seq"]),
        (&json!("b"), &json!(1))
    );
}

#[tokio::test]
async fn one_step_takes_ids_and_indexes() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let view = publish(
        &campus,
        json!([all_types()[0], all_types()[1], all_types()[2]]),
        json!({"pass_mark": 50, "max_attempts": 2}),
    )
    .await;
    let (id, questions) = (id_of(&view), asked(&view));
    let path = format!("/v1/tests/{id}/submit");
    let answers = json!({"answers": {(&questions[0]): 1, (&questions[1]): [0, 2]}});
    let result = student.post(&path, answers.clone()).await;
    let body = result.expect(200);
    assert_eq!((&body["score"], &body["max_score"], &body["passed"]), (&json!(3.5), &json!(4.5), &json!(true)));
    assert_eq!(body["details"][&questions[0]]["selected_option"], 1);
    assert_eq!(body["details"][&questions[2]]["points"], 0);
    let review = student.get(result.header("content-location").expect("where it is")).await;
    assert_eq!(review.expect(200)["details"], body["details"]);
    let wrong = json!({"answers": {(&questions[0]): 7, "x/y": 1}});
    let refused = student.post(&path, wrong).await;
    assert_eq!(refused.problem(409), "answer-misfit");
    let pointers: Vec<_> = each(&refused.json["errors"], "pointer");
    assert_eq!(pointers.len(), 2);
    assert!(pointers.contains(&"/answers/x~1y".to_owned()));
    // A repeated request is one attempt; two requests are two.
    let key =
        |key: &str| student.request(reqwest::Method::POST, &path).header("idempotency-key", key).json(&answers).send();
    let first = key("once").await;
    assert_eq!(key("once").await.bytes, first.bytes);
    assert_eq!(student.post(&path, answers).await.problem(409), "no-attempt-left");
    assert_eq!(student.get(&format!("/v1/tests/{id}/attempts")).await.expect(200).as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn wrong_answers_may_cost_and_delays_and_codes_and_places_hold() {
    let campus = Campus::open().await;
    let student = &campus.student;
    let settings =
        json!({"wrong_answer_percent": 25, "attempt_delay_s": 60, "access_code": "lens", "addresses": ["127.0.0.0/8"]});
    let view = publish(&campus, statements(3), settings).await;
    let test = id_of(&view);
    let path = format!("/v1/tests/{test}/attempts");
    assert_eq!(student.post(&path, json!({})).await.problem(403), "wrong-access-code");
    assert_eq!(student.post(&path, json!({"access_code": "Lens"})).await.problem(403), "wrong-access-code");
    assert!(asked(student.get(&format!("/v1/tests/{test}")).await.expect(200)).is_empty());
    let begun = student.post(&path, json!({"access_code": "lens"})).await;
    let (id, questions) = (id_of(begun.expect(201)), asked(&begun.json));
    save(student, &id, &questions[0], 1, json!(true)).await.expect(200);
    save(student, &id, &questions[1], 1, json!(false)).await.expect(200);
    assert_eq!(submit(student, &id).await.expect(200)["score"], 0.75);
    let early = student.post(&path, json!({"access_code": "lens"})).await;
    assert_eq!(early.problem(409), "attempt-delay");
    assert!(early.header("retry-after").is_some());
    campus.app.clock.advance(chrono::Duration::seconds(61));
    student.post(&path, json!({"access_code": "lens"})).await.expect(201);
    campus
        .teacher
        .patch(&format!("/v1/tests/{test}"), json!({"settings": {"addresses": ["192.0.2.0/24"]}}))
        .await
        .expect(200);
    assert_eq!(student.post(&path, json!({"access_code": "lens"})).await.problem(403), "wrong-place");
}

#[tokio::test]
async fn an_attempt_keeps_what_it_saw() {
    let campus = Campus::open().await;
    let (teacher, student) = (&campus.teacher, &campus.student);
    let view = publish(&campus, json!([all_types()[0]]), json!({})).await;
    let (test, question) = (id_of(&view), asked(&view)[0].clone());
    let attempt = start(student, &test).await;
    let other = json!([{"id": "a", "text": "Oxygen", "correct": true}, {"id": "b", "text": "Carbon dioxide"}]);
    teacher.patch(&format!("/v1/questions/{question}"), json!({"options": other, "text": "Changed"})).await.expect(200);
    teacher.patch(&format!("/v1/tests/{test}"), json!({"questions": []})).await.expect(200);
    let resumed = student.get(&format!("/v1/attempts/{}", id_of(&attempt))).await;
    assert_eq!(resumed.expect(200)["questions"], attempt["questions"]);
    save(student, &id_of(&attempt), &question, 1, json!("b")).await.expect(200);
    assert_eq!(submit(student, &id_of(&attempt)).await.expect(200)["score"], 2);
}
