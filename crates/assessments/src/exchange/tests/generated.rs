//! Questions of all types, made up, out and in again.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;

/// Text with all that means something in some format.
fn text(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9 ]{1,12}",
        2 => "[~=#{}:%*_`\\\\<>&\"'/.,;!?$@()|+-]{1,4}".prop_map(|s| s.replace("{{", "{")),
        1 => "[äöüßéñ中文日本語🙂\u{301}\u{200b}]{1,4}",
        1 => Just("\n".to_owned()),
        1 => Just("\n\n- a\n- b\n".to_owned()),
        1 => Just(" -> ".to_owned()),
        1 => Just("//".to_owned()),
        1 => Just("\\n".to_owned()),
        1 => Just("####".to_owned()),
        1 => Just("::x::".to_owned()),
        1 => Just("[html]".to_owned()),
        1 => Just("<b>bold</b>".to_owned()),
        1 => Just("]]>".to_owned()),
        1 => Just("<!-- -->".to_owned()),
        1 => Just("%50%".to_owned()),
        1 => Just("*strong* **words** `code`".to_owned()),
        1 => Just("\u{1}\u{fffe}".to_owned()),
        1 => Just("&nbsp;&amp;".to_owned()),
    ];
    vec(piece, 1..6).prop_map(move |pieces| markup::harmless(&pieces.concat().chars().take(most).collect::<String>()))
}

fn plain() -> impl Strategy<Value = String> {
    "[a-zA-ZäöüÄ0-9]{1,8}( [a-z]{1,8}){0,3}"
}

fn words(simple: bool) -> BoxedStrategy<String> {
    if simple { plain().boxed() } else { text(200).prop_filter("says something", |t| !t.trim().is_empty()).boxed() }
}

fn told(simple: bool) -> BoxedStrategy<Option<String>> {
    option::of(words(simple)).boxed()
}

fn number() -> impl Strategy<Value = f64> {
    (-1_000_000_i32..1_000_000, 0_i32..4).prop_map(|(whole, places)| f64::from(whole) / 10_f64.powi(places))
}

fn percents(count: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(0_u8..=100, count).prop_map(|mut all| {
        all[0] = 100;
        all
    })
}

fn options(simple: bool) -> BoxedStrategy<Vec<Value>> {
    let option = (words(simple), any::<bool>(), told(simple));
    let all = vec(option, 2..6);
    all.prop_map(|all| {
        let one = |(text, correct, feedback)| json!({"text": text, "correct": correct, "feedback": feedback});
        all.into_iter().map(one).collect()
    })
    .boxed()
}

fn choices(simple: bool) -> BoxedStrategy<(Value, Option<Vec<String>>)> {
    let single = options(simple).prop_map(|mut options| {
        options.iter_mut().enumerate().for_each(|(place, option)| option["correct"] = json!(place == 1));
        (json!({"type": "single_choice", "options": options}), None)
    });
    let scoring = prop_oneof![Just("partial"), Just("each_option"), Just("all_or_nothing")];
    let several = (options(simple), scoring).prop_map(|(mut options, scoring)| {
        options[0]["correct"] = json!(true);
        (json!({"type": "multiple_choice", "options": options, "scoring": scoring}), None)
    });
    let statement = (any::<bool>(), told(simple), told(simple)).prop_map(|(correct, yes, no)| {
        (json!({"type": "true_false", "correct": correct, "feedback_true": yes, "feedback_false": no}), None)
    });
    prop_oneof![single, several, statement].boxed()
}

fn typed(simple: bool) -> BoxedStrategy<(Value, Option<Vec<String>>)> {
    let numeric = (vec((number(), 0_u32..100, told(simple)), 1..4), percents(4), option::of(words(simple)));
    let numeric = numeric.prop_map(|(answers, percents, unit)| {
        let one = |((value, reach, feedback), percent): ((f64, u32, Option<String>), u8)| {
            json!({"value": value, "tolerance": f64::from(reach) / 100.0, "percent": percent, "feedback": feedback})
        };
        let answers: Vec<_> = answers.into_iter().zip(percents).map(one).collect();
        let unit = unit.map(|unit| unit.chars().take(40).collect::<String>());
        (json!({"type": "numeric", "answers": answers, "unit": unit}), None)
    });
    let short = (vec((words(simple), told(simple)), 1..4), percents(4), any::<bool>());
    let short = short.prop_map(|(answers, percents, exact)| {
        let one =
            |((pattern, feedback), percent)| json!({"pattern": pattern, "percent": percent, "feedback": feedback});
        let answers: Vec<_> = answers.into_iter().zip(percents).map(one).collect();
        (json!({"type": "short_text", "answers": answers, "case_sensitive": exact}), None)
    });
    let essay = (
        option::of(0_u16..50),
        option::of(50_u16..500),
        vec(words(simple), 0..3),
        any::<bool>(),
        told(simple),
        told(simple),
    );
    let essay = essay.prop_map(|(least, most, rubric, two, sample, notes)| {
        let rubric: Vec<_> = rubric.into_iter().map(|text| json!({"text": text, "points": 2.5})).collect();
        let body = json!({"type": "essay", "min_words": least, "max_words": most, "rubric": rubric, "two_markers": two,
            "sample_answer": sample, "marking_notes": notes});
        (body, None)
    });
    prop_oneof![numeric, short, essay].boxed()
}

/// What a gap is made of.
type GapOf = (String, &'static str, u8, bool, (Vec<(String, Option<String>)>, Vec<u8>), f64);

fn arranged(simple: bool) -> BoxedStrategy<(Value, Option<Vec<String>>)> {
    let matching = (vec((words(simple), words(simple), told(simple)), 2..5), vec(words(simple), 0..3));
    let matching = matching.prop_map(|(pairs, distractors)| {
        // What is told of a pair no other format knows.
        let one = |(text, partner, feedback)| json!({"text": text, "match": partner, "feedback": feedback});
        (json!({"type": "matching", "pairs": pairs.into_iter().map(one).collect::<Vec<_>>(), "distractors": distractors}), None)
    });
    let scoring = prop_oneof![Just("places"), Just("pairs"), Just("all_or_nothing")];
    let ordering = (vec(words(simple), 2..6), scoring).prop_map(|(items, scoring)| {
        let items: Vec<_> = items.into_iter().map(|text| json!({ "text": text })).collect();
        (json!({"type": "ordering", "items": items, "scoring": scoring}), None)
    });
    let answers = (vec((words(simple), told(simple)), 2..4), percents(4));
    let gap = (
        "[a-z0-9*_ ]{1,10}",
        prop_oneof![Just("text"), Just("number"), Just("choice")],
        1_u8..5,
        any::<bool>(),
        answers,
        number(),
    );
    let cloze = vec(gap, 1..4).prop_map(|gaps| {
        let ids: Vec<_> = gaps.iter().map(|gap| gap.0.clone()).collect();
        let one = |(id, input, weight, exact, (answers, percents), value): GapOf| {
            let answer = |((text, feedback), percent): ((String, Option<String>), u8)| {
                let (text, reach) = if input == "number" { (value.to_string(), 0.5) } else { (text, 0.0) };
                json!({"text": text, "percent": percent, "feedback": feedback, "tolerance": reach})
            };
            let answers: Vec<_> = answers.into_iter().zip(percents).map(answer).collect();
            json!({"id": id, "input": input, "weight": weight, "case_sensitive": exact, "answers": answers})
        };
        (json!({"type": "cloze", "gaps": gaps.into_iter().map(one).collect::<Vec<_>>()}), Some(ids))
    });
    prop_oneof![matching, ordering, cloze].boxed()
}

/// A question of any type that the API would take.
fn item(simple: bool) -> BoxedStrategy<Item> {
    let body = prop_oneof![choices(simple), typed(simple), arranged(simple)];
    let more = (option::of(words(simple)), 0_u32..4000, option::of(1_i16..=5), vec("[a-zA-Z0-9 :\\]\\[-]{1,20}", 0..3));
    let filed = (vec("[a-zA-Z/ $]{1,8}", 0..3), option::of("[a-zA-Z0-9<&\\]-]{1,10}"));
    let all = (body, words(simple), more, filed);
    let made = all.prop_filter_map(
        "the API refuses it",
        move |((body, gaps), mut text, (feedback, points, difficulty, tags), (category, id))| {
            for gap in gaps.unwrap_or_default() {
                add!(text, " {{{{{gap}}}}}");
            }
            let value = if simple {
                json!({"text": text, "feedback": feedback, "points": 1, "body": body})
            } else {
                let points = f64::from(points) / 4.0;
                json!({"category": category, "external_id": id, "text": text, "feedback": feedback, "points": points,
                "difficulty": difficulty, "tags": tags, "body": body})
            };
            let item: Item = serde_json::from_value(value).ok()?;
            item.settled(&mut Notes::default()).ok()
        },
    );
    made.boxed()
}

const BOTH: [(ExportFormat, ImportFormat); 3] = [
    (ExportFormat::Gift, ImportFormat::Gift),
    (ExportFormat::MoodleXml, ImportFormat::MoodleXml),
    (ExportFormat::Qti, ImportFormat::Qti),
];

fn back(out: ExportFormat, into: ImportFormat, items: &[Item]) -> (Vec<Item>, Vec<u8>) {
    let file = write(out, "A bank", items).unwrap();
    let found = read(into, &file, None).found;
    let shown = || String::from_utf8_lossy(&file).into_owned();
    let found = found.into_iter().map(|found| found.item.unwrap_or_else(|reason| panic!("{reason}: {}", shown())));
    (found.collect(), file)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_exported_is_imported_without_loss(items in vec(item(false), 1..4)) {
        for (out, into) in BOTH {
            let (again, file) = back(out, into, &items);
            prop_assert_eq!(&again, &items, "{:?} {}", out, String::from_utf8_lossy(&file));
        }
    }

    #[test]
    fn simple_questions_need_no_extension(item in item(true)) {
        for (out, into) in BOTH {
            let (again, file) = back(out, into, std::slice::from_ref(&item));
            prop_assert_eq!(&again[0], &item);
            let kind = item.body.kind().name();
            let native = match out {
                ExportFormat::Gift => matches!(kind, "single_choice" | "true_false" | "ordering"),
                ExportFormat::MoodleXml => matches!(kind, "single_choice" | "true_false" | "numeric" | "short_text" | "ordering"),
                ExportFormat::Qti => false,
            };
            prop_assert!(!native || !String::from_utf8_lossy(&file).contains("lyceum: "), "{}", String::from_utf8_lossy(&file));
        }
    }
}

#[test]
fn what_was_changed_by_hand_counts() {
    let item: Item = serde_json::from_value(
        json!({"text": "Where?", "points": 3, "difficulty": 2, "body": {"type": "single_choice",
        "options": [{"id": "x", "text": "Here", "correct": true}, {"id": "y", "text": "There"}]}}),
    )
    .unwrap();
    for (out, into) in [BOTH[0], BOTH[1]] {
        let file = String::from_utf8(write(out, "A bank", std::slice::from_ref(&item)).unwrap()).unwrap();
        assert!(file.contains("lyceum"), "{file}");
        let (again, notes) = super::only(super::read_text(into, &file));
        assert_eq!((&again, notes.len()), (&item, 0));
        // Space between elements and lines does not count.
        let (again, _) = super::only(super::read_text(into, &file.replace("\n<", "\n\n  <").replace('\n', "\r\n")));
        assert_eq!(again, item);
        let edit = |file: &str| {
            let (head, json) = file.rsplit_once("Here").unwrap();
            format!("{head}Elsewhere{json}")
        };
        let (changed, notes) = super::only(super::read_text(into, &edit(&file)));
        assert_eq!(super::body(&changed)["options"][0]["text"], "Elsewhere");
        assert_eq!(super::body(&changed)["options"][0]["id"], "a");
        assert!(notes.iter().any(|note| note.contains("changed after its export")), "{notes:?}");
    }
}
