//! Questions in and out, in the formats of other systems.

use reqwest::Method;
use serde_json::{Value, json};

use crate::courses::{Campus, make};
use crate::support::client::{Client, Reply};

/// A file as people write them: three good questions, and one that is not.
const GIFT: &str = "$CATEGORY: $course$/top/Biology/Cells\n\n// [id:BIO-17] [tag:leaves]\n::Gas::[html]Which <b>gas</b>? <script>x</script>{~Oxygen =Carbon \
                    dioxide#Right}\n\n::Pi::[markdown]What is *pi*? {#3.14:0.01}\n\n::Text::Read this.\n\nWhy? {}\n";

async fn import(who: &Client, bank: &str, query: &str, file: impl Into<Vec<u8>>) -> Reply {
    let request = who.request(Method::POST, &format!("/v1/question-banks/{bank}/import?{query}"));
    request.header("content-type", "text/plain").bytes(file.into()).send().await
}

async fn questions(who: &Client, bank: &str) -> Vec<Value> {
    let list = who.get(&format!("/v1/question-banks/{bank}/questions?limit=100")).await;
    list.expect(200).as_array().expect("a list").clone()
}

async fn bank(who: &Client, name: &str) -> String {
    make(who, "/v1/question-banks", json!({ "name": name })).await
}

/// Questions without what differs between banks.
fn bare(questions: Vec<Value>) -> Vec<Value> {
    let mut questions = questions;
    for question in &mut questions {
        let members = question.as_object_mut().expect("an object");
        for name in ["id", "bank_id", "created_at", "updated_at"] {
            members.remove(name);
        }
    }
    questions
}

#[tokio::test]
async fn each_question_is_imported_or_named_with_its_place_and_reason() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let light = bank(teacher, "Light").await;
    let told = import(teacher, &light, "format=gift&dry_run=true", GIFT).await.expect(200).clone();
    assert_eq!((&told["applied"], &told["good"], &told["rejected"]), (&json!(false), &json!(3), &json!(1)));
    assert_eq!(told["questions"][0]["outcome"], "ready");
    let told = import(teacher, &light, "format=gift&on_error=none", GIFT).await.expect(200).clone();
    assert_eq!((&told["applied"], &told["questions"][0]["question_id"]), (&json!(false), &Value::Null));
    assert!(questions(teacher, &light).await.is_empty());

    let told = import(teacher, &light, "format=gift&on_error=keep", GIFT).await.expect(200).clone();
    let there = questions(teacher, &light).await;
    assert_eq!((&told["applied"], there.len()), (&json!(true), 3));
    let first = &told["questions"][0];
    assert_eq!(first["question_id"], there[0]["id"]);
    assert_eq!((&first["outcome"], &first["line"], &first["title"]), (&json!("imported"), &json!(4), &json!("Gas")));
    assert_eq!((&first["external_id"], &first["category"]), (&json!("BIO-17"), &json!(["Biology", "Cells"])));
    assert_eq!(first["notes"], json!(["markup is left out: <script>"]));
    let refused = &told["questions"][2];
    assert_eq!((&refused["outcome"], &refused["line"]), (&json!("rejected"), &json!(8)));
    assert_eq!(refused["reason"], "is a description: text that asks nothing");
    assert_eq!((&there[0]["text"], &there[0]["tags"]), (&json!("Which **gas**?"), &json!(["leaves", "Biology/Cells"])));
    assert_eq!((&there[0]["options"][1]["correct"], &there[1]["text"]), (&json!(true), &json!("What is *pi*?")));
    // What is rubbish is named as well.
    let told = import(teacher, &light, "format=qti", b"PK\x03\x04rubbish".to_vec()).await.expect(200).clone();
    assert!(told["notes"][0].as_str().is_some_and(|note| note.contains("damaged")), "{told}");
    let told = import(
        teacher,
        &light,
        "format=moodle_xml",
        b"<quiz><question type='stack'><questiontext/></question>".to_vec(),
    )
    .await;
    assert_eq!(told.expect(200)["questions"][0]["reason"], "is of a type that is not known here: stack");
}

#[tokio::test]
async fn an_import_that_is_repeated_with_its_key_is_done_once() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let light = bank(teacher, "Light").await;
    let path = format!("/v1/question-banks/{light}/import?format=gift");
    let send = async |file: &str| {
        let request = teacher.request(Method::POST, &path).header("content-type", "application/octet-stream");
        request.header("idempotency-key", "import-1").bytes(file.as_bytes().to_vec()).send().await
    };
    // Larger than what other bodies may be.
    let large = format!("{GIFT}{}", "\n// nothing at all".repeat(100_000));
    let first = send(&large).await;
    assert_eq!(first.expect(200), send(&large).await.expect(200));
    assert_eq!(questions(teacher, &light).await.len(), 3);
    assert_eq!(send(GIFT).await.problem(422), "idempotency-key-reused");
    let many = vec![b' '; (16 << 20) + 1];
    assert_eq!(import(teacher, &light, "format=gift", many).await.problem(413), "body-too-large");
}

#[tokio::test]
async fn what_is_exported_comes_back_as_it_was() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let light = bank(teacher, "Licht & \"Leben\"").await;
    for body in [
        json!({"type": "single_choice", "text": "Which *gas*?", "points": 2.5, "difficulty": 3, "tags": ["a b", "c"], "feedback": "Look.",
            "options": [{"id": "x", "text": "O", "feedback": "No"}, {"id": "y", "text": "CO~2~", "correct": true}]}),
        json!({"type": "multiple_choice", "text": "Which?", "scoring": "each_option",
            "options": [{"text": "{a}"}, {"text": "= b", "correct": true}, {"text": "c", "correct": true}]}),
        json!({"type": "true_false", "text": "Is it: so?", "correct": false, "feedback_true": "# No"}),
        json!({"type": "numeric", "text": "How many?", "unit": "m/s", "answers": [{"value": 3.5, "tolerance": 0.25}, {"value": 4, "percent": 50}]}),
        json!({"type": "short_text", "text": "Who?", "case_sensitive": true, "answers": [{"pattern": "Gr*ce\\*"}]}),
        json!({"type": "matching", "text": "Match", "pairs": [{"text": "a", "match": "1", "feedback": "No"}, {"text": "b", "match": "2"}],
            "distractors": ["3"]}),
        json!({"type": "ordering", "text": "Order", "scoring": "pairs", "items": [{"text": "one"}, {"text": "two"}]}),
        json!({"type": "cloze", "text": "A {{x}} and {{y}}.", "gaps": [{"id": "x", "weight": 3, "answers": [{"text": "z}"}]},
            {"id": "y", "input": "choice", "answers": [{"text": "up"}, {"text": "down", "percent": 0}]}]}),
        json!({"type": "essay", "text": "Why?\n\n- one\n- two", "two_markers": true, "rubric": [{"text": "Depth", "points": 3}]}),
    ] {
        make(teacher, &format!("/v1/question-banks/{light}/questions"), body).await;
    }
    // As they are listed: what was made within a millisecond stands in any order, what was imported in that of the file.
    let wanted = bare(questions(teacher, &light).await);
    for (format, kind, ending) in [
        ("gift", "text/plain; charset=utf-8", "gift.txt"),
        ("moodle_xml", "application/xml", "xml"),
        ("qti", "application/zip", "zip"),
    ] {
        let file = campus.colleague.get(&format!("/v1/question-banks/{light}/export?format={format}")).await;
        file.expect(200);
        assert_eq!(file.header("content-type"), Some(kind));
        let name = file.header("content-disposition").expect("a name");
        assert!(name.starts_with("attachment;") && name.contains(ending), "{name}");
        assert_eq!(
            (file.header("x-content-type-options"), file.header("cache-control")),
            (Some("nosniff"), Some("no-store"))
        );
        let other = bank(teacher, format).await;
        let told = import(teacher, &other, &format!("format={format}&on_error=none"), file.bytes.clone()).await;
        assert_eq!((&told.expect(200)["good"], &told.json["rejected"]), (&json!(9), &json!(0)), "{}", told.json);
        let notes: Vec<_> =
            told.json["questions"].as_array().expect("a list").iter().map(|one| &one["notes"]).collect();
        assert!(notes.iter().all(|notes| **notes == json!([])), "{notes:?}");
        assert_eq!(bare(questions(teacher, &other).await), wanted, "{format}");
    }
}

#[tokio::test]
async fn whoever_may_not_change_a_bank_imports_nothing() {
    let campus = Campus::open().await;
    let light = bank(&campus.teacher, "Light").await;
    assert_eq!(import(&campus.colleague, &light, "format=gift", GIFT).await.problem(403), "not-your-bank");
    assert_eq!(import(&campus.student, &light, "format=gift", GIFT).await.problem(403), "permission-missing");
    let path = format!("/v1/question-banks/{light}");
    assert_eq!(campus.student.get(&format!("{path}/export?format=gift")).await.problem(403), "permission-missing");
    campus.teacher.patch(&path, json!({"shared": false})).await.expect(200);
    assert_eq!(import(&campus.colleague, &light, "format=gift", GIFT).await.problem(404), "not-found");
    assert_eq!(campus.colleague.get(&format!("{path}/export?format=qti")).await.problem(404), "not-found");
    let wrong = campus.teacher.post(&format!("{path}/import?format=gift"), json!({})).await;
    assert_eq!(wrong.problem(415), "unsupported-media-type");
    assert_eq!(import(&campus.teacher, &light, "format=docx", GIFT).await.status, 422);
    import(&campus.admin, &light, "format=gift", GIFT).await.expect(200);
    assert_eq!(questions(&campus.teacher, &light).await.len(), 3);
}

#[tokio::test]
async fn an_import_costs_the_same_however_many_there_are_and_a_bank_gets_full() {
    let campus = Campus::open().await;
    let teacher = &campus.teacher;
    let light = bank(teacher, "Light").await;
    let file = |count: usize| (0..count).map(|n| format!("Is {n} a number? {{T}}\n\n")).collect::<String>();
    import(teacher, &light, "format=gift", file(1)).await.expect(200);
    let few = campus.app.queries_of(import(teacher, &light, "format=gift", file(2))).await;
    let many = campus.app.queries_of(import(teacher, &light, "format=gift", file(40))).await;
    assert_eq!(few, many);
    let export = format!("/v1/question-banks/{light}/export?format=gift");
    assert_eq!(campus.app.queries_of(teacher.get(&export)).await, campus.app.queries_of(teacher.get(&export)).await);
    let told = import(teacher, &light, "format=gift", file(5_001)).await.expect(200).clone();
    assert_eq!(told["good"], 5_000);
    assert!(told["notes"][0].as_str().is_some_and(|note| note.contains("5,000")), "{}", told["notes"]);
    assert_eq!(import(teacher, &light, "format=gift", file(4_999)).await.problem(409), "full");
}
