//! Questions in GIFT.

use super::blocks;
use super::signs::SPECIAL;
use crate::exchange::extension;
use crate::exchange::item::{Item, Reading};
use crate::question::multiple_choice::Scoring;
use crate::question::{Body, matching, multiple_choice, numeric, ordering, short_text, single_choice, true_false};

/// A file.
pub fn write(items: &[Item]) -> String {
    let mut out = String::from("// Questions in GIFT. Comments \"lyceum:\" keep what the format cannot say.\n\n");
    let mut category: &[String] = &[];
    for item in items {
        if item.category != category {
            category = &item.category;
            out.push_str(&heading(category));
        }
        out.push_str(&question(item));
        out.push('\n');
    }
    out
}

fn heading(category: &[String]) -> String {
    format!("$CATEGORY: {}\n\n", blocks::path(category))
}

/// A question, with the extension if its words alone would not give it again.
fn question(item: &Item) -> String {
    let words = words(item);
    let mut comment = String::new();
    let mark = |text: &str| text.replace('\\', "\\\\").replace(']', "\\]").replace('\n', " ");
    if let Some(id) = &item.external_id {
        add!(comment, " [id:{}]", mark(id));
    }
    for tag in &item.tags {
        add!(comment, " [tag:{}]", mark(tag));
    }
    let comment = if comment.is_empty() { comment } else { format!("//{comment}\n") };
    let plain = format!("{comment}{words}\n");
    let mut reading = Reading::default();
    super::read(&format!("{}{plain}", heading(&item.category)), &mut reading);
    let same = reading.found.len() == 1 && reading.found.first().is_some_and(|found| found.item.as_ref() == Ok(item));
    if same {
        plain
    } else {
        format!("// lyceum: {}\n{plain}", extension::seal(item, &extension::digest(&blocks::normal(&words))))
    }
}

/// Text with its special characters marked, on one line.
fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => {}
            c => {
                if SPECIAL.contains(&c) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    out
}

fn words(item: &Item) -> String {
    let mut out = format!("::{}::[markdown]{} {{", marked(&item.title()), marked(&item.text));
    body(&item.body, &mut out);
    if let Some(feedback) = &item.feedback {
        add!(out, "\n\t####{}", marked(feedback));
    }
    out.push('}');
    out
}

fn body(body: &Body, out: &mut String) {
    match body {
        Body::SingleChoice(single_choice::SingleChoice { options }) => {
            for option in options {
                let weight = if option.correct { "=" } else { "~" };
                answer(out, weight, &option.text, option.feedback.as_deref());
            }
        }
        Body::MultipleChoice(choice) => several(choice, out),
        Body::TrueFalse(true_false::TrueFalse { correct, feedback_true, feedback_false }) => {
            let (right, wrong) =
                if *correct { (feedback_true, feedback_false) } else { (feedback_false, feedback_true) };
            out.push_str(if *correct { "TRUE" } else { "FALSE" });
            if right.is_some() || wrong.is_some() {
                add!(out, "#{}", marked(wrong.as_deref().unwrap_or_default()));
                if let Some(right) = right {
                    add!(out, "#{}", marked(right));
                }
            }
        }
        Body::Numeric(numeric::Numeric { answers, .. }) => {
            out.push('#');
            for found in answers {
                let text = format!("{}:{}", found.value, found.tolerance);
                line(out, &format!("=%{}%", found.percent), &text, found.feedback.as_deref());
            }
        }
        Body::ShortText(short_text::ShortText { answers, .. }) => {
            for found in answers {
                answer(out, &format!("=%{}%", found.percent), &found.pattern, found.feedback.as_deref());
            }
        }
        Body::Matching(matching::Matching { pairs, distractors }) => {
            for pair in pairs {
                add!(out, "\n\t={} -> {}", marked(&pair.text), marked(&pair.partner));
            }
            for distractor in distractors {
                add!(out, "\n\t= -> {}", marked(&String::from(distractor.clone())));
            }
            out.push('\n');
        }
        Body::Ordering(ordering::Ordering { items, scoring }) => {
            let scoring = match scoring {
                ordering::Scoring::Places => "ABSOLUTE_POSITION",
                ordering::Scoring::Pairs => "RELATIVE_ALL_PREVIOUS_AND_NEXT",
                ordering::Scoring::AllOrNothing => "ALL_OR_NOTHING",
            };
            add!(out, ">{} ALL VERTICAL {scoring} SHOW", items.len());
            for item in items {
                add!(out, "\n{}", marked(&item.text));
            }
            out.push('\n');
        }
        // A cloze has several gaps and GIFT has one: what others read is the text.
        Body::Essay(_) | Body::Cloze(_) => {}
    }
}

fn several(choice: &multiple_choice::MultipleChoice, out: &mut String) {
    let right = choice.options.iter().filter(|option| option.correct).count().max(1);
    #[expect(clippy::cast_precision_loss, reason = "there are few options")]
    let even = 100.0 / right as f64;
    let wrong = if choice.scoring == Scoring::AllOrNothing { 100.0 } else { even };
    for option in &choice.options {
        let weight = if option.correct { format!("~%{}%", places(even)) } else { format!("~%-{}%", places(wrong)) };
        answer(out, &weight, &option.text, option.feedback.as_deref());
    }
}

/// With at most five places, as Moodle has them.
pub fn places(number: f64) -> String {
    format!("{number:.5}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn answer(out: &mut String, weight: &str, text: &str, feedback: Option<&str>) {
    line(out, weight, &marked(text), feedback);
}

fn line(out: &mut String, weight: &str, text: &str, feedback: Option<&str>) {
    add!(out, "\n\t{weight}{text}");
    if let Some(feedback) = feedback {
        add!(out, "#{}", marked(feedback));
    }
}
