//! All types together: what is ideal is worth all, the public view has no key, and answers of another question are refused.

use serde_json::{Value, json};

use super::*;
use crate::points::Points;

const SECRET: &str = "KEYWORD";

/// One question of each type, with the secret in everything that must not be shown.
fn all() -> Vec<(Body, &'static str)> {
    let of = |value: Value, text: &'static str| (serde_json::from_value::<Body>(value).unwrap(), text);
    let mut all = vec![
        of(
            json!({"type": "single_choice", "options": [
                {"text": "one"}, {"text": "two", "correct": true, "feedback": SECRET}, {"text": "three"}]}),
            "",
        ),
        of(
            json!({"type": "multiple_choice", "options": [
                {"text": "one", "correct": true, "feedback": SECRET}, {"text": "two", "correct": true}, {"text": "three"}]}),
            "",
        ),
        of(json!({"type": "true_false", "correct": true, "feedback_true": SECRET, "feedback_false": SECRET}), ""),
        of(
            json!({"type": "numeric", "answers": [{"value": 271.828, "tolerance": 0.001, "feedback": SECRET}], "unit": "m"}),
            "",
        ),
        of(json!({"type": "short_text", "answers": [{"pattern": "KEYWORD*", "feedback": SECRET}]}), ""),
        of(
            json!({"type": "matching", "pairs": [
                {"text": "France", "match": "Paris", "feedback": SECRET}, {"text": "Italy", "match": "Rome"}], "distractors": ["Bern"]}),
            "",
        ),
        of(json!({"type": "ordering", "items": [{"text": "first"}, {"text": "second"}, {"text": "third"}]}), ""),
        of(
            json!({"type": "cloze", "gaps": [
                {"id": "1", "answers": [{"text": "KEYWORD", "feedback": SECRET}]},
                {"id": "2", "input": "number", "weight": 2, "answers": [{"text": "271,828"}]},
                {"id": "3", "input": "choice", "answers": [{"text": "up"}, {"text": "down", "percent": 0}]}]}),
            "A {{1}} of {{2}} goes {{3}}.",
        ),
        of(
            json!({"type": "essay", "sample_answer": SECRET, "marking_notes": SECRET,
                "rubric": [{"text": SECRET, "points": 2}], "max_words": 100}),
            "",
        ),
    ];
    for (body, text) in &mut all {
        body.settle(text).unwrap();
    }
    all
}

#[test]
fn every_type_is_there_and_survives_storage() {
    let all = all();
    let names: Vec<_> = all.iter().map(|(body, _)| body.kind().name()).collect();
    assert_eq!(names, Body::NAMES);
    for (body, _) in all {
        let stored = serde_json::to_value(&body).unwrap();
        assert_eq!(serde_json::from_value::<Body>(stored.clone()).unwrap(), body);
        assert_eq!(stored["type"], body.kind().name());
        assert_eq!(QuestionType::of_name(body.kind().name()), Some(body.kind()));
        assert!(body.validate().is_ok());
    }
}

#[test]
fn the_ideal_answer_is_worth_all_and_survives_storage() {
    for (body, _) in all() {
        let ideal = body.ideal().unwrap();
        let stored: Response = serde_json::from_value(serde_json::to_value(&ideal).unwrap()).unwrap();
        let verdict = body.judge(&stored).unwrap();
        assert!(verdict.share.is_none_or(Share::is_full), "{body:?} {ideal:?}");
        assert_eq!(verdict.share.is_none(), body.is_manual());
    }
}

#[test]
fn the_public_view_has_no_key() {
    for (body, _) in all() {
        for seed in 0..20 {
            let mut public = body.public();
            public.arrange(&mut Shuffle::of(seed, uuid::Uuid::nil()));
            let text = serde_json::to_string(&public).unwrap();
            for secret in
                [SECRET, "271", "correct", "feedback", "percent", "tolerance", "pattern", "\"match\"", "sample"]
            {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }
}

#[test]
fn the_order_of_the_public_view_does_not_hang_on_the_key() {
    let shown = |items: [&str; 3]| {
        let items: Vec<_> = items.iter().map(|text| json!({ "text": text })).collect();
        let mut body: Body = serde_json::from_value(json!({"type": "ordering", "items": items})).unwrap();
        body.settle("").unwrap();
        serde_json::to_string(&body.public()).unwrap()
    };
    assert_eq!(shown(["a", "b", "c"]), shown(["c", "b", "a"]));
    let shown = |pairs: [(&str, &str); 2]| {
        let pairs: Vec<_> = pairs.iter().map(|(text, partner)| json!({"text": text, "match": partner})).collect();
        let mut body: Body = serde_json::from_value(json!({"type": "matching", "pairs": pairs})).unwrap();
        body.settle("").unwrap();
        serde_json::to_string(&body.public()).unwrap()
    };
    assert_eq!(shown([("x", "1"), ("y", "2")]), shown([("x", "2"), ("y", "1")]));
}

#[test]
fn partial_credit() {
    let worth = |body: &Body, answer: Value| {
        let answer = serde_json::from_value(answer).unwrap();
        Points::whole(6).share(body.judge(&answer).unwrap().share.unwrap()).as_f64()
    };
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    let all: Vec<_> = all().into_iter().map(|(body, _)| body).collect();
    close(worth(&all[0], json!("b")), 6.0);
    close(worth(&all[0], json!(1)), 6.0);
    close(worth(&all[0], json!("a")), 0.0);
    close(worth(&all[1], json!(["a"])), 3.0);
    close(worth(&all[1], json!(["a", "b", "c"])), 3.0);
    close(worth(&all[1], json!([0, 1, 1])), 6.0);
    close(worth(&all[1], json!(["c"])), 0.0);
    close(worth(&all[2], json!(false)), 0.0);
    close(worth(&all[3], json!("271,829")), 6.0);
    close(worth(&all[3], json!(271.8292)), 0.0);
    close(worth(&all[4], json!("keywords of all sorts")), 6.0);
    let Some(Response::Map(mut pairs)) = all[5].ideal() else { panic!("a map") };
    pairs.remove("a");
    close(worth(&all[5], serde_json::to_value(&pairs).unwrap()), 3.0);
    let Some(Response::List(mut order)) = all[6].ideal() else { panic!("a list") };
    order.swap(0, 1);
    close(worth(&all[6], serde_json::to_value(&order).unwrap()), 2.0);
    close(worth(&all[7], json!({"2": 271.828})), 3.0);
    close(worth(&all[7], json!({"1": "keyword", "2": "0"})), 1.5);
}

#[test]
fn answers_of_another_question_are_refused() {
    let answers = [
        json!(true),
        json!(99),
        json!("nowhere"),
        json!(["zz"]),
        json!([7]),
        json!({"zz": "a"}),
        json!(-1),
        json!(0.5),
    ];
    let taken: Vec<Vec<bool>> = all()
        .iter()
        .map(|(body, _)| {
            answers.iter().map(|a| body.judge(&serde_json::from_value(a.clone()).unwrap()).is_ok()).collect()
        })
        .collect();
    let (o, x) = (true, false);
    assert_eq!(
        taken,
        [
            [x, x, x, x, x, x, x, x],
            [x, x, x, x, x, x, x, x],
            [o, x, x, x, x, x, x, x],
            [x, o, x, x, x, x, o, o],
            [x, o, o, x, x, x, o, o],
            [x, x, x, x, x, x, x, x],
            [x, x, x, x, x, x, x, x],
            [x, x, x, x, x, x, x, x],
            [x, x, o, x, x, x, x, x],
        ]
    );
}

#[test]
fn what_is_wrong_with_a_question_is_said() {
    let flaw =
        |value: Value, text: &str| serde_json::from_value::<Body>(value).unwrap().settle(text).unwrap_err().pointer;
    let options =
        |correct: [bool; 2]| json!([{"text": "x", "correct": correct[0]}, {"text": "y", "correct": correct[1]}]);
    assert_eq!(flaw(json!({"type": "single_choice", "options": options([true, true])}), ""), "/options");
    assert_eq!(flaw(json!({"type": "multiple_choice", "options": options([false, false])}), ""), "/options");
    assert_eq!(flaw(json!({"type": "numeric", "answers": [{"value": 1, "percent": 50}]}), ""), "/answers");
    assert_eq!(flaw(json!({"type": "cloze", "gaps": [{"id": "1", "answers": [{"text": "x"}]}]}), "none"), "/gaps/0/id");
    assert_eq!(flaw(json!({"type": "ordering", "items": [{"text": "x"}, {"text": "x"}]}), ""), "/items/1");
    let pairs = json!([{"text": "x", "match": "1"}]);
    assert_eq!(flaw(json!({"type": "matching", "pairs": pairs, "distractors": ["1"]}), ""), "/distractors/0");
    assert_eq!(flaw(json!({"type": "essay", "min_words": 5, "max_words": 2}), ""), "/max_words");
    let read = |name, value| Body::read(name, value).unwrap().unwrap_err();
    assert_eq!(read("true_false", json!({})), "must have correct");
    assert_eq!(
        read("single_choice", json!({"options": [{"text": "x", "right": true}, {}]})),
        "must not have right at options[0].right"
    );
    assert!(Body::read("hot_spot", json!({})).is_none());
}
