//! How attempts end: handed in, closed by an invigilator, closed because their time is over, or taken in one step. Each ends once.

use lyceum_kernel::events::assessments::{AttemptAwaitsMarking, AttemptGraded};
use lyceum_kernel::{AttemptId, Fault, PermissionMarker as _, Principal, SchoolId, TestId};
use lyceum_platform::uow::{Answer, Committed, Tx, UnitOfWork};
use lyceum_web::etag;
use sea_orm::ConnectionTrait;

use super::AssessmentsService;
use super::attempts::{ATTEMPT, audit, facts, new_attempt};
use crate::dto::attempt::{Answers, AttemptResult};
use crate::error::AssessmentError;
use crate::grading::{self, Adjusted, Graded};
use crate::model::adjustment::{Action, Adjustments};
use crate::model::answer::{self, Answered};
use crate::model::attempt::{Marks, Model, PaperItem, State};
use crate::model::question::{Content, QuestionId};
use crate::model::settings::Overdue;
use crate::model::test;
use crate::perm::TestInvigilate;
use crate::points::{Points, Share};
use crate::policy::Refusal;
use crate::question::Body;
use crate::repo::{attempts, tests};
use crate::tally;

/// How an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Handed in.
    Submitted,
    /// Closed by an invigilator.
    Closed,
    /// Its time is over.
    Overdue,
}

impl AssessmentsService {
    /// Hands the caller's attempt in. Whoever does so again gets the same result.
    pub(crate) async fn submit_attempt(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: AttemptId,
    ) -> Result<Committed<AttemptResult>, AssessmentError> {
        let school = who.school_id.ok_or(AssessmentError::NotFound)?;
        let mut tx = uow.begin().await?;
        let row = attempts::hold(tx.conn(), school, id).await?;
        let row = row.filter(|row| row.user_id == who.user_id).ok_or(AssessmentError::NotFound)?;
        let test = self.test_of(&tx, &row).await?;
        let over = row.ends_at.is_some_and(|ends| tx.now() > ends);
        let how = if over { How::Overdue } else { How::Submitted };
        let (row, saved) = if row.state == State::Open {
            self.finish(&mut tx, &test, row, how).await?
        } else {
            let saved = attempts::answers(tx.conn(), (school, id)).await?;
            (row, saved)
        };
        let view = self.reviewed(tx.conn(), &test, &row, (&saved, false), tx.now()).await?;
        let tag = etag(ATTEMPT, row.version);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }

    /// Closes somebody's attempt with what was saved.
    pub(crate) async fn force_submit(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: AttemptId,
    ) -> Result<Committed<AttemptResult>, AssessmentError> {
        let (seen, _, staff) = self.attempt_seen(who, id).await?;
        if !(staff && who.may(TestInvigilate::PERMISSION)) || who.school_id.is_none() {
            return Err(Refusal::NotYourTest.into());
        }
        let mut tx = uow.begin().await?;
        let row = attempts::hold(tx.conn(), seen.school_id, id).await?.ok_or(AssessmentError::NotFound)?;
        if row.state != State::Open {
            return Err(AssessmentError::AttemptClosed);
        }
        let test = self.test_of(&tx, &row).await?;
        let (row, saved) = self.finish(&mut tx, &test, row, How::Closed).await?;
        let view = self.reviewed(tx.conn(), &test, &row, (&saved, true), tx.now()).await?;
        let tag = etag(ATTEMPT, row.version);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }

    /// Closes an attempt if its time is over and nobody else has ended it. Exactly once: whoever holds the row decides.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn close_overdue(
        &self,
        uow: UnitOfWork,
        (school, id): (SchoolId, AttemptId),
    ) -> Result<(), AssessmentError> {
        let mut tx = uow.begin().await?;
        let Some(row) = attempts::hold(tx.conn(), school, id).await? else { return Ok(()) };
        let over = row.state == State::Open && row.ends_at.is_some_and(|ends| tx.now() > ends);
        if over {
            let test = tests::any(tx.conn(), lyceum_kernel::Scope::School(school), row.test_id).await?;
            let test = test.ok_or(AssessmentError::NotFound)?;
            self.finish(&mut tx, &test, row, How::Overdue).await?;
        }
        Ok(tx.commit_quietly().await?)
    }

    /// The test of an attempt, from memory if it is at hand. Of one that was deleted nothing is seen.
    async fn test_of(&self, tx: &Tx, row: &Model) -> Result<test::Model, AssessmentError> {
        if let Some(at_hand) = self.blueprints.get(&(row.school_id, row.test_id)) {
            return Ok(at_hand.row.clone());
        }
        let test = tests::any(tx.conn(), lyceum_kernel::Scope::School(row.school_id), row.test_id).await?;
        test.filter(|test| test.deleted_at.is_none()).ok_or(AssessmentError::NotFound)
    }

    /// Ends an open attempt that is held: marks what can be marked, and tells the others once everything is.
    pub(super) async fn finish(
        &self,
        tx: &mut Tx,
        test: &test::Model,
        row: Model,
        how: How,
    ) -> Result<(Model, Vec<answer::Model>), AssessmentError> {
        let saved = attempts::answers(tx.conn(), (row.school_id, row.id)).await?;
        let (before, ended) = (facts(&row), Model { state: state(test, how), finished_at: Some(tx.now()), ..row });
        let (after, waiting) = self.graded(tx.conn(), test, ended, &saved).await?;
        let after = Model { version: after.version + 1, updated_at: tx.now(), ..after };
        attempts::write(tx.conn(), &after).await?;
        attempts::await_marking(tx.conn(), (after.school_id, after.id), waiting).await?;
        let action = match how {
            How::Submitted => "assessments.attempt_submitted",
            How::Closed => "assessments.attempt_closed",
            How::Overdue => "assessments.attempt_overdue",
        };
        tx.audit(audit(action, &after).before(before).after(facts(&after)));
        tell_ended(tx, test, &after);
        self.call_room(tx, (after.school_id, after.test_id));
        Ok((after, saved))
    }

    /// The attempt with its marks, and which answers wait for a person.
    pub(super) async fn graded(
        &self,
        db: &impl ConnectionTrait,
        test: &test::Model,
        row: Model,
        saved: &[answer::Model],
    ) -> Result<(Model, Vec<QuestionId>), AssessmentError> {
        if row.state == State::Abandoned {
            let nothing = Model { marks: None, tally: None, graded: true, score: None, passed: None, ..row };
            return Ok((nothing, Vec::new()));
        }
        let adjustments = test.adjustments.clone().unwrap_or_default();
        let seen = row.paper.0.iter().map(|item| (item.question_id, item.revision));
        let corrected = row.paper.0.iter().filter_map(|item| Some((item.question_id, adjustments.corrected(item)?.1)));
        let keys: Vec<_> = seen.chain(corrected).collect();
        let revisions = self.revisions(db, row.school_id, &keys).await?;
        let mut marks = Vec::with_capacity(row.paper.0.len());
        for (item, revision) in row.paper.0.iter().zip(&revisions) {
            let saved = saved.iter().find(|saved| saved.question_id == item.question_id);
            let corrected = |number: i32| {
                let key = (item.question_id, number);
                revisions.iter().find(|row| (row.question_id, row.number) == key).map(|row| &row.content)
            };
            let graded = Graded {
                item,
                content: &revision.content,
                response: saved.and_then(|saved| saved.response.as_ref()).map(|response| &response.0),
                given: saved.and_then(|saved| given(saved, &revision.content)),
                adjusted: adjusted(&adjustments, item, corrected),
            };
            marks.push(grading::mark(&graded, test.settings.wrong_answer_percent));
        }
        let (score, graded) = grading::total(&marks);
        let waits = row.paper.0.iter().zip(&marks).filter(|(_, mark)| mark.points.is_none());
        let waiting = waits.map(|(item, _)| item.question_id).collect();
        let max_score = row.paper.0.iter().map(|item| adjustments.worth(item)).sum();
        let pass_mark = test.settings.pass_mark.filter(|_| graded);
        let passed = pass_mark.map(|pass_mark| grading::passes(score, max_score, pass_mark));
        let marks = Marks(marks);
        let tally = Some(tally::encode(&row.paper, &marks));
        Ok((Model { marks: Some(marks), tally, graded, score: Some(score), max_score, passed, ..row }, waiting))
    }

    /// Takes a test in one step: starts an attempt, answers and hands in, in one transaction.
    pub(crate) async fn submit_test(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, answers): (TestId, Answers),
    ) -> Result<Committed<AttemptResult>, AssessmentError> {
        let seen = self.test_seen(who, id).await?;
        if !seen.0.row.settings.in_one_step() {
            return Err(AssessmentError::AttemptRequired);
        }
        let taker = self.taker_of(who, seen, (uow.cause().ip, None)).await?;
        let test = &taker.blueprint.row;
        let mut tx = uow.begin().await?;
        for _ in 0..3 {
            let past = attempts::of_person(tx.conn(), (test.school_id, id), who.user_id).await?;
            if past.iter().any(|attempt| attempt.state == State::Open) {
                return Err(AssessmentError::AttemptOpen);
            }
            let open = new_attempt(&tx, who.user_id, &taker, &past)?;
            let saved = self.answered(&tx, &open, &answers).await?;
            let done = Model { state: State::Submitted, finished_at: Some(tx.now()), ..open };
            let (row, waiting) = self.graded(tx.conn(), test, done, &saved).await?;
            if !attempts::insert(tx.conn(), &row).await? {
                continue;
            }
            let mark = |saved: &answer::Model| answer::Model {
                awaits_marking: waiting.contains(&saved.question_id),
                ..saved.clone()
            };
            attempts::add_answers(tx.conn(), saved.iter().map(mark).collect()).await?;
            tx.audit(audit("assessments.attempt_submitted", &row).after(facts(&row)));
            tell_ended(&mut tx, test, &row);
            self.call_room(&mut tx, (row.school_id, id));
            let view = self.reviewed(tx.conn(), test, &row, (&saved, false), tx.now()).await?;
            let (tag, location) = (etag(ATTEMPT, row.version), format!("/v1/attempts/{}/review", row.id));
            return Ok(tx.commit(Answer::ok(view).header("content-location", location).etag(tag)).await?);
        }
        Err(AssessmentError::AttemptOpen)
    }

    /// The answers as rows of an attempt, if all are answers to its questions.
    pub(super) async fn answered(
        &self,
        tx: &Tx,
        row: &Model,
        Answers(answers): &Answers,
    ) -> Result<Vec<answer::Model>, AssessmentError> {
        let keys: Vec<_> = row.paper.0.iter().map(|item| (item.question_id, item.revision)).collect();
        let revisions = self.revisions(tx.conn(), row.school_id, &keys).await?;
        let (mut faults, mut rows) = (Vec::new(), Vec::new());
        for (id, response) in answers {
            let fault =
                |what| Fault::new(format!("/answers/{}", id.replace('~', "~0").replace('/', "~1")), "misfit", what);
            let asked = id.parse::<QuestionId>().ok();
            let asked = asked.and_then(|id| revisions.iter().find(|revision| revision.question_id == id));
            let Some(revision) = asked else {
                faults.push(fault("is not a question of this test"));
                continue;
            };
            let Some(response) = response.as_ref().filter(|response| !response.is_blank()) else { continue };
            if let Err(what) = revision.content.body.judge(response) {
                faults.push(fault(what.0));
            }
            rows.push(answer::Model {
                school_id: row.school_id,
                attempt_id: row.id,
                question_id: revision.question_id,
                seq: 0,
                response: Some(Answered(response.clone())),
                saved_at: tx.now(),
                client_time: None,
                awaits_marking: false,
                points: None,
                comment: None,
                rubric: None,
                marker_id: None,
                second_points: None,
                second_marker_id: None,
            });
        }
        if faults.is_empty() { Ok(rows) } else { Err(AssessmentError::AnswerMisfit(faults)) }
    }
}

fn state(test: &test::Model, how: How) -> State {
    match (how, test.settings.overdue) {
        (How::Submitted, _) => State::Submitted,
        (How::Closed, _) => State::Closed,
        (How::Overdue, Overdue::Submit) => State::Overdue,
        (How::Overdue, Overdue::Abandon) => State::Abandoned,
    }
}

/// Tells the others of an attempt that has just ended, and counts: what came of it, or that it waits for somebody to mark it.
pub(super) fn tell_ended(tx: &mut Tx, test: &test::Model, row: &Model) {
    match row.finished_at {
        Some(finished_at) if !row.graded && !row.trial => tx.emit(&AttemptAwaitsMarking {
            school_id: row.school_id,
            test_id: row.test_id,
            course_id: test.course_id,
            attempt_id: row.id,
            user_id: row.user_id,
            finished_at,
        }),
        _ => tell(tx, test, row),
    }
}

/// What people gave for an answer, as far as it counts: of one that two people mark, nothing until both have.
fn given(saved: &answer::Model, content: &Content) -> Option<Points> {
    let two = matches!(&content.body, Body::Essay(essay) if essay.two_markers);
    match (saved.points, saved.second_points) {
        (Some(first), Some(second)) => Some((first + second).share(Share::of(1, 2))),
        _ if saved.awaits_marking || two => None,
        (first, _) => first,
    }
}

/// What is done about a question of an attempt, if it is not marked by what was seen.
fn adjusted<'a>(
    adjustments: &Adjustments,
    item: &PaperItem,
    corrected: impl FnOnce(i32) -> Option<&'a Content>,
) -> Option<Adjusted<'a>> {
    match adjustments.of(item.question_id)?.action {
        Action::Void => Some(Adjusted::Void),
        Action::FullCredit => Some(Adjusted::Full),
        Action::AsSeen => None,
        Action::CorrectedKey | Action::EitherKey => {
            let (action, number) = adjustments.corrected(item)?;
            let content = corrected(number)?;
            Some(if action == Action::EitherKey { Adjusted::Either(content) } else { Adjusted::By(content) })
        }
    }
}

/// Tells the others of an attempt that is marked to the last question, and counts.
pub(super) fn tell(tx: &mut Tx, test: &test::Model, row: &Model) {
    let (Some(score), Some(finished_at)) = (row.score, row.finished_at) else { return };
    if !row.graded || row.trial {
        return;
    }
    let (score, max_score) = (score.as_f64(), row.max_score.as_f64());
    let percent = if max_score > 0.0 { 100.0 * score / max_score } else { 0.0 };
    tx.emit(&AttemptGraded {
        school_id: row.school_id,
        test_id: row.test_id,
        course_id: test.course_id,
        attempt_id: row.id,
        user_id: row.user_id,
        score,
        max_score,
        percent,
        passed: row.passed,
        finished_at,
    });
}
