//! Types of question as interactions of QTI 3.0.

use crate::exchange::item::Item;
use crate::exchange::markup::to_xhtml;
use crate::exchange::xml::escaped;
use crate::question::cloze::{Cloze, Gap, Input};
use crate::question::items::Choice;
use crate::question::multiple_choice::{MultipleChoice, Scoring};
use crate::question::{Body, essay, matching, numeric, ordering, short_text, true_false};

const MATCH: &str = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml";
const MAP: &str = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/map_response.xml";

/// What stands in an item of the type.
#[derive(Debug, Default)]
pub struct Parts {
    /// What is right.
    pub declarations: String,
    /// What is asked, with the interaction.
    pub body: String,
    /// How it is scored.
    pub processing: String,
}

impl Parts {
    /// Of a question; gaps within the text, or behind it.
    pub fn of(item: &Item, gaps_within: bool) -> Self {
        let mut parts = Self::default();
        if let Body::Cloze(cloze) = &item.body {
            parts.cloze(&item.text, cloze, gaps_within);
            return parts;
        }
        parts.body = format!("<div>{}</div>\n", to_xhtml(&item.text));
        match &item.body {
            Body::SingleChoice(choice) => {
                let right: Vec<_> = choice.options.iter().map(|option| option.correct).collect();
                parts.choice("single", &right, &choice_elements(&choice.options), None);
            }
            Body::MultipleChoice(choice) => parts.several(choice),
            Body::TrueFalse(statement) => parts.statement(statement),
            Body::Numeric(number) => parts.number(number),
            Body::ShortText(text) => parts.text(text),
            Body::Matching(pairs) => parts.matching(pairs),
            Body::Ordering(order) => parts.ordering(order),
            Body::Essay(essay) => parts.essay(essay),
            Body::Cloze(_) => {}
        }
        parts
    }

    fn template(&mut self, template: &str) {
        self.processing = format!("<qti-response-processing template=\"{template}\"/>\n");
    }

    fn declare(&mut self, id: &str, cardinality: &str, base: &str, correct: &[String], mapping: &str) {
        let value = |value: &String| format!("<qti-value>{}</qti-value>", escaped(value));
        let values: String = correct.iter().map(value).collect();
        let correct =
            if values.is_empty() { values } else { format!("<qti-correct-response>{values}</qti-correct-response>") };
        line!(
            self.declarations,
            "<qti-response-declaration identifier=\"{id}\" cardinality=\"{cardinality}\" base-type=\"{base}\">{correct}{mapping}</qti-response-declaration>"
        );
    }

    fn choice(&mut self, cardinality: &str, right: &[bool], choices: &[String], mapping: Option<&str>) {
        let correct: Vec<_> =
            right.iter().enumerate().filter(|(_, right)| **right).map(|(place, _)| format!("o{}", place + 1)).collect();
        self.declare("RESPONSE", cardinality, "identifier", &correct, mapping.unwrap_or_default());
        let most = u8::from(cardinality == "single");
        let choices = choices.concat();
        line!(
            self.body,
            "<qti-choice-interaction response-identifier=\"RESPONSE\" shuffle=\"true\" max-choices=\"{most}\">{choices}</qti-choice-interaction>"
        );
        self.template(if mapping.is_some() { MAP } else { MATCH });
    }

    fn several(&mut self, choice: &MultipleChoice) {
        let right: Vec<bool> = choice.options.iter().map(|option| option.correct).collect();
        let mapping = (choice.scoring != Scoring::AllOrNothing).then(|| {
            let entry = |(place, right): (usize, &bool)| {
                let value = if *right { "1" } else { "-1" };
                format!("<qti-map-entry map-key=\"o{}\" mapped-value=\"{value}\"/>", place + 1)
            };
            let entries: String = right.iter().enumerate().map(entry).collect();
            format!("<qti-mapping lower-bound=\"0\" default-value=\"0\">{entries}</qti-mapping>")
        });
        self.choice("multiple", &right, &choice_elements(&choice.options), mapping.as_deref());
    }

    fn statement(&mut self, statement: &true_false::TrueFalse) {
        self.declare("RESPONSE", "single", "identifier", &[statement.correct.to_string()], "");
        let choice = |id: &str, word: &str, told: &Option<String>| {
            format!(
                "<qti-simple-choice identifier=\"{id}\">{word}{}</qti-simple-choice>",
                inline_feedback(id, told.as_deref())
            )
        };
        line!(
            self.body,
            "<qti-choice-interaction response-identifier=\"RESPONSE\" shuffle=\"false\" max-choices=\"1\">{}{}</qti-choice-interaction>",
            choice("true", "True", &statement.feedback_true),
            choice("false", "False", &statement.feedback_false)
        );
        self.template(MATCH);
    }

    fn number(&mut self, number: &numeric::Numeric) {
        let full = number.answers.iter().find(|answer| answer.percent == 100).or(number.answers.first());
        let (value, reach) = full.map_or((0.0, 0.0), |answer| (answer.value, answer.tolerance));
        self.declare("RESPONSE", "single", "float", &[value.to_string()], "");
        let unit = escaped(number.unit.as_deref().unwrap_or_default());
        line!(self.body, "<p><qti-text-entry-interaction response-identifier=\"RESPONSE\"/> {unit}</p>");
        line!(
            self.processing,
            "<qti-response-processing><qti-response-condition><qti-response-if>\
             <qti-equal tolerance-mode=\"absolute\" tolerance=\"{reach} {reach}\"><qti-variable identifier=\"RESPONSE\"/>\
             <qti-correct identifier=\"RESPONSE\"/></qti-equal><qti-set-outcome-value identifier=\"SCORE\">\
             <qti-base-value base-type=\"float\">1</qti-base-value></qti-set-outcome-value></qti-response-if>\
             </qti-response-condition></qti-response-processing>"
        );
    }

    fn text(&mut self, text: &short_text::ShortText) {
        let answers = text.answers.iter().map(|answer| (short_text::example(&answer.pattern), answer.percent));
        let answers: Vec<_> = answers.collect();
        self.mapped("RESPONSE", &answers, text.case_sensitive);
        self.body.push_str("<p><qti-text-entry-interaction response-identifier=\"RESPONSE\"/></p>\n");
        self.template(MAP);
    }

    fn mapped(&mut self, id: &str, answers: &[(String, u8)], exact: bool) {
        let entry = |(text, percent): &(String, u8)| {
            let value = f64::from(*percent) / 100.0;
            format!(
                "<qti-map-entry map-key=\"{}\" mapped-value=\"{value}\" case-sensitive=\"{exact}\"/>",
                escaped(text)
            )
        };
        let entries: String = answers.iter().map(entry).collect();
        let best = answers.iter().find(|(_, percent)| *percent == 100).map(|(text, _)| text.clone());
        let correct: Vec<_> = best.into_iter().collect();
        self.declare(
            id,
            "single",
            "string",
            &correct,
            &format!("<qti-mapping default-value=\"0\">{entries}</qti-mapping>"),
        );
    }

    fn matching(&mut self, question: &matching::Matching) {
        let mut choices: Vec<String> = Vec::new();
        for pair in &question.pairs {
            if !choices.contains(&pair.partner) {
                choices.push(pair.partner.clone());
            }
        }
        choices.extend(question.distractors.iter().cloned().map(String::from));
        let place = |partner: &str| choices.iter().position(|choice| choice == partner).unwrap_or_default() + 1;
        let pairs = question.pairs.iter().enumerate();
        let correct: Vec<_> = pairs.map(|(at, pair)| format!("p{} c{}", at + 1, place(&pair.partner))).collect();
        self.declare("RESPONSE", "multiple", "directedPair", &correct, "");
        let most = question.pairs.len();
        let choice = |id: String, most: usize, html: String| {
            format!(
                "<qti-simple-associable-choice identifier=\"{id}\" match-max=\"{most}\">{html}</qti-simple-associable-choice>"
            )
        };
        let left =
            question.pairs.iter().enumerate().map(|(at, pair)| choice(format!("p{}", at + 1), 1, to_xhtml(&pair.text)));
        let right = choices.iter().enumerate().map(|(at, text)| choice(format!("c{}", at + 1), most, escaped(text)));
        let (left, right): (String, String) = (left.collect(), right.collect());
        line!(
            self.body,
            "<qti-match-interaction response-identifier=\"RESPONSE\" shuffle=\"true\" max-associations=\"{most}\">\
             <qti-simple-match-set>{left}</qti-simple-match-set><qti-simple-match-set>{right}</qti-simple-match-set></qti-match-interaction>"
        );
        self.template(MATCH);
    }

    fn ordering(&mut self, question: &ordering::Ordering) {
        let id = |place: usize| format!("o{}", place + 1);
        let correct: Vec<_> = (0..question.items.len()).map(id).collect();
        self.declare("RESPONSE", "ordered", "identifier", &correct, "");
        let mut shown: Vec<_> = question.items.iter().enumerate().collect();
        // Their order in the file would be the key for players that do not shuffle.
        shown.sort_by_key(|(_, item)| crate::question::items::blind(&item.text));
        let choices = shown.into_iter().map(|(place, item)| {
            format!("<qti-simple-choice identifier=\"{}\">{}</qti-simple-choice>", id(place), to_xhtml(&item.text))
        });
        let choices: String = choices.collect();
        line!(
            self.body,
            "<qti-order-interaction response-identifier=\"RESPONSE\" shuffle=\"true\">{choices}</qti-order-interaction>"
        );
        self.template(MATCH);
    }

    fn essay(&mut self, essay: &essay::Essay) {
        let correct: Vec<_> = essay.sample_answer.iter().cloned().collect();
        self.declare("RESPONSE", "single", "string", &correct, "");
        if let Some(marking) = &essay.marking_notes {
            let html = to_xhtml(marking);
            line!(
                self.body,
                "<qti-rubric-block use=\"scoring\" view=\"scorer\"><qti-content-body>{html}</qti-content-body></qti-rubric-block>"
            );
        }
        self.body.push_str("<qti-extended-text-interaction response-identifier=\"RESPONSE\"/>\n");
    }

    fn cloze(&mut self, text: &str, cloze: &Cloze, within: bool) {
        let mark = |place: usize| format!("GAP\u{2060}{place}\u{2060}");
        let mut marked = text.to_owned();
        for (place, gap) in cloze.gaps.iter().enumerate() {
            marked = marked.replacen(&format!("{{{{{}}}}}", gap.id), &mark(place), 1);
        }
        let mut html = to_xhtml(&marked);
        let mut behind = String::new();
        for (place, gap) in cloze.gaps.iter().enumerate() {
            let element = self.gap(place + 1, gap);
            if within && html.matches(&mark(place)).count() == 1 {
                html = html.replacen(&mark(place), &element, 1);
            } else {
                html = html.replace(&mark(place), "_____");
                add!(behind, "<p>{element}</p>");
            }
        }
        self.body = format!("<div>{html}</div>{behind}\n");
        let each = |place: usize| {
            format!(
                "<qti-set-outcome-value identifier=\"SCORE\"><qti-sum><qti-variable identifier=\"SCORE\"/>\
                 <qti-map-response identifier=\"RESPONSE{place}\"/></qti-sum></qti-set-outcome-value>"
            )
        };
        let all: String = (1..=cloze.gaps.len()).map(each).collect();
        self.processing = format!("<qti-response-processing>{all}</qti-response-processing>\n");
    }

    fn gap(&mut self, place: usize, gap: &Gap) -> String {
        let id = format!("RESPONSE{place}");
        if gap.input != Input::Choice {
            let text = |text: &str| if gap.input == Input::Text { short_text::example(text) } else { text.to_owned() };
            let answers: Vec<_> = gap.answers.iter().map(|answer| (text(&answer.text), answer.percent)).collect();
            self.mapped(&id, &answers, gap.case_sensitive);
            if gap.input == Input::Number {
                self.declarations = self.declarations.replace(
                    &format!("identifier=\"{id}\" cardinality=\"single\" base-type=\"string\""),
                    &format!("identifier=\"{id}\" cardinality=\"single\" base-type=\"float\""),
                );
            }
            return format!("<qti-text-entry-interaction response-identifier=\"{id}\"/>");
        }
        let answers = gap.answers.iter().enumerate();
        let entries = answers.clone().map(|(at, answer)| (format!("o{}", at + 1), answer.percent));
        self.mapped(&id, &entries.collect::<Vec<_>>(), false);
        self.declarations = self.declarations.replace(
            &format!("identifier=\"{id}\" cardinality=\"single\" base-type=\"string\""),
            &format!("identifier=\"{id}\" cardinality=\"single\" base-type=\"identifier\""),
        );
        let choice = |(at, answer): (usize, &crate::question::cloze::Accepted)| {
            format!("<qti-inline-choice identifier=\"o{}\">{}</qti-inline-choice>", at + 1, escaped(&answer.text))
        };
        let choices: String = answers.map(choice).collect();
        format!(
            "<qti-inline-choice-interaction response-identifier=\"{id}\" shuffle=\"true\">{choices}</qti-inline-choice-interaction>"
        )
    }
}

fn inline_feedback(id: &str, text: Option<&str>) -> String {
    let Some(text) = text else { return String::new() };
    let html = to_xhtml(text);
    format!(
        "<qti-feedback-inline outcome-identifier=\"FEEDBACK\" identifier=\"{id}\" show-hide=\"show\">{html}</qti-feedback-inline>"
    )
}

fn choice_elements(options: &[Choice]) -> Vec<String> {
    let element = |(place, option): (usize, &Choice)| {
        let id = format!("o{}", place + 1);
        let told = inline_feedback(&id, option.feedback.as_deref());
        format!("<qti-simple-choice identifier=\"{id}\">{}{told}</qti-simple-choice>", to_xhtml(&option.text))
    };
    options.iter().enumerate().map(element).collect()
}
