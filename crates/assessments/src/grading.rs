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
    /// What is done about it, if it is not marked by what was seen.
    pub adjusted: Option<Adjusted<'a>>,
}

/// What is done about a question that is not marked by what was seen.
#[derive(Debug, Clone, Copy)]
pub enum Adjusted<'a> {
    /// By the key of this revision.
    By(&'a Content),
    /// By that or by the one that was seen, whichever is worth more.
    Either(&'a Content),
    /// It counts for nothing.
    Void,
    /// All its points, whatever was answered.
    Full,
}

/// The mark of one question. A wrong answer costs `wrong_percent` of its points; no answer costs nothing.
pub fn mark(graded: &Graded<'_>, wrong_percent: u8) -> Mark {
    let seen = || by(graded, graded.content, wrong_percent);
    match graded.adjusted {
        None => seen(),
        Some(Adjusted::By(corrected)) => by(graded, corrected, wrong_percent),
        Some(Adjusted::Either(corrected)) => {
            let (seen, corrected) = (seen(), by(graded, corrected, wrong_percent));
            if seen.points > corrected.points { Mark { chosen: corrected.chosen, ..seen } } else { corrected }
        }
        Some(Adjusted::Void) => Mark { points: Some(Points::ZERO), full: false, ..seen() },
        Some(Adjusted::Full) => Mark { points: graded.given.max(Some(graded.item.points)), full: true, ..seen() },
    }
}

/// The mark by a key, whichever it is.
fn by(graded: &Graded<'_>, content: &Content, wrong_percent: u8) -> Mark {
    let Graded { item, response, given, .. } = *graded;
    let answered = response.filter(|response| !response.is_blank());
    let Some(response) = answered else {
        return Mark { points: Some(given.unwrap_or_default()), answered: false, full: false, chosen: Vec::new() };
    };
    // An index means what it meant where it was seen; and what does not fit what was corrected is judged by what was seen.
    let verdict = content.body.judge(&graded.content.body.named(response));
    let verdict = verdict.or_else(|_| graded.content.body.judge(response));
    // What fits neither (it cannot be saved like that) is a wrong answer.
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

    /// A question of three options, with these right.
    fn content(right: [bool; 3]) -> Content {
        let options = right.map(|right| json!({"text": "x", "correct": right}));
        let mut body: crate::question::Body =
            serde_json::from_value(json!({"type": "multiple_choice", "options": options})).unwrap();
        body.settle("").unwrap();
        Content { text: String::new(), feedback: None, body }
    }

    fn graded(answer: serde_json::Value, wrong_percent: u8) -> Mark {
        adjusted(answer, wrong_percent, None)
    }

    fn adjusted(answer: serde_json::Value, wrong_percent: u8, adjusted: Option<Adjusted<'_>>) -> Mark {
        let content = content([true, true, false]);
        let item =
            PaperItem { question_id: QuestionId(uuid::Uuid::nil()), revision: 1, points: Points::whole(3), section: 0 };
        let response: Option<Response> = serde_json::from_value(answer).unwrap();
        let graded = Graded { item: &item, content: &content, response: response.as_ref(), given: None, adjusted };
        mark(&graded, wrong_percent)
    }

    #[test]
    fn a_corrected_key_counts_and_what_was_meant_stays() {
        let corrected = content([false, false, true]);
        let points = |answer, how| adjusted(answer, 0, Some(how)).points;
        assert_eq!(points(json!(["c"]), Adjusted::By(&corrected)), Some(Points::whole(3)));
        assert_eq!(points(json!([2]), Adjusted::By(&corrected)), Some(Points::whole(3)));
        assert_eq!(points(json!(["a", "b"]), Adjusted::By(&corrected)), Some(Points::ZERO));
        assert_eq!(points(json!(["a", "b"]), Adjusted::Either(&corrected)), Some(Points::whole(3)));
        assert_eq!(points(json!(["c"]), Adjusted::Either(&corrected)), Some(Points::whole(3)));
        assert_eq!(points(json!(["a", "b"]), Adjusted::Void), Some(Points::ZERO));
        assert_eq!(points(json!(null), Adjusted::Full), Some(Points::whole(3)));
        // An option that the corrected question does not have any more is judged as it was.
        let other = Content {
            body: {
                let options = json!([{"id": "x", "text": "x", "correct": true}, {"id": "y", "text": "y"}]);
                serde_json::from_value(json!({"type": "multiple_choice", "options": options})).unwrap()
            },
            ..corrected.clone()
        };
        assert_eq!(points(json!(["a", "b"]), Adjusted::By(&other)), Some(Points::whole(3)));
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
