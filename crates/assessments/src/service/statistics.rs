//! Statistics of a test, kept at hand: what is asked again costs a look at what has changed since, whatever there was before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::{AttemptId, GroupId, Principal, SchoolId, Scope, TestId};
use lyceum_platform::PlatformError;
use lyceum_web::Serialised;
use sea_orm::ConnectionTrait;
use sha2::{Digest as _, Sha256};

use super::AssessmentsService;
use super::blueprints::Blueprint;
use crate::dto::statistics::{TestQuestionStatistics, TestStatisticsView};
use crate::error::AssessmentError;
use crate::model::question::QuestionId;
use crate::model::settings::GradingMethod;
use crate::points::Points;
use crate::repo::counted::{self, Counted};
use crate::statistics::{Fresh, QuestionStatistics, Sheet, Sums};
use crate::tally;

/// Rows that are written at one moment may become visible a little later: so far back is looked again.
const OVERLAP: TimeDelta = TimeDelta::seconds(30);

/// How much of all sheets is kept on one node: some 80 MB.
const MOST: usize = 16_000_000;

/// So few attempts are taken in without a thread of their own.
const FEW: usize = 100;

/// Attempts that are named in one query.
const NAMED: usize = 500;

/// The sheets at hand.
#[derive(Debug, Default)]
pub(crate) struct AtHand {
    tests: Mutex<HashMap<(SchoolId, TestId), Arc<Kept>>>,
    clock: AtomicU64,
}

/// What is known of one test; whoever looks holds it, so that a hundred who ask at once read it once.
#[derive(Debug, Default)]
struct Kept {
    used: AtomicU64,
    size: AtomicUsize,
    state: tokio::sync::Mutex<Option<State>>,
}

#[derive(Debug)]
struct State {
    basis: Basis,
    sheet: Sheet,
    seen: Option<DateTime<Utc>>,
    /// What was told last, and of which revisions of the questions.
    told: Option<(Asked, Arc<Told>)>,
}

/// Questions, each with its revision.
type Asked = Vec<(QuestionId, i32)>;

/// What a sheet is about: of something else it says nothing.
#[derive(Debug, PartialEq, Eq)]
struct Basis {
    revision: i32,
    fixed: Vec<(QuestionId, Points)>,
    drawn: Vec<Points>,
    method: GradingMethod,
}

/// Statistics as they go out.
#[derive(Debug)]
pub(crate) struct Told {
    /// As JSON with its entity tag.
    pub(crate) view: Serialised<TestStatisticsView>,
    /// As rows of a table.
    pub(crate) table: String,
}

impl AtHand {
    fn of(&self, key: (SchoolId, TestId)) -> Arc<Kept> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        let mut tests = self.tests.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = Arc::clone(tests.entry(key).or_default());
        kept.used.store(now, Ordering::Relaxed);
        while tests.values().map(|kept| kept.size.load(Ordering::Relaxed)).sum::<usize>() > MOST && tests.len() > 1 {
            let Some(oldest) = tests.iter().min_by_key(|(_, kept)| kept.used.load(Ordering::Relaxed)) else { break };
            let oldest = *oldest.0;
            tests.remove(&oldest);
        }
        kept
    }
}

impl Basis {
    fn of(blueprint: &Blueprint) -> Self {
        let adjustments = blueprint.row.adjustments.clone().unwrap_or_default();
        let mut drawn = Vec::new();
        for pool in &blueprint.pools {
            let worth = pool.items.first().map_or(Points::ZERO, |item| item.points);
            drawn.extend(std::iter::repeat_n(worth, pool.count));
        }
        Self {
            revision: blueprint.row.revision,
            fixed: blueprint.fixed.iter().map(|item| (item.question_id, adjustments.worth(item))).collect(),
            drawn,
            method: blueprint.row.settings.grading_method,
        }
    }

    fn blank(self) -> State {
        let sheet = Sheet::of(&self.fixed, &self.drawn, self.method);
        State { basis: self, sheet, seen: None, told: None }
    }
}

impl AssessmentsService {
    /// What the scores of a test say: over the attempts that count by its grading method, at its present revision; of everybody, or of
    /// a group.
    pub(crate) async fn test_statistics(
        &self,
        who: &Principal,
        (id, group): (TestId, Option<GroupId>),
    ) -> Result<Arc<Told>, AssessmentError> {
        let blueprint = self.test_watched(who, id).await?;
        let school = blueprint.row.school_id;
        let people = match group {
            None => None,
            Some(group) => Some(self.people_of(school, group).await?),
        };
        let db = self.platform.db.read(Scope::School(school));
        let kept = self.statistics.of((school, id));
        let mut held = kept.state.lock().await;
        let basis = Basis::of(&blueprint);
        let known = held.take().filter(|state| state.basis == basis);
        let mut state = known.unwrap_or_else(|| basis.blank());
        if self.catch_up(&db, &blueprint, &mut state).await? {
            state.told = None;
            kept.size.store(state.sheet.size(), Ordering::Relaxed);
        }
        let told = if let Some(people) = people {
            let sums = state.sheet.sums_of(&people.into_iter().collect());
            Arc::new(self.tell(&db, &blueprint, &sums).await?)
        } else {
            self.tell_all(&db, &blueprint, &mut state).await?
        };
        *held = Some(state);
        Ok(told)
    }

    /// What is said of everybody: written once for as long as it holds.
    async fn tell_all(
        &self,
        db: &impl ConnectionTrait,
        blueprint: &Blueprint,
        state: &mut State,
    ) -> Result<Arc<Told>, AssessmentError> {
        let asked: Vec<_> = blueprint.fixed.iter().map(|item| (item.question_id, item.revision)).collect();
        if let Some((_, told)) = state.told.as_ref().filter(|(of, _)| *of == asked) {
            return Ok(Arc::clone(told));
        }
        let told = Arc::new(self.tell(db, blueprint, &state.sheet.sums()).await?);
        state.told = Some((asked, Arc::clone(&told)));
        Ok(told)
    }

    /// Brings a sheet up to what is there. Whether anything has changed.
    async fn catch_up(
        &self,
        db: &impl ConnectionTrait,
        blueprint: &Blueprint,
        state: &mut State,
    ) -> Result<bool, AssessmentError> {
        let row = &blueprint.row;
        let of = (row.school_id, row.id, row.revision);
        if let Some(seen) = state.seen {
            let there = counted::versions(db, of, seen - OVERLAP).await?;
            let unknown = there.into_iter().filter(|(id, version)| !state.sheet.knows(*id, *version));
            let unknown: Vec<AttemptId> = unknown.map(|(id, _)| id).collect();
            if unknown.len() <= counted::BATCH {
                for ids in unknown.chunks(NAMED) {
                    let rows = counted::some(db, of, ids).await?;
                    self.take_in(db, of.0, state, rows).await?;
                }
                return Ok(!unknown.is_empty());
            }
        }
        let mut after = state.seen.map(|seen| (seen - OVERLAP, AttemptId(uuid::Uuid::nil())));
        let mut any = false;
        loop {
            let rows = counted::changed(db, of, after).await?;
            let Some(last) = rows.last() else { return Ok(any) };
            after = Some((last.updated_at, last.id));
            any = true;
            let more = rows.len() >= counted::BATCH;
            self.take_in(db, of.0, state, rows).await?;
            if !more {
                return Ok(any);
            }
        }
    }

    /// Takes attempts in that are new or have changed; many of them away from what serves others.
    async fn take_in(
        &self,
        db: &impl ConnectionTrait,
        school: SchoolId,
        state: &mut State,
        mut rows: Vec<Counted>,
    ) -> Result<(), AssessmentError> {
        let old = rows.iter().filter(|row| row.tally.is_none() && row.score.is_some()).map(|row| row.id);
        let old: Vec<_> = old.collect();
        for ids in old.chunks(NAMED) {
            let mut read: HashMap<_, _> = counted::marks(db, school, ids).await?.into_iter().map(tallied).collect();
            for row in rows.iter_mut().filter(|row| row.tally.is_none()) {
                row.tally = read.remove(&row.id);
            }
        }
        state.seen = state.seen.max(rows.iter().map(|row| row.updated_at).max());
        let fresh = rows.into_iter().map(fresh);
        if fresh.len() <= FEW {
            for fresh in fresh {
                state.sheet.put(&fresh);
            }
            return Ok(());
        }
        let none = Sheet::of(&[], &[], GradingMethod::default());
        let mut sheet = std::mem::replace(&mut state.sheet, none);
        let fresh: Vec<_> = fresh.collect();
        let counting = tokio::task::spawn_blocking(move || {
            for fresh in &fresh {
                sheet.put(fresh);
            }
            sheet
        });
        state.sheet = counting.await.map_err(|_| AssessmentError::Interrupted)?;
        Ok(())
    }

    async fn tell(
        &self,
        db: &impl ConnectionTrait,
        blueprint: &Blueprint,
        sums: &Sums,
    ) -> Result<Told, AssessmentError> {
        let drawn: Vec<_> = sums.drawn().collect();
        let in_pools = blueprint.pools.iter().flat_map(|pool| &pool.items);
        let in_pools = in_pools.filter(|item| drawn.iter().any(|(id, _)| *id == item.question_id));
        let keys: Vec<_> =
            blueprint.fixed.iter().chain(in_pools).map(|item| (item.question_id, item.revision)).collect();
        let revisions = self.revisions(db, blueprint.row.school_id, &keys).await?;
        let known: HashMap<_, _> = revisions.iter().map(|row| (row.question_id, &row.content)).collect();
        let one = |(id, found): (Option<QuestionId>, QuestionStatistics)| {
            let guess = id.and_then(|id| known.get(&id)).and_then(|content| content.body.guess());
            TestQuestionStatistics::of(id, guess.map(|share| Points::whole(1).share(share).as_f64()), found)
        };
        let asked = blueprint.fixed.iter().map(|item| Some(item.question_id)).chain(std::iter::repeat(None));
        let questions = asked.zip(sums.questions()).map(one).collect();
        let drawn = drawn.into_iter().map(|(id, found)| one((Some(id), found))).collect();
        let view = TestStatisticsView::of(blueprint.row.revision, sums.whole(), (questions, drawn));
        let texts = known.into_iter().map(|(id, content)| (id, content.text.clone())).collect();
        Ok(Told { table: view.table(&texts), view: serialised(&view)? })
    }

    /// The people of a group of the school.
    pub(super) async fn people_of(
        &self,
        school: SchoolId,
        group: GroupId,
    ) -> Result<Vec<lyceum_kernel::UserId>, AssessmentError> {
        self.neighbours.school.members_of(school, group).await?.ok_or(AssessmentError::UnknownSubject)
    }
}

/// A view whose entity tag is what it says.
pub(super) fn serialised<T: serde::Serialize>(view: &T) -> Result<Serialised<T>, AssessmentError> {
    let unserialisable = |error| AssessmentError::Platform(PlatformError::Json(error));
    let digest = Sha256::digest(serde_json::to_vec(view).map_err(unserialisable)?);
    let tag = digest.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
    Serialised::new(view, &format!("\"{tag:032x}\"")).map_err(unserialisable)
}

/// A row from before there were tallies.
fn tallied(
    (id, paper, marks): (AttemptId, crate::model::attempt::Paper, Option<crate::model::attempt::Marks>),
) -> (AttemptId, Vec<u8>) {
    (id, tally::encode(&paper, &marks.unwrap_or_default()))
}

fn fresh(row: Counted) -> Fresh {
    let Counted { id, user_id, number, version, graded, score, tally, updated_at: _ } = row;
    Fresh { id, user_id, number, version, score: score.filter(|_| graded), tally: tally.unwrap_or_default() }
}
