//! Statistics of a test, kept at hand as sums: what is asked again costs a look at what has changed since, whatever there was before.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::{AttemptId, Principal, SchoolId, Scope, TestId, UserId};
use sea_orm::ConnectionTrait;

use super::AssessmentsService;
use super::blueprints::Blueprint;
use crate::dto::statistics::{TestQuestionStatistics, TestStatisticsView};
use crate::error::AssessmentError;
use crate::model::attempt::{Marks, Paper};
use crate::model::question::QuestionId;
use crate::model::settings::GradingMethod;
use crate::points::Points;
use crate::repo::counted::{self, Counted};
use crate::statistics::{Mark, Sums};

/// Rows that are written at one moment may become visible a little later: so far back is looked again.
const OVERLAP: TimeDelta = TimeDelta::seconds(10);

/// Tests whose sums are kept at hand on one node.
const MOST: usize = 200;

/// Where a question stands in the sums.
#[derive(Debug, Clone, Default)]
struct Places {
    fixed: BTreeMap<QuestionId, usize>,
    drawn: usize,
}

/// What is known of one test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    revision: i32,
    most: Vec<Points>,
    method: Option<GradingMethod>,
    sums: Sums,
    /// What is in the sums, of each person, with the version that it was.
    counted: HashMap<UserId, Vec<(AttemptId, i64)>>,
    /// All attempts of those that are known to have several or may get others.
    known: HashMap<UserId, Vec<Known>>,
    seen: Option<DateTime<Utc>>,
}

/// An attempt that may count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    id: AttemptId,
    number: i32,
    version: i64,
    score: Points,
}

/// The sums at hand.
#[derive(Debug, Default)]
pub(crate) struct AtHand(Mutex<HashMap<(SchoolId, TestId), Arc<Kept>>>);

impl AtHand {
    fn get(&self, key: (SchoolId, TestId)) -> Option<Arc<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).map(Arc::clone)
    }

    fn put(&self, key: (SchoolId, TestId), kept: Arc<Kept>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(&key) {
            all.clear();
        }
        all.insert(key, kept);
    }
}

impl AssessmentsService {
    /// What the scores of a test say: over the attempts that count by its grading method, at its present revision.
    pub(crate) async fn test_statistics(
        &self,
        who: &Principal,
        id: TestId,
    ) -> Result<TestStatisticsView, AssessmentError> {
        let blueprint = self.test_watched(who, id).await?;
        let row = &blueprint.row;
        let db = self.platform.db.read(Scope::School(row.school_id));
        let (places, most) = places(&blueprint);
        let key = (row.school_id, id);
        let at_hand = self.statistics.get(key).filter(|kept| {
            (kept.revision, &kept.most, kept.method) == (row.revision, &most, Some(row.settings.grading_method))
        });
        let blank = || Kept {
            revision: row.revision,
            sums: Sums::of(most.iter().copied()),
            most: most.clone(),
            method: Some(row.settings.grading_method),
            ..Kept::default()
        };
        let mut kept = at_hand.map_or_else(blank, Arc::unwrap_or_clone);
        self.catch_up(&db, &blueprint, &places, &mut kept).await?;
        let kept = Arc::new(kept);
        self.statistics.put(key, Arc::clone(&kept));
        self.view(&db, &blueprint, &kept).await
    }

    /// Brings the sums up to what is there.
    async fn catch_up(
        &self,
        db: &impl ConnectionTrait,
        blueprint: &Blueprint,
        places: &Places,
        kept: &mut Kept,
    ) -> Result<(), AssessmentError> {
        let row = &blueprint.row;
        let of = (row.school_id, row.id, row.revision);
        let mut after = kept.seen.map(|seen| (seen - OVERLAP, AttemptId(uuid::Uuid::nil())));
        loop {
            let fresh = counted::changed(db, of, after).await?;
            let Some(last) = fresh.last() else { return Ok(()) };
            after = Some((last.updated_at, last.id));
            kept.seen = kept.seen.max(Some(last.updated_at));
            let more = fresh.len() >= counted::BATCH;
            if !self.take_in(db, of.0, places, kept, fresh).await? {
                // Something that was counted has other marks now: what they were is not known any more.
                let again = Kept {
                    revision: kept.revision,
                    sums: Sums::of(kept.most.iter().copied()),
                    most: std::mem::take(&mut kept.most),
                    method: kept.method,
                    ..Kept::default()
                };
                *kept = again;
                after = None;
                continue;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Takes attempts in that changed; false if one of them was counted with marks that are gone.
    async fn take_in(
        &self,
        db: &impl ConnectionTrait,
        school: SchoolId,
        places: &Places,
        kept: &mut Kept,
        fresh: Vec<Counted>,
    ) -> Result<bool, AssessmentError> {
        let mut touched = Vec::new();
        for attempt in &fresh {
            let known = kept.known.entry(attempt.user_id).or_default();
            match known.iter_mut().find(|known| known.id == attempt.id) {
                Some(known) if known.version == attempt.version => continue,
                Some(_) => return Ok(false),
                None => known.push(Known {
                    id: attempt.id,
                    number: attempt.number,
                    version: attempt.version,
                    score: attempt.score,
                }),
            }
            if !touched.contains(&attempt.user_id) {
                touched.push(attempt.user_id);
            }
        }
        let rows: HashMap<_, _> =
            fresh.into_iter().map(|attempt| (attempt.id, (attempt.paper, attempt.marks))).collect();
        for user in touched {
            let known = kept.known.get(&user).map(Vec::as_slice).unwrap_or_default();
            let now: Vec<_> =
                chosen(known, kept.method.unwrap_or_default()).into_iter().map(|k| (k.id, k.version)).collect();
            let before = kept.counted.insert(user, now.clone()).unwrap_or_default();
            for (id, _) in before.iter().filter(|old| !now.contains(old)) {
                let (paper, marks) = counted::marks(db, school, *id).await?.ok_or(AssessmentError::NotFound)?;
                with_marks(places, &kept.most, &paper, &marks, |marks| kept.sums.remove(marks));
            }
            for (id, _) in now.iter().filter(|new| !before.contains(new)) {
                let read;
                let (paper, marks) = if let Some(row) = rows.get(id) {
                    row
                } else {
                    read = counted::marks(db, school, *id).await?.ok_or(AssessmentError::NotFound)?;
                    &read
                };
                with_marks(places, &kept.most, paper, marks, |marks| kept.sums.add(marks));
            }
        }
        Ok(true)
    }

    async fn view(
        &self,
        db: &impl ConnectionTrait,
        blueprint: &Blueprint,
        kept: &Kept,
    ) -> Result<TestStatisticsView, AssessmentError> {
        let keys: Vec<_> = blueprint.fixed.iter().map(|item| (item.question_id, item.revision)).collect();
        let revisions = self.revisions(db, blueprint.row.school_id, &keys).await?;
        let mut questions = Vec::with_capacity(kept.most.len());
        for (place, found) in kept.sums.questions().into_iter().enumerate() {
            let fixed = blueprint.fixed.get(place).zip(revisions.get(place));
            let guess = fixed.and_then(|(_, revision)| revision.content.body.guess());
            questions.push(TestQuestionStatistics::of(
                fixed.map(|(item, _)| item.question_id),
                guess.map(|share| Points::whole(1).share(share).as_f64()),
                found,
            ));
        }
        Ok(TestStatisticsView::of(kept.revision, kept.sums.whole(), questions))
    }
}

/// Where each question stands: fixed ones first, then as many places as are drawn; and the most that each is worth.
fn places(blueprint: &Blueprint) -> (Places, Vec<Points>) {
    let fixed = blueprint.fixed.iter().enumerate().map(|(place, item)| (item.question_id, place)).collect();
    let mut most: Vec<_> = blueprint.fixed.iter().map(|item| item.points).collect();
    for pool in &blueprint.pools {
        let worth = pool.items.first().map_or(Points::ZERO, |item| item.points);
        most.extend(std::iter::repeat_n(worth, pool.count));
    }
    (Places { fixed, drawn: most.len() - blueprint.fixed.len() }, most)
}

/// The marks of an attempt at their places; what is missing was worth nothing.
fn with_marks(places: &Places, most: &[Points], paper: &Paper, marks: &Marks, with: impl FnOnce(&[Mark<'_>])) {
    let nothing = Mark { points: Points::ZERO, answered: false, chosen: &[] };
    let mut row = vec![nothing; most.len()];
    let mut drawn = most.len() - places.drawn;
    for (item, mark) in paper.0.iter().zip(&marks.0) {
        let place = places.fixed.get(&item.question_id).copied().unwrap_or_else(|| {
            drawn += 1;
            drawn - 1
        });
        if let Some(slot) = row.get_mut(place) {
            *slot = Mark { points: mark.points.unwrap_or_default(), answered: mark.answered, chosen: &mark.chosen };
        }
    }
    with(&row);
}

/// Which of somebody's attempts count.
fn chosen(known: &[Known], method: GradingMethod) -> Vec<Known> {
    let one = match method {
        GradingMethod::Highest => known.iter().max_by_key(|known| (known.score, std::cmp::Reverse(known.number))),
        GradingMethod::Latest => known.iter().max_by_key(|known| known.number),
        GradingMethod::First => known.iter().min_by_key(|known| known.number),
        GradingMethod::Average => return known.to_vec(),
    };
    one.copied().into_iter().collect()
}
