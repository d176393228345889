//! Attempts: started, resumed, listed.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::{AttemptId, Cursor, Page, PageRequest, PermissionMarker as _, Principal, Scope, TestId, UserId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::etag;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::AssessmentsService;
use super::blueprints::Blueprint;
use super::contents::public;
use super::finishing::How;
use crate::deadline::{Allowance, Deadline, Opening, opening};
use crate::dto::attempt::{Attempt, AttemptEvent, AttemptFilter, AttemptQuestion, AttemptSummary, StartAttempt};
use crate::error::AssessmentError;
use crate::model::attempt::{Model, State, StoredDeadline};
use crate::model::settings::{AccessCode, Settings};
use crate::model::test::Status;
use crate::model::{answer, test_override};
use crate::network::Cidr;
use crate::paper::compose;
use crate::perm::TestInvigilate;
use crate::points::Points;
use crate::policy::{Refusal, Standing};
use crate::repo::attempts::{self, AttemptQuery};
use crate::repo::tests;
use crate::shuffle::Shuffle;

/// The kind of view in entity tags of attempts.
pub(crate) const ATTEMPT: &str = "attempt";

/// Somebody about to take a test.
pub(super) struct Taker {
    pub(super) blueprint: Arc<Blueprint>,
    pub(super) allowance: Allowance,
    /// Staff of the test, trying it out.
    pub(super) trial: bool,
}

impl AssessmentsService {
    /// Whether the caller may take a test now, as far as it can be said before the transaction.
    pub(super) async fn taker(
        &self,
        who: &Principal,
        id: TestId,
        how: (Option<IpAddr>, Option<&AccessCode>),
    ) -> Result<Taker, AssessmentError> {
        let seen = self.test_seen(who, id).await?;
        self.taker_of(who, seen, how).await
    }

    /// The same of a test that the caller was found to see.
    pub(super) async fn taker_of(
        &self,
        who: &Principal,
        (blueprint, standing): (Arc<Blueprint>, Standing),
        (from, code): (Option<IpAddr>, Option<&AccessCode>),
    ) -> Result<Taker, AssessmentError> {
        let row = &blueprint.row;
        let trial = match standing {
            Standing::Teaches => true,
            Standing::Takes => false,
            Standing::Reads | Standing::Sees => return Err(Refusal::NotTakingPart.into()),
        };
        if row.status != Status::Published && !trial {
            return Err(AssessmentError::NotPublished);
        }
        if !trial {
            check_place(&row.settings, from)?;
            check_code(&row.settings, code)?;
        }
        let allowance = self.allowance(&self.platform.db.read(who.scope()), row, who.user_id).await?;
        match opening(row.settings.window(), allowance, self.platform.clock.now()) {
            Opening::NotYet(_) if !trial => Err(AssessmentError::NotOpenYet),
            Opening::Over if !trial => Err(AssessmentError::TestClosed),
            _ => Ok(Taker { blueprint, allowance, trial }),
        }
    }

    /// What is different for somebody in a test: their own, and behind it the best of their groups'. One query, and one question to
    /// another context where groups have something.
    pub(super) async fn allowance(
        &self,
        db: &impl ConnectionTrait,
        row: &crate::model::test::Model,
        user: UserId,
    ) -> Result<Allowance, AssessmentError> {
        let all = tests::overrides(db, (row.school_id, row.id), Some(user)).await?;
        self.allowance_among(row.school_id, &all, user).await
    }

    /// The same out of what was read already.
    pub(super) async fn allowance_among(
        &self,
        school: lyceum_kernel::SchoolId,
        all: &[test_override::Model],
        user: UserId,
    ) -> Result<Allowance, AssessmentError> {
        let own = all.iter().find(|one| one.user_id == Some(user)).map(|one| one.allowance.0);
        if all.iter().all(|one| one.group_id.is_none()) {
            return Ok(Allowance::of(own, []));
        }
        let groups = self.neighbours.school.groups_of(school, user).await?;
        let theirs = all.iter().filter(|one| one.group_id.is_some_and(|group| groups.contains(&group)));
        Ok(Allowance::of(own, theirs.map(|one| one.allowance.0)))
    }

    /// Starts an attempt, or resumes the one that runs: there is only one, however many start at once.
    pub(crate) async fn start_attempt(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, form): (TestId, StartAttempt),
    ) -> Result<Committed<Attempt>, AssessmentError> {
        let taker = self.taker(who, id, (uow.cause().ip, form.access_code.as_ref())).await?;
        let school = taker.blueprint.row.school_id;
        let mut tx = uow.begin().await?;
        // Twice: whoever was slower finds the attempt of the other.
        for _ in 0..2 {
            let past = attempts::of_person(tx.conn(), (school, id), who.user_id).await?;
            if let Some(running) = past.iter().find(|attempt| attempt.state == State::Open) {
                if running.ends_at.is_none_or(|ends| tx.now() <= ends) {
                    let view = self.attempt_view(tx.conn(), running, tx.now()).await?;
                    let tag = etag(ATTEMPT, running.version);
                    return Ok(tx.commit(Answer::ok(view).etag(tag)).await?);
                }
                let overdue = attempts::hold(tx.conn(), school, running.id).await?.ok_or(AssessmentError::NotFound)?;
                if overdue.state == State::Open {
                    self.finish(&mut tx, &taker.blueprint.row, overdue, How::Overdue).await?;
                }
                continue;
            }
            let row = new_attempt(&tx, who.user_id, &taker, &past)?;
            if attempts::insert(tx.conn(), &row).await? {
                tx.audit(audit("assessments.attempt_started", &row).after(facts(&row)));
                self.call_room(&mut tx, (school, id));
                let view = self.attempt_view(tx.conn(), &row, tx.now()).await?;
                let (tag, location) = (etag(ATTEMPT, row.version), format!("/v1/attempts/{}", row.id));
                return Ok(tx.commit(Answer::created(view).location(location).etag(tag)).await?);
            }
        }
        Err(AssessmentError::AttemptOpen)
    }

    /// An attempt with its questions and what was saved.
    pub(super) async fn attempt_view(
        &self,
        db: &impl ConnectionTrait,
        row: &Model,
        now: DateTime<Utc>,
    ) -> Result<Attempt, AssessmentError> {
        let running = row.state == State::Open;
        let questions = if running {
            let saved = attempts::answers(db, (row.school_id, row.id)).await?;
            self.attempt_questions(db, row, &saved).await?
        } else {
            Vec::new()
        };
        Ok(Attempt::of(row, questions, now))
    }

    /// The questions of an attempt as they were asked, options in their order, with what was saved.
    pub(super) async fn attempt_questions(
        &self,
        db: &impl ConnectionTrait,
        row: &Model,
        saved: &[answer::Model],
    ) -> Result<Vec<AttemptQuestion>, AssessmentError> {
        let keys: Vec<_> = row.paper.0.iter().map(|item| (item.question_id, item.revision)).collect();
        let revisions = self.revisions(db, row.school_id, &keys).await?;
        Ok(as_asked(row, &revisions, saved))
    }

    /// An attempt that is there for the caller: their own, or one at a test whose staff they are.
    pub(super) async fn attempt_seen(
        &self,
        who: &Principal,
        id: AttemptId,
    ) -> Result<(Model, Arc<Blueprint>, bool), AssessmentError> {
        let scope = who.scope();
        let row = attempts::find(&self.platform.db.read(scope), scope, id).await?.ok_or(AssessmentError::NotFound)?;
        // Of a test that was deleted nothing is seen.
        let blueprint = self.blueprint(scope, row.test_id).await?;
        let staff = self.standing(who, &blueprint.row).await?.is_some_and(Standing::is_staff);
        if staff || row.user_id == who.user_id { Ok((row, blueprint, staff)) } else { Err(AssessmentError::NotFound) }
    }

    /// One attempt, to go on with or to look at.
    pub(crate) async fn show_attempt(&self, who: &Principal, id: AttemptId) -> Result<Attempt, AssessmentError> {
        let (row, ..) = self.attempt_seen(who, id).await?;
        let db = self.platform.db.read(Scope::School(row.school_id));
        self.attempt_view(&db, &row, self.platform.clock.now()).await
    }

    /// A page of the attempts at a test: all of them for its staff, their own for others.
    pub(crate) async fn list_attempts(
        &self,
        who: &Principal,
        (id, filter): (TestId, AttemptFilter),
        request: &PageRequest,
    ) -> Result<Page<AttemptSummary>, AssessmentError> {
        let (blueprint, standing) = self.test_seen(who, id).await?;
        let row = &blueprint.row;
        let staff = standing.is_staff();
        let AttemptFilter { user_id, state, updated_since } = filter;
        if !staff && user_id.is_some_and(|user| user != who.user_id) {
            return Ok(Page { items: Vec::new(), next: None, total: request.total.then_some(0) });
        }
        let user = if staff { user_id } else { Some(who.user_id) };
        let query = AttemptQuery { user, state, updated_since };
        let db = self.platform.db.read(Scope::School(row.school_id));
        let (rows, total) = attempts::page(&db, (row.school_id, id), query, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        let now = self.platform.clock.now();
        let scored = |attempt: &Model| staff || super::reviews::shown(&row.settings, attempt, now).score;
        let view = |attempt: Model| {
            let scored = scored(&attempt);
            AttemptSummary::of(&attempt, scored)
        };
        Ok(Page { total, ..page.map(view) })
    }

    /// A page of what clients reported of an attempt, for staff of its test.
    pub(crate) async fn list_events(
        &self,
        who: &Principal,
        id: AttemptId,
        request: &PageRequest,
    ) -> Result<Page<AttemptEvent>, AssessmentError> {
        let (row, _, staff) = self.attempt_seen(who, id).await?;
        if !(staff && who.may(TestInvigilate::PERMISSION)) {
            return Err(Refusal::NotYourTest.into());
        }
        let db = self.platform.db.read(Scope::School(row.school_id));
        let (rows, total) = attempts::event_page(&db, (row.school_id, id), request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(AttemptEvent::from) })
    }
}

/// The questions of an attempt as they were asked, out of their revisions.
pub(super) fn as_asked(
    row: &Model,
    revisions: &[Arc<crate::model::revision::Model>],
    saved: &[answer::Model],
) -> Vec<AttemptQuestion> {
    // What was shuffled stays so, whatever the test says by now: the seed is 0 where nothing was.
    let shuffled = row.seed != 0;
    let question = |(item, revision): (&crate::model::attempt::PaperItem, &Arc<crate::model::revision::Model>)| {
        let mut shown = public(item, &revision.content);
        if shuffled {
            shown.body.arrange(&mut Shuffle::of(row.seed, item.question_id.uuid()));
        }
        let mut members = crate::dto::attempt::AttemptQuestionMembers::from(shown.members);
        if let Some(saved) = saved.iter().find(|saved| saved.question_id == item.question_id) {
            members.seq = Some(saved.seq);
            members.answer = saved.response.clone().map(|response| response.0);
        }
        AttemptQuestion { members, body: shown.body }
    };
    row.paper.0.iter().zip(revisions).map(question).collect()
}

/// A new attempt after those that there were.
pub(super) fn new_attempt(tx: &Tx, user: UserId, taker: &Taker, past: &[Model]) -> Result<Model, AssessmentError> {
    let (row, now) = (&taker.blueprint.row, tx.now());
    let settings = &row.settings;
    let most = taker.allowance.max_attempts.unwrap_or(settings.max_attempts);
    if most > 0 && past.len() >= usize::try_from(most).unwrap_or(usize::MAX) && !taker.trial {
        return Err(AssessmentError::NoAttemptLeft);
    }
    let again = past.iter().filter_map(|attempt| attempt.finished_at).max();
    let again = again.map(|last| last + TimeDelta::seconds(i64::from(settings.attempt_delay_s)));
    if let Some(again) = again.filter(|again| *again > now && !taker.trial) {
        return Err(AssessmentError::AttemptDelay((again - now).to_std().unwrap_or_default()));
    }
    let mut seed = [0; 8];
    tx.entropy().fill(&mut seed);
    let drawn = i64::from_be_bytes(seed) | 1;
    let paper = compose(&taker.blueprint.fixed, &taker.blueprint.pools, drawn, settings.shuffle_questions);
    let deadline = Deadline::of(settings.window(), taker.allowance, now, 0);
    Ok(Model {
        school_id: row.school_id,
        id: AttemptId::new(now, tx.entropy()),
        test_id: row.id,
        user_id: user,
        number: past.last().map_or(1, |last| last.number + 1),
        state: State::Open,
        trial: taker.trial,
        test_revision: row.revision,
        max_score: paper.0.iter().map(|item| item.points).sum::<Points>(),
        paper,
        seed: if settings.shuffle_options { drawn } else { 0 },
        deadline: StoredDeadline(deadline),
        ends_at: deadline.accepted_until,
        started_at: now,
        added_s: 0,
        finished_at: None,
        marks: None,
        tally: None,
        graded: false,
        score: None,
        passed: None,
        version: 1,
        updated_at: now,
    })
}

fn check_place(settings: &Settings, from: Option<IpAddr>) -> Result<(), Refusal> {
    let networks = settings.addresses.iter().filter_map(|network| Cidr::parse(&String::from(network.clone())));
    let mut networks = networks.peekable();
    let within = networks.peek().is_none() || from.is_some_and(|from| networks.any(|network| network.contains(from)));
    if within { Ok(()) } else { Err(Refusal::WrongPlace) }
}

fn check_code(settings: &Settings, code: Option<&AccessCode>) -> Result<(), Refusal> {
    let Some(wanted) = settings.access_code.clone().map(String::from) else { return Ok(()) };
    let typed = code.cloned().map(String::from).unwrap_or_default();
    if bool::from(wanted.as_bytes().ct_eq(typed.as_bytes())) { Ok(()) } else { Err(Refusal::WrongAccessCode) }
}

pub(super) fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "attempt", row.id.uuid()).school(Some(row.school_id)).about(row.user_id)
}

/// What the audit log keeps of an attempt.
pub(super) fn facts(row: &Model) -> Value {
    json!({
        "test_id": row.test_id, "user_id": row.user_id, "number": row.number, "state": row.state,
        "ends_at": row.ends_at, "added_s": row.added_s, "score": row.score, "max_score": row.max_score, "graded": row.graded,
    })
}
