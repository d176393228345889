//! Files as other systems and people write them.

use serde_json::json;

use super::super::*;
use super::{body, only, read_text, reasons};

fn items(reading: &Reading) -> Vec<&Item> {
    reading.found.iter().filter_map(|found| found.item.as_ref().ok()).collect()
}

#[test]
fn gift_of_all_kinds() {
    let reading = read_text(ImportFormat::Gift, include_str!("fixtures/mixed.gift"));
    let all = items(&reading);
    assert_eq!(
        reasons(&reading).into_iter().filter(|reason| !reason.is_empty()).collect::<Vec<_>>(),
        [
            "is a description: text that asks nothing",
            "is not closed: a } is missing",
            "has several blocks of answers; GIFT has questions with one",
            "has answers that are not understood: \"NONSENSE\"",
        ]
    );
    assert_eq!(reading.found[12].place, Place::line(52));
    assert_eq!(all.len(), 12);
    let gas = all[0];
    assert_eq!(gas.text, "Which gas do **leaves** take in?");
    assert_eq!(gas.category, ["Biology", "Cells/Tissue"]);
    assert_eq!(
        (gas.external_id.as_deref(), gas.tags.clone()),
        (Some("BIO-17"), vec!["leaves".to_owned(), "year 9] A".to_owned()])
    );
    assert_eq!(gas.feedback.as_deref(), Some("Think of [photosynthesis](https://example.org/x)."));
    assert_eq!(
        body(gas)["options"],
        json!([
            {"id": "a", "text": "Oxygen", "correct": false, "feedback": "*That* is what they give off."},
            {"id": "b", "text": "Carbon dioxide", "correct": true, "feedback": "Right"},
            {"id": "c", "text": "Nitrogen", "correct": false}, {"id": "d", "text": "Hydrogen", "correct": false}
        ])
    );
    assert_eq!(
        all[1].text,
        "The river in Paris is called the _____ and it is long.".replace("_____", "\\_\\_\\_\\_\\_")
    );
    assert_eq!(
        body(all[1])["answers"],
        json!([{"pattern": "Seine", "percent": 100}, {"pattern": "Sein", "percent": 50, "feedback": "Nearly"}])
    );
    assert_eq!(
        (body(all[2])["type"].clone(), body(all[2])["scoring"].clone()),
        (json!("multiple_choice"), json!("partial"))
    );
    assert_eq!(reading.found[2].notes, Notes::default());
    assert_eq!(
        body(all[3]),
        json!({"type": "true_false", "correct": true, "feedback_true": "Well done", "feedback_false": "It is: look up."})
    );
    assert_eq!(all[4].category, ["Mathematics"]);
    assert_eq!(
        body(all[4])["answers"],
        json!([{"value": 2.5, "tolerance": 0.005, "percent": 100, "feedback": "Fine"}])
    );
    assert_eq!(body(all[5])["answers"], json!([{"value": 3.0, "tolerance": 2.0, "percent": 100}]));
    assert_eq!(
        body(all[6])["answers"][1],
        json!({"value": 1822.0, "tolerance": 2.0, "percent": 50, "feedback": "Half"})
    );
    assert_eq!(body(all[7])["distractors"], json!(["Bern"]));
    assert_eq!((body(all[8])["type"].clone(), all[8].text.as_str()), (json!("essay"), "Say *why*."));
    assert_eq!(all[9].text, "Which is a set in Python: {1, 2} or [1, 2]?");
    assert_eq!(markup::words(body(all[9])["options"][2]["text"].as_str().unwrap()), "1 = 2 ~ 3 # 4 \\n");
    assert_eq!(body(all[10])["items"].as_array().unwrap().len(), 3);
    assert_eq!(body(all[11])["correct"], json!(false));
}

#[test]
fn moodle_xml_of_all_kinds() {
    let reading = read_text(ImportFormat::MoodleXml, include_str!("fixtures/mixed.xml"));
    let all = items(&reading);
    let refused: Vec<_> = reading
        .found
        .iter()
        .filter_map(|found| Some((found.place.line?, found.item.as_ref().err()?.as_str())))
        .collect();
    let is = |kind: &str| format!("is of a type that is not known here: {kind}");
    assert_eq!(
        refused[..5],
        [
            (37, is("calculated").as_str()),
            (38, &is("ddwtos")),
            (39, &is("gapselect")),
            (40, "is a description: text that asks nothing"),
            (43, "is a <extension>, not a <question>"),
        ]
    );
    assert!(refused[5].0 == 44 && refused[5].1.contains("is broken"), "{refused:?}");
    assert_eq!(refused[6], (45, "is not closed before the next <question>"));
    assert_eq!((all.len(), refused.len()), (10, 7));
    let gas = all[0];
    assert_eq!(gas.text, "Which gas do **leaves** take in?\n\n![a leaf](@@PLUGINFILE@@/leaf.png)");
    assert_eq!(
        (gas.category.clone(), gas.feedback.as_deref()),
        (vec!["Biologie".to_owned(), "Zellen & Gewebe".to_owned()], Some("Photosynthesis & co."))
    );
    assert_eq!((json!(gas.points), gas.external_id.as_deref(), gas.tags.len()), (json!(2), Some("BIO-17"), 2));
    assert_eq!(body(gas)["options"][1]["text"], "CO<sub>2</sub>");
    let notes = reading.found[0].notes.clone().into_inner().join("\n");
    for said in ["leaf.png", "<script>", "<hint>", "<correctfeedback>", "\"Air\" was worth 50", "order of its options"]
    {
        assert!(notes.contains(said), "{said}: {notes}");
    }
    assert_eq!(reading.found[1].notes, Notes::default());
    assert_eq!(body(all[2])["feedback_false"], "Look up");
    assert_eq!(
        (body(all[3])["case_sensitive"].clone(), body(all[3])["answers"].as_array().unwrap().len()),
        (json!(true), 3)
    );
    assert_eq!(body(all[4])["answers"][1], json!({"value": 300_000.0, "tolerance": 1000.0, "percent": 67}));
    assert_eq!(body(all[4])["unit"], "km/s");
    assert!(reading.found[4].notes.clone().into_inner().join("\n").contains("m/s"));
    assert_eq!(body(all[5])["pairs"][0], json!({"id": "a", "text": "France", "match": "Paris"}));
    assert_eq!(body(all[6])["marking_notes"], "- one\n- two");
    assert_eq!(all[7].text, "Berlin is in {{1}} and has {{2}} million people. It is {{3}}.");
    let holes = body(all[7])["gaps"].clone();
    assert_eq!(holes[0]["answers"][0], json!({"text": "Germany", "tolerance": 0.0, "percent": 100, "feedback": "Yes"}));
    assert_eq!((holes[1]["weight"].clone(), holes[1]["answers"][0]["tolerance"].clone()), (json!(2), json!(0.2)));
    assert_eq!(
        (holes[2]["input"].clone(), holes[2]["answers"][2]["text"].clone()),
        (json!("choice"), json!("medium } odd"))
    );
    assert_eq!(body(all[8])["items"][2]["text"], "ten");
    assert_eq!(markup::words(&all[9].text), "A & B \u{a0} &unknown; x");
}

#[test]
fn qti_reads_alike_in_all_versions() {
    let old = include_str!("fixtures/choice-2.1.xml");
    let (item, notes) = only(read_text(ImportFormat::Qti, old));
    assert_eq!(item.text, "Look at the picture: ![A leaf](images/leaf.png)\n\nWhich gas do *leaves* take in & use?");
    assert_eq!(json!(item.points), json!(2.5));
    assert_eq!(
        body(&item)["options"],
        json!([
            {"id": "a", "text": "Oxygen", "correct": false, "feedback": "They give that off."},
            {"id": "b", "text": "CO<sub>2</sub>", "correct": true, "feedback": "Right."}, {"id": "c", "text": "N gas", "correct": false}
        ])
    );
    assert!(
        notes.iter().any(|note| note.contains("MathML")) && notes.iter().any(|note| note.contains("leaf.png")),
        "{notes:?}"
    );
    let mut new = old.replace("imsqti_v2p1", "imsqtiasi_v3p0");
    for (from, to) in [
        ("assessmentItem", "qti-assessment-item"),
        ("responseDeclaration", "qti-response-declaration"),
        ("correctResponse", "qti-correct-response"),
        ("outcomeDeclaration", "qti-outcome-declaration"),
        ("<value>", "<qti-value>"),
        ("</value>", "</qti-value>"),
        ("defaultValue", "qti-default-value"),
        ("itemBody", "qti-item-body"),
        ("choiceInteraction", "qti-choice-interaction"),
        ("prompt", "qti-prompt"),
        ("simpleChoice", "qti-simple-choice"),
        ("feedbackInline", "qti-feedback-inline"),
        ("responseProcessing", "qti-response-processing"),
        ("modalFeedback", "qti-modal-feedback"),
        ("baseType", "base-type"),
        ("responseIdentifier", "response-identifier"),
        ("maxChoices", "max-choices"),
        ("showHide", "show-hide"),
        ("outcomeIdentifier", "outcome-identifier"),
        ("timeDependent", "time-dependent"),
    ] {
        new = new.replace(from, to);
    }
    assert_eq!(only(read_text(ImportFormat::Qti, &new)).0, item);
}

fn qti(declarations: &str, inside: &str, processing: &str) -> Reading {
    let text = format!(
        "<assessmentItem xmlns=\"http://www.imsglobal.org/xsd/imsqti_v2p2\" identifier=\"x\" title=\"X\">{declarations}<itemBody>{inside}</itemBody>{processing}</assessmentItem>"
    );
    read_text(ImportFormat::Qti, &text)
}

const MAP: &str =
    "<responseProcessing template=\"http://www.imsglobal.org/question/qti_v2p1/rptemplates/map_response\"/>";

fn declared(cardinality: &str, base: &str, correct: &[&str], mapping: &str) -> String {
    let values = correct.iter().map(|value| format!("<value>{value}</value>")).collect::<Vec<_>>().concat();
    format!(
        "<responseDeclaration identifier=\"RESPONSE\" cardinality=\"{cardinality}\" baseType=\"{base}\"><correctResponse>{values}</correctResponse>{mapping}</responseDeclaration>"
    )
}

#[test]
fn qti_interactions() {
    let mapping = "<mapping lowerBound=\"0\" defaultValue=\"-2\"><mapEntry mapKey=\"H\" mappedValue=\"1\"/><mapEntry mapKey=\"O\" mappedValue=\"1\"/><mapEntry mapKey=\"Cl\" mappedValue=\"-1\"/></mapping>";
    let choices = "<choiceInteraction responseIdentifier=\"RESPONSE\" maxChoices=\"0\"><prompt>Water?</prompt><simpleChoice identifier=\"H\">H</simpleChoice><simpleChoice identifier=\"O\">O</simpleChoice><simpleChoice identifier=\"Cl\">Cl</simpleChoice></choiceInteraction>";
    let (item, _) = only(qti(&declared("multiple", "identifier", &["H", "O"], mapping), choices, MAP));
    assert_eq!(
        (body(&item)["scoring"].clone(), body(&item)["options"][1]["correct"].clone()),
        (json!("partial"), json!(true))
    );
    let (item, _) = only(qti(
        &declared("multiple", "identifier", &["H", "O"], ""),
        choices,
        "<responseProcessing template=\"match_correct\"/>",
    ));
    assert_eq!(body(&item)["scoring"], "all_or_nothing");

    let order = "<orderInteraction responseIdentifier=\"RESPONSE\"><prompt>Order</prompt><simpleChoice identifier=\"b\">two</simpleChoice><simpleChoice identifier=\"a\">one</simpleChoice></orderInteraction>";
    let (item, _) = only(qti(&declared("ordered", "identifier", &["a", "b"], ""), order, ""));
    assert_eq!(body(&item)["items"][0]["text"], "one");

    let associable = |id: &str, text: &str| {
        format!("<simpleAssociableChoice identifier=\"{id}\" matchMax=\"4\">{text}</simpleAssociableChoice>")
    };
    let sets = format!(
        "<matchInteraction responseIdentifier=\"RESPONSE\"><prompt>Match</prompt><simpleMatchSet>{}{}</simpleMatchSet><simpleMatchSet>{}{}{}</simpleMatchSet></matchInteraction>",
        associable("C", "Capulet"),
        associable("D", "Demetrius"),
        associable("R", "Romeo"),
        associable("M", "Dream"),
        associable("T", "Tempest")
    );
    let (item, _) = only(qti(&declared("multiple", "directedPair", &["C R", "D M"], ""), &sets, ""));
    assert_eq!(body(&item)["pairs"][1]["match"], "Dream");
    assert_eq!(body(&item)["distractors"], json!(["Tempest"]));

    let entry =
        "<p>Identify it: <textEntryInteraction responseIdentifier=\"RESPONSE\" expectedLength=\"15\"/> rules.</p>";
    let mapping = "<mapping defaultValue=\"0\"><mapEntry mapKey=\"York\" mappedValue=\"1\" caseSensitive=\"false\"/><mapEntry mapKey=\"5*\" mappedValue=\"0.5\" caseSensitive=\"false\"/></mapping>";
    let (item, _) = only(qti(&declared("single", "string", &["York"], mapping), entry, MAP));
    assert_eq!(item.text, "Identify it: _____ rules.");
    assert_eq!(
        body(&item)["answers"],
        json!([{"pattern": "York", "percent": 100}, {"pattern": "5\\*", "percent": 50}])
    );
    assert_eq!(body(&item)["case_sensitive"], false);

    let equal = "<responseProcessing><responseCondition><responseIf><equal toleranceMode=\"absolute\" tolerance=\"0.5 0.5\"><variable identifier=\"RESPONSE\"/><correct identifier=\"RESPONSE\"/></equal></responseIf></responseCondition></responseProcessing>";
    let (item, notes) = only(qti(
        &declared("single", "float", &["42"], ""),
        "<p>How many?</p><p><textEntryInteraction responseIdentifier=\"RESPONSE\"/></p>",
        equal,
    ));
    assert_eq!(
        (item.text.as_str(), body(&item)["answers"][0]["tolerance"].clone(), notes.len()),
        ("How many?", json!(0.5), 0)
    );

    let inline = "<p>York is in <inlineChoiceInteraction responseIdentifier=\"RESPONSE\"><inlineChoice identifier=\"E\">England</inlineChoice><inlineChoice identifier=\"F\">France</inlineChoice></inlineChoiceInteraction>.</p>";
    let (item, _) = only(qti(&declared("single", "identifier", &["E"], ""), inline, ""));
    assert_eq!(item.text, "York is in {{1}}.");
    assert_eq!(body(&item)["gaps"][0]["answers"][1], json!({"text": "France", "tolerance": 0.0, "percent": 0}));

    let extended = "<p>Write.</p><extendedTextInteraction responseIdentifier=\"RESPONSE\"/><rubricBlock view=\"scorer\"><p>Look for this.</p></rubricBlock>";
    let (item, _) = only(qti(&declared("single", "string", &[], ""), extended, ""));
    assert_eq!((item.text.as_str(), body(&item)["marking_notes"].clone()), ("Write.", json!("Look for this.")));
}

#[test]
fn qti_that_is_refused_says_why() {
    let why = |reading: Reading| reading.found[0].item.clone().unwrap_err();
    let pair = declared(
        "single",
        "point",
        &["1 2"],
        "<areaMapping><areaMapEntry shape=\"circle\" coords=\"1,2,3\" mappedValue=\"1\"/></areaMapping>",
    );
    let point = "<selectPointInteraction responseIdentifier=\"RESPONSE\"><object type=\"image/png\" data=\"x.png\"/></selectPointInteraction>";
    assert_eq!(
        why(qti(&pair, point, "")),
        "has an interaction of a type that is not known here: selectpointinteraction"
    );
    assert_eq!(why(qti("", "<p>Nothing</p>", "")), "has no interaction: it asks nothing");
    let two = "<choiceInteraction responseIdentifier=\"A\"/><uploadInteraction responseIdentifier=\"B\"/>";
    assert_eq!(
        why(qti("", two, "")),
        "has 2 interactions (choiceinteraction, uploadinteraction); a question here has one"
    );
    assert_eq!(why(qti("", "<choiceInteraction responseIdentifier=\"A\"/>", "")), "declares no response \"A\"");
    assert_eq!(why(qti("<templateDeclaration/>", "", "")), "is made anew for each candidate, by templates");
    assert_eq!(
        why(read_text(ImportFormat::Qti, "<questestinterop/>")),
        "is QTI 1.2, which is not read: export it as 2.1 or later"
    );
    assert_eq!(why(read_text(ImportFormat::Qti, "no xml")), "is no XML: there is no element in it");
    assert_eq!(why(read_text(ImportFormat::Qti, "<a><b></a>")).split(':').next(), Some("is broken"));
}

#[test]
fn aiken_and_tables() {
    let reading = read_text(ImportFormat::Aiken, include_str!("fixtures/mixed.aiken"));
    assert_eq!(
        reasons(&reading),
        ["", "", "has no line \"ANSWER:\"", "has an answer \"D\" that is none of its options"]
    );
    assert_eq!(reading.found.iter().map(|found| found.place.line.unwrap()).collect::<Vec<_>>(), [1, 7, 13, 17]);
    assert_eq!(body(items(&reading)[0])["options"][1], json!({"id": "b", "text": "Carbon dioxide", "correct": true}));

    let reading = read_text(ImportFormat::Csv, include_str!("fixtures/mixed.csv"));
    let all = items(&reading);
    assert_eq!(
        all.iter().map(|item| item.body.kind().name()).collect::<Vec<_>>(),
        [
            "single_choice",
            "multiple_choice",
            "true_false",
            "numeric",
            "short_text",
            "matching",
            "ordering",
            "cloze",
            "essay",
        ]
    );
    assert_eq!(
        reasons(&reading)[9..],
        ["is of a type that is not known here: hotspot", "has no option that is worth 100 per cent"]
    );
    assert_eq!(
        (json!(all[0].points), all[0].tags.len(), body(all[3])["answers"][0]["value"].clone()),
        (json!(2), 2, json!(2.5))
    );
    assert!(reading.notes.into_inner()[0].contains("vendor_column"));
    assert!(read_text(ImportFormat::Csv, "a,b\n1,2").found[0].item.is_err());
}

#[test]
fn encodings_and_line_ends() {
    let text = "::Größe::Wie groß? {=größer ~kleiner}\r\n";
    let wide: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let old: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for bytes in [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), wide, old] {
        let (item, _) = only(read(ImportFormat::Gift, &bytes, None));
        assert_eq!((item.text.as_str(), body(&item)["options"][0]["text"].clone()), ("Wie groß?", json!("größer")));
    }
}
