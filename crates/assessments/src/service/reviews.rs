//! What is told of an attempt that is over: as much as the review policy allows, and all of it to staff of the test.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::{AttemptId, Principal, Scope};
use sea_orm::ConnectionTrait;

use super::AssessmentsService;
use super::attempts::as_asked;
use crate::dto::attempt::{AttemptResult, ReviewedQuestion};
use crate::error::AssessmentError;
use crate::model::attempt::{Mark, Model, State};
use crate::model::question::Content;
use crate::model::settings::{Settings, Shown};
use crate::model::{answer, test};
use crate::repo::attempts;

/// How long "right after" is.
const RIGHT_AFTER: TimeDelta = TimeDelta::minutes(2);

/// What whoever took it is shown of an attempt at a moment. "After close" is when nobody can be answering any more: when the test is
/// closed and the longest of the deadlines of this person's attempt has passed.
pub(super) fn shown(settings: &Settings, row: &Model, now: DateTime<Utc>) -> Shown {
    shown_at(settings, (row.finished_at, row.deadline.0.closes_at), now)
}

/// The same by when it ended and when the test closes for whoever took it.
pub(super) fn shown_at(
    settings: &Settings,
    (finished, closes): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
) -> Shown {
    let Some(finished) = finished else { return Shown::default() };
    let closes = settings.closes_at.max(closes);
    if closes.is_some_and(|closes| now >= closes) {
        settings.review.after_close
    } else if now - finished <= RIGHT_AFTER {
        settings.review.right_after
    } else {
        settings.review.later
    }
}

impl AssessmentsService {
    /// One attempt that is over.
    pub(crate) async fn review(&self, who: &Principal, id: AttemptId) -> Result<AttemptResult, AssessmentError> {
        let (row, blueprint, staff) = self.attempt_seen(who, id).await?;
        if row.state == State::Open {
            return Err(AssessmentError::AttemptOpen);
        }
        let db = self.platform.db.read(Scope::School(row.school_id));
        let saved = attempts::answers(&db, (row.school_id, id)).await?;
        self.reviewed(&db, &blueprint.row, &row, (&saved, staff), self.platform.clock.now()).await
    }

    /// As much of it as may be told.
    pub(super) async fn reviewed(
        &self,
        db: &impl ConnectionTrait,
        test: &test::Model,
        row: &Model,
        (saved, staff): (&[answer::Model], bool),
        now: DateTime<Utc>,
    ) -> Result<AttemptResult, AssessmentError> {
        let all = Shown { answers: true, score: true, points: true, feedback: true, key: true };
        let shown = if staff { all } else { shown(&test.settings, row, now) };
        let keys: Vec<_> = row.paper.0.iter().map(|item| (item.question_id, item.revision)).collect();
        let revisions = self.revisions(db, row.school_id, &keys).await?;
        let adjustments = test.adjustments.clone().unwrap_or_default();
        let mut details = BTreeMap::new();
        for (place, (item, revision)) in row.paper.0.iter().zip(&revisions).enumerate() {
            let saved = saved.iter().find(|saved| saved.question_id == item.question_id);
            let mark = row.marks.as_ref().and_then(|marks| marks.0.get(place));
            let one = reviewed(shown, &revision.content, (saved, mark));
            details.insert(item.question_id, ReviewedQuestion { max_points: adjustments.worth(item), ..one });
        }
        // Nothing is asked again before the answers may be seen: others may still be at it.
        let questions = if shown.answers {
            let mut questions = as_asked(row, &revisions, saved);
            for question in &mut questions {
                question.members.seq = None;
            }
            questions
        } else {
            Vec::new()
        };
        Ok(AttemptResult {
            id: row.id,
            test_id: row.test_id,
            user_id: row.user_id,
            number: row.number,
            state: row.state,
            started_at: row.started_at,
            finished_at: row.finished_at,
            graded: row.graded,
            score: row.score.filter(|_| shown.score),
            max_score: row.max_score,
            passed: row.passed.filter(|_| shown.score),
            details,
            questions,
            version: row.version,
        })
    }
}

fn reviewed(
    shown: Shown,
    content: &Content,
    (saved, mark): (Option<&answer::Model>, Option<&Mark>),
) -> ReviewedQuestion {
    let response = saved.and_then(|saved| saved.response.as_ref()).map(|response| &response.0);
    let remarks = response.filter(|_| shown.feedback).and_then(|response| content.body.judge(response).ok());
    ReviewedQuestion {
        selected_option: response.filter(|_| shown.answers).cloned(),
        points: mark.filter(|_| shown.points).and_then(|mark| mark.points),
        max_points: crate::points::Points::ZERO,
        correct: mark.filter(|mark| shown.points && mark.points.is_some()).map(|mark| mark.full),
        correct_answer: if shown.key { content.body.ideal() } else { None },
        remarks: remarks.map(|verdict| verdict.remarks).unwrap_or_default(),
        feedback: content.feedback.clone().filter(|_| shown.feedback),
        comment: saved.and_then(|saved| saved.comment.clone()).filter(|_| shown.feedback),
    }
}
