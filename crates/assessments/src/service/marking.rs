//! Marking by people: what waits for them, and what they give.

use lyceum_kernel::{AttemptId, Cursor, Page, PageRequest, Principal, Scope, TestId};
use lyceum_platform::uow::{Answer, Committed, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use serde_json::{Value, json};

use super::AssessmentsService;
use super::attempts::{ATTEMPT, audit, facts};
use super::finishing::tell;
use crate::dto::attempt::AttemptResult;
use crate::dto::marking::{AwaitedAnswer, GradeAnswer};
use crate::error::AssessmentError;
use crate::model::attempt::{Model, State};
use crate::model::question::QuestionId;
use crate::model::{answer, attempt};
use crate::points::Points;
use crate::policy::Refusal;
use crate::question::Body;
use crate::repo::{attempts, marking};

impl AssessmentsService {
    /// A page of the answers at a test that wait for a person.
    pub(crate) async fn grading_queue(
        &self,
        who: &Principal,
        id: TestId,
        request: &PageRequest,
    ) -> Result<Page<AwaitedAnswer>, AssessmentError> {
        let school = self.test_watched(who, id).await?.row.school_id;
        let db = self.platform.db.read(Scope::School(school));
        let (rows, total) = marking::queue(&db, (school, id), request).await?;
        let cursor =
            |row: &answer::Model| Cursor { id: row.attempt_id.uuid(), key: row.question_id.uuid().as_bytes().to_vec() };
        let page = Page::cut(rows, request, cursor);
        let ids: Vec<_> = page.items.iter().map(|row| row.attempt_id).collect();
        let attempts = marking::attempts(&db, school, &ids).await?;
        let item = |row: &answer::Model| {
            let attempt = attempts.iter().find(|attempt| attempt.id == row.attempt_id)?;
            let item = attempt.paper.0.iter().find(|item| item.question_id == row.question_id)?;
            Some((attempt, item))
        };
        let keys: Vec<_> =
            page.items.iter().filter_map(item).map(|(_, item)| (item.question_id, item.revision)).collect();
        let revisions = self.revisions(&db, school, &keys).await?;
        let views = page.items.iter().filter_map(|row| Some((row, item(row)?))).zip(revisions);
        let views = views.map(|((row, (attempt, item)), revision)| AwaitedAnswer {
            attempt_id: row.attempt_id,
            user_id: attempt.user_id,
            question_id: row.question_id,
            text: revision.content.text.clone(),
            answer: row.response.clone().map(|response| response.0),
            max_points: item.points,
            finished_at: attempt.finished_at,
            first_marker_id: row.marker_id,
        });
        Ok(Page { items: views.collect(), next: page.next, total })
    }

    /// Gives points for an answer. Once everything in the attempt is marked, the others are told.
    pub(crate) async fn grade_answer(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, question, form): (AttemptId, QuestionId, GradeAnswer),
    ) -> Result<Committed<AttemptResult>, AssessmentError> {
        let (seen, blueprint, staff) = self.attempt_seen(who, id).await?;
        if !staff || who.school_id.is_none() {
            return Err(Refusal::NotYourTest.into());
        }
        let (school, test) = (seen.school_id, &blueprint.row);
        let mut tx = uow.begin().await?;
        let row = attempts::hold(tx.conn(), school, id).await?.ok_or(AssessmentError::NotFound)?;
        let item = row.paper.0.iter().find(|item| item.question_id == question).ok_or(AssessmentError::NotFound)?;
        let (worth, key) = (item.points, (item.question_id, item.revision));
        match row.state {
            State::Open => return Err(AssessmentError::AttemptOpen),
            State::Abandoned => return Err(AssessmentError::AttemptClosed),
            State::Submitted | State::Overdue | State::Closed => {}
        }
        if_match.require(&etag(ATTEMPT, row.version))?;
        if form.points.points() > worth {
            return Err(AssessmentError::TooManyPoints);
        }
        let two = self.revisions(tx.conn(), school, &[key]).await?;
        let two = two.iter().any(|revision| matches!(&revision.content.body, Body::Essay(essay) if essay.two_markers));
        let mut saved = attempts::answers(tx.conn(), (school, id)).await?;
        let before = saved.iter().find(|saved| saved.question_id == question).cloned();
        let after = given(before.clone().unwrap_or_else(|| unanswered(&row, question)), who, form, two);
        marking::write(tx.conn(), &after, before.is_none()).await?;
        saved.retain(|saved| saved.question_id != question);
        saved.push(after.clone());
        let was = facts(&row);
        let (graded, _) = self.graded(tx.conn(), test, row, &saved).await?;
        let graded = Model { version: graded.version + 1, updated_at: tx.now(), ..graded };
        attempts::write(tx.conn(), &graded).await?;
        let entry = audit("assessments.answer_graded", &graded);
        tx.audit(entry.before(told(before.as_ref(), &was)).after(told(Some(&after), &facts(&graded))));
        tell(&mut tx, test, &graded);
        let view = self.reviewed(tx.conn(), test, &graded, (&saved, true), tx.now()).await?;
        let tag = etag(ATTEMPT, graded.version);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }
}

/// The answer with what somebody gives for it: as its first marker, or as its second if there is another first.
fn given(row: answer::Model, who: &Principal, form: GradeAnswer, two: bool) -> answer::Model {
    let GradeAnswer { points, comment, rubric } = form;
    let points: Points = points.points();
    let rubric = (!rubric.is_empty()).then(|| json!(rubric));
    let comment = comment.or(row.comment.clone());
    let second = two && row.marker_id.is_some_and(|first| first != who.user_id);
    if second {
        let (second_points, second_marker_id) = (Some(points), Some(who.user_id));
        return answer::Model { second_points, second_marker_id, comment, awaits_marking: false, ..row };
    }
    let awaits_marking = two && row.second_points.is_none();
    answer::Model { points: Some(points), marker_id: Some(who.user_id), comment, rubric, awaits_marking, ..row }
}

fn unanswered(row: &attempt::Model, question: QuestionId) -> answer::Model {
    answer::Model {
        school_id: row.school_id,
        attempt_id: row.id,
        question_id: question,
        seq: 0,
        response: None,
        saved_at: row.finished_at.unwrap_or(row.started_at),
        client_time: None,
        awaits_marking: false,
        points: None,
        comment: None,
        rubric: None,
        marker_id: None,
        second_points: None,
        second_marker_id: None,
    }
}

/// What the audit log keeps of a mark.
fn told(row: Option<&answer::Model>, attempt: &Value) -> Value {
    let mark = row.map(|row| {
        json!({
            "question_id": row.question_id, "points": row.points, "second_points": row.second_points, "comment": row.comment,
            "rubric": row.rubric,
        })
    });
    json!({ "mark": mark, "score": attempt["score"], "graded": attempt["graded"] })
}
