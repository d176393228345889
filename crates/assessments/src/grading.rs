//! What an attempt is worth: a pure function of what was asked, what was answered, and what people gave for it.

use crate::model::attempt::{Mark, PaperItem};
use crate::model::question::Content;
use crate::points::{Points, Share};
use crate::question::Response;

/// What is known of one question when it is graded.
#[derive(Debug, Clone, Copy)]
pub struct Graded<'a> {
    /// The question in the attempt.
    pub item: &'a PaperItem,
    /// What it says.
    pub content: &'a Content,
    /// What was answered.
    pub response: Option<&'a Response>,
    /// What people gave for it.
    pub given: Option<Points>,
}

/// The mark of one question. A wrong answer costs `wrong_percent` of its points; no answer costs nothing.
pub fn mark(graded: &Graded<'_>, wrong_percent: u8) -> Mark {
    let Graded { item, content, response, given } = *graded;
    let answered = response.filter(|response| !response.is_blank());
    let Some(response) = answered else {
        return Mark { points: Some(given.unwrap_or_default()), answered: false, full: false, chosen: Vec::new() };
    };
    // What does not fit the question any more (it cannot be saved like that) is a wrong answer.
    let verdict = content.body.judge(response);
    let (share, chosen) = verdict.map_or((Some(Share::NONE), Vec::new()), |verdict| (verdict.share, verdict.chosen));
    let points = given.or_else(|| share.map(|share| worth(item.points, share, wrong_percent)));
    let full = points == Some(item.points) && item.points > Points::ZERO || share.is_some_and(Share::is_full);
    Mark { points, answered: true, full, chosen }
}

fn worth(points: Points, share: Share, wrong_percent: u8) -> Points {
    if share.is_none() { -points.share(Share::percent(wrong_percent)) } else { points.share(share) }
}

/// The sum of what is marked, and whether everything is.
pub fn total(marks: &[Mark]) -> (Points, bool) {
    (marks.iter().filter_map(|mark| mark.points).sum(), marks.iter().all(|mark| mark.points.is_some()))
}

/// Whether a score reaches a pass mark in per cent, exactly.
pub fn passes(score: Points, most: Points, pass_mark: u8) -> bool {
    i128::from(score.millionths()) * 100 >= i128::from(most.millionths()) * i128::from(pass_mark)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::question::QuestionId;

    fn graded(answer: serde_json::Value, wrong_percent: u8) -> Mark {
        let mut body: crate::question::Body = serde_json::from_value(json!({
            "type": "multiple_choice", "options": [{"text": "x", "correct": true}, {"text": "y", "correct": true}, {"text": "z"}]
        }))
        .unwrap();
        body.settle("").unwrap();
        let content = Content { text: String::new(), feedback: None, body };
        let item =
            PaperItem { question_id: QuestionId(uuid::Uuid::nil()), revision: 1, points: Points::whole(3), section: 0 };
        let response: Option<Response> = serde_json::from_value(answer).unwrap();
        mark(&Graded { item: &item, content: &content, response: response.as_ref(), given: None }, wrong_percent)
    }

    #[test]
    fn a_wrong_answer_costs_and_none_does_not() {
        assert_eq!(graded(json!(["a", "b"]), 50).points, Some(Points::whole(3)));
        assert_eq!(graded(json!(["a"]), 50).points, Some(Points::from_f64(1.5)));
        assert_eq!(graded(json!(["c"]), 50).points, Some(Points::from_f64(-1.5)));
        assert_eq!(graded(json!(["c"]), 0).points, Some(Points::ZERO));
        assert_eq!(graded(json!([]), 50).points, Some(Points::ZERO));
        assert_eq!(graded(json!(null), 50).points, Some(Points::ZERO));
        assert!(!graded(json!([]), 50).answered && graded(json!(["a", "b"]), 0).full);
    }

    #[test]
    fn passing_is_exact() {
        assert!(passes(Points::from_f64(0.6), Points::whole(1), 60));
        assert!(!passes(Points::of_millionths(599_999), Points::whole(1), 60));
        assert!(passes(Points::ZERO, Points::ZERO, 50));
    }
}
