//! Questions in Moodle XML.

use crate::exchange::item::{Item, Reading};
use crate::exchange::xml::{self, escaped};
use crate::exchange::{embedded, extension, gift};
use crate::question::multiple_choice::{MultipleChoice, Scoring};
use crate::question::{Body, essay, matching, numeric, ordering, short_text, single_choice, true_false};

/// A file.
pub fn write(items: &[Item]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n");
    let mut category: &[String] = &[];
    for item in items {
        if item.category != category {
            category = &item.category;
            out.push_str(&heading(category));
        }
        out.push_str(&question(item));
    }
    out.push_str("</quiz>\n");
    out
}

fn heading(category: &[String]) -> String {
    let path = escaped(&gift::path(category));
    format!("<question type=\"category\"><category><text>{path}</text></category></question>\n")
}

/// A question, with the extension if its words alone would not give it again.
fn question(item: &Item) -> String {
    let plain = words(item, "");
    let mut reading = Reading::default();
    super::read(&format!("<quiz>{}{plain}</quiz>", heading(&item.category)), &mut reading);
    if reading.found.len() == 1 && reading.found.first().is_some_and(|found| found.item.as_ref() == Ok(item)) {
        return plain;
    }
    let digest = xml::root(&plain).map(|element| element.digest()).unwrap_or_default();
    words(item, &format!("<!-- lyceum: {} -->\n", extension::seal(item, &digest)))
}

fn words(item: &Item, extension: &str) -> String {
    let kind = kind(&item.body);
    let mut out =
        format!("<question type=\"{kind}\">\n{extension}<name><text>{}</text></name>\n", escaped(&item.title()));
    let shown = match &item.body {
        Body::Cloze(cloze) => embedded::write(&item.text, cloze),
        _ => item.text.clone(),
    };
    out.push_str(&text("questiontext", &shown));
    out.push_str(&text("generalfeedback", item.feedback.as_deref().unwrap_or_default()));
    let points = serde_json::to_string(&item.points).unwrap_or_default();
    add!(out, "<defaultgrade>{points}</defaultgrade>\n");
    if let Some(id) = &item.external_id {
        add!(out, "<idnumber>{}</idnumber>\n", escaped(id));
    }
    body(&item.body, &mut out);
    if !item.tags.is_empty() {
        let tag = |tag: &String| format!("<tag><text>{}</text></tag>", escaped(tag));
        add!(out, "<tags>{}</tags>\n", item.tags.iter().map(tag).collect::<String>());
    }
    out.push_str("</question>\n");
    out
}

const fn kind(body: &Body) -> &'static str {
    match body {
        Body::MultipleChoice(MultipleChoice { scoring: Scoring::AllOrNothing, .. }) => "multichoiceset",
        Body::SingleChoice(_) | Body::MultipleChoice(_) => "multichoice",
        Body::TrueFalse(_) => "truefalse",
        Body::Numeric(_) => "numerical",
        Body::ShortText(_) => "shortanswer",
        Body::Matching(_) => "matching",
        Body::Ordering(_) => "ordering",
        Body::Cloze(_) => "cloze",
        Body::Essay(_) => "essay",
    }
}

/// A text in Markdown.
fn text(name: &str, markdown: &str) -> String {
    format!("<{name} format=\"markdown\"><text>{}</text></{name}>\n", escaped(markdown))
}

/// An answer with what is in it beside its text.
fn answer(out: &mut String, fraction: &str, format: &str, words: &str, feedback: Option<&str>, more: &str) {
    add!(out, "<answer fraction=\"{fraction}\" format=\"{format}\"><text>{}</text>", escaped(words));
    let feedback = escaped(feedback.unwrap_or_default());
    add!(out, "<feedback format=\"markdown\"><text>{feedback}</text></feedback>{more}</answer>\n");
}

const WORDS: &str = "moodle_auto_format";

fn body(body: &Body, out: &mut String) {
    match body {
        Body::SingleChoice(single_choice::SingleChoice { options }) => {
            out.push_str("<single>true</single>\n<shuffleanswers>true</shuffleanswers>\n<answernumbering>abc</answernumbering>\n");
            for option in options {
                let fraction = if option.correct { "100" } else { "0" };
                answer(out, fraction, "markdown", &option.text, option.feedback.as_deref(), "");
            }
        }
        Body::MultipleChoice(choice) => several(choice, out),
        Body::TrueFalse(true_false::TrueFalse { correct, feedback_true, feedback_false }) => {
            for (value, feedback) in [(true, feedback_true), (false, feedback_false)] {
                let fraction = if value == *correct { "100" } else { "0" };
                answer(out, fraction, WORDS, if value { "true" } else { "false" }, feedback.as_deref(), "");
            }
        }
        Body::Numeric(numeric::Numeric { answers, unit }) => {
            for found in answers {
                let tolerance = format!("<tolerance>{}</tolerance>", found.tolerance);
                let (fraction, value) = (found.percent.to_string(), found.value.to_string());
                answer(out, &fraction, WORDS, &value, found.feedback.as_deref(), &tolerance);
            }
            if let Some(unit) = unit {
                let unit = escaped(unit);
                add!(out, "<units><unit><multiplier>1</multiplier><unit_name>{unit}</unit_name></unit></units>\n");
            }
        }
        Body::ShortText(short_text::ShortText { answers, case_sensitive }) => {
            add!(out, "<usecase>{}</usecase>\n", u8::from(*case_sensitive));
            for found in answers {
                answer(out, &found.percent.to_string(), WORDS, &found.pattern, found.feedback.as_deref(), "");
            }
        }
        Body::Matching(pairs) => matching(pairs, out),
        Body::Ordering(order) => ordering(order, out),
        Body::Essay(essay) => written(essay, out),
        Body::Cloze(_) => {}
    }
}

fn several(choice: &MultipleChoice, out: &mut String) {
    let right = choice.options.iter().filter(|option| option.correct).count().max(1);
    #[expect(clippy::cast_precision_loss, reason = "there are few options")]
    let even = 100.0 / right as f64;
    out.push_str(
        "<single>false</single>\n<shuffleanswers>true</shuffleanswers>\n<answernumbering>abc</answernumbering>\n",
    );
    for option in &choice.options {
        let fraction = match (choice.scoring, option.correct) {
            (Scoring::AllOrNothing, true) => "100".to_owned(),
            (Scoring::AllOrNothing, false) => "0".to_owned(),
            (_, true) => gift::places(even),
            (_, false) => format!("-{}", gift::places(even)),
        };
        answer(out, &fraction, "markdown", &option.text, option.feedback.as_deref(), "");
    }
}

fn matching(question: &matching::Matching, out: &mut String) {
    out.push_str("<shuffleanswers>true</shuffleanswers>\n");
    let mut pair = |text: &str, partner: &str| {
        let (text, partner) = (escaped(text), escaped(partner));
        add!(
            out,
            "<subquestion format=\"markdown\"><text>{text}</text><answer><text>{partner}</text></answer></subquestion>\n"
        );
    };
    for found in &question.pairs {
        pair(&found.text, &found.partner);
    }
    for distractor in &question.distractors {
        pair("", &String::from(distractor.clone()));
    }
}

fn ordering(question: &ordering::Ordering, out: &mut String) {
    let grading = match question.scoring {
        ordering::Scoring::Places => "ABSOLUTE_POSITION",
        ordering::Scoring::Pairs => "RELATIVE_ALL_PREVIOUS_AND_NEXT",
        ordering::Scoring::AllOrNothing => "ALL_OR_NOTHING",
    };
    add!(
        out,
        "<layouttype>VERTICAL</layouttype>\n<selecttype>ALL</selecttype>\n<gradingtype>{grading}</gradingtype>\n"
    );
    for (place, item) in question.items.iter().enumerate() {
        answer(out, &format!("{}.0", place + 1), "markdown", &item.text, None, "");
    }
}

fn written(essay: &essay::Essay, out: &mut String) {
    out.push_str("<responseformat>editor</responseformat>\n<responserequired>1</responserequired>\n<attachments>0</attachments>\n");
    for (name, limit) in [("minwordlimit", essay.min_words), ("maxwordlimit", essay.max_words)] {
        if let Some(limit) = limit {
            add!(out, "<{name}>{limit}</{name}>\n");
        }
    }
    out.push_str(&text("graderinfo", essay.marking_notes.as_deref().unwrap_or_default()));
}
