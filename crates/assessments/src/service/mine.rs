//! What somebody has taken, and what is to be taken next.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use lyceum_kernel::{Cursor, Page, PageRequest, PermissionMarker as _, Principal, Scope, TestId};

use super::AssessmentsService;
use super::reviews::shown;
use crate::deadline::{Allowance, Deadline, Opening, opening};
use crate::dto::mine::{DueTest, Dueness, OwnAttempt, OwnAttemptFilter};
use crate::error::AssessmentError;
use crate::model::attempt::{Model, State};
use crate::model::test;
use crate::perm::TestManage;
use crate::repo::scores::{self, Made, OwnQuery};

impl AssessmentsService {
    /// A page of the caller's own attempts at tests of the active school, the latest first.
    pub(crate) async fn own_attempts(
        &self,
        who: &Principal,
        filter: OwnAttemptFilter,
        request: &PageRequest,
    ) -> Result<Page<OwnAttempt>, AssessmentError> {
        let Some(school) = who.school_id else { return Ok(nothing(request)) };
        let OwnAttemptFilter { test_id, course_id, state, updated_since } = filter;
        let query = OwnQuery { test: test_id, course: course_id, state, updated_since };
        let db = self.platform.db.read(Scope::School(school));
        let (rows, total) = scores::own_page(&db, (school, who.user_id), query, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        let mut ids: Vec<_> = page.items.iter().map(|row| row.test_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let tests = scores::tests(&db, (Scope::School(school), None), &ids).await?;
        let tests: HashMap<_, _> = tests.into_iter().map(|test| (test.id, test)).collect();
        let now = self.platform.clock.now();
        let items = page.items.iter().filter_map(|row| Some(own(row, tests.get(&row.test_id)?, now)));
        Ok(Page { items: items.collect(), next: page.next, total })
    }

    /// A page of the tests that the caller is taking, or may take now or later: what is due first, first.
    pub(crate) async fn due_tests(
        &self,
        who: &Principal,
        request: &PageRequest,
    ) -> Result<Page<DueTest>, AssessmentError> {
        // Who manages all tests of the school takes none.
        let Some(school) = who.school_id.filter(|_| !who.may(TestManage::PERMISSION)) else {
            return Ok(nothing(request));
        };
        let courses = self.neighbours.courses.involvement(who).await?;
        let taken: Vec<_> = courses.taken.iter().copied().filter(|course| !courses.taught.contains(course)).collect();
        let (of, now) = ((school, who.user_id), self.platform.clock.now());
        let db = self.platform.db.read(Scope::School(school));
        let tests = scores::due(&db, of, &taken, now).await?;
        let ids: Vec<_> = tests.iter().map(|test| test.id).collect();
        let mut made: HashMap<TestId, Vec<Made>> = HashMap::new();
        for one in scores::made(&db, of, &ids).await? {
            made.entry(one.test_id).or_default().push(one);
        }
        let overrides = scores::overrides(&db, of, &ids).await?;
        let grouped = overrides.iter().any(|one| one.group_id.is_some());
        let groups =
            if grouped { self.neighbours.school.groups_of(school, who.user_id).await? } else { HashSet::new() };
        let allowance = |test: TestId| {
            let all = || overrides.iter().filter(move |one| one.test_id == test);
            let own = all().find(|one| one.user_id == Some(who.user_id)).map(|one| one.allowance.0);
            let theirs = all().filter(|one| one.group_id.is_some_and(|group| groups.contains(&group)));
            Allowance::of(own, theirs.map(|one| one.allowance.0))
        };
        let due = |test: &test::Model| {
            let made = made.get(&test.id).map(Vec::as_slice).unwrap_or_default();
            due(test, allowance(test.id), made, now)
        };
        let mut all: Vec<_> = tests.iter().filter_map(due).collect();
        all.sort_by_key(place);
        let total = request.total.then_some(all.len() as u64);
        if let Some(cursor) = &request.cursor {
            let behind = <[u8; 8]>::try_from(cursor.key.as_slice()).map_or(i64::MAX, i64::from_be_bytes);
            all.retain(|one| place(one) > (behind, TestId(cursor.id)));
        }
        all.truncate(usize::try_from(request.fetch()).unwrap_or(usize::MAX));
        let cursor = |one: &DueTest| Cursor { id: one.test_id.uuid(), key: place(one).0.to_be_bytes().to_vec() };
        Ok(Page { total, ..Page::cut(all, request, cursor) })
    }
}

/// Nothing of what there is in no school.
fn nothing<T>(request: &PageRequest) -> Page<T> {
    Page { items: Vec::new(), next: None, total: request.total.then_some(0) }
}

/// Where a test stands among those that are due: what has no end comes last.
fn place(one: &DueTest) -> (i64, TestId) {
    (one.due_at.map_or(i64::MAX, |at| at.timestamp_micros()), one.test_id)
}

fn own(row: &Model, test: &test::Model, now: DateTime<Utc>) -> OwnAttempt {
    let scored = shown(&test.settings, row, now).score;
    let score = row.score.filter(|_| scored);
    let most = row.max_score.as_f64();
    OwnAttempt {
        id: row.id,
        test_id: row.test_id,
        test_title: test.title.clone(),
        course_id: test.course_id,
        number: row.number,
        state: row.state,
        started_at: row.started_at,
        finished_at: row.finished_at,
        ends_at: row.deadline.0.at.filter(|_| row.state == State::Open),
        graded: row.graded,
        score,
        max_score: row.max_score,
        percent: score.filter(|_| most > 0.0).map(|score| 100.0 * score.as_f64() / most),
        passed: row.passed.filter(|_| scored),
        updated_at: row.updated_at,
    }
}

/// What a test is to somebody; nothing if they can take it no more.
fn due(test: &test::Model, allowance: Allowance, made: &[Made], now: DateTime<Utc>) -> Option<DueTest> {
    let settings = &test.settings;
    let window = settings.window();
    let running = made.iter().find(|one| one.state == State::Open && one.deadline.0.takes_answers(now));
    let most = u64::from(allowance.max_attempts.unwrap_or(settings.max_attempts));
    let count = made.len() as u64;
    let left = (most > 0).then(|| most.saturating_sub(count));
    let last = made.iter().filter_map(|one| one.finished_at).max();
    let next = last.map(|last| last + TimeDelta::seconds(i64::from(settings.attempt_delay_s)));
    let next = next.filter(|next| *next > now);
    let state = match (running, opening(window, allowance, now)) {
        (Some(_), _) => Dueness::Running,
        (None, Opening::Over) => return None,
        (None, _) if left == Some(0) => return None,
        (None, Opening::NotYet(_)) => Dueness::Upcoming,
        (None, Opening::Open) if next.is_some() => Dueness::Upcoming,
        (None, Opening::Open) => Dueness::Open,
    };
    let closes_at = allowance.closes_at.or(window.closes_at);
    let deadline = Deadline::of(window, allowance, now, 0);
    Some(DueTest {
        test_id: test.id,
        title: test.title.clone(),
        course_id: test.course_id,
        state,
        due_at: running.map_or(closes_at, |one| one.deadline.0.at),
        opens_at: allowance.opens_at.or(window.opens_at),
        closes_at,
        time_limit_s: deadline.time_limit_s,
        extra_s: deadline.extra_s,
        attempts_made: count,
        attempts_left: left,
        next_attempt_at: next,
        attempt_id: running.map(|one| one.id),
        access_code_needed: settings.access_code.is_some(),
    })
}
