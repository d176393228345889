//! What the tests of a course, of a group and of a person come to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use lyceum_kernel::{CourseId, GroupId, PermissionMarker as _, Principal, Scope, TestId, UserId};
use lyceum_web::Serialised;

use super::AssessmentsService;
use super::reviews::shown_at;
use super::statistics::serialised;
use crate::dto::scores::{MonthOfScores, OwnScore, PersonScores, ScoresView, TestScores};
use crate::error::AssessmentError;
use crate::model::test;
use crate::perm::{TestGrade, TestManage};
use crate::policy::Refusal;
use crate::ports::Involvement;
use crate::repo::scores::{self, Scored, Sitting};
use crate::repo::tests::Reach;
use crate::scores::{Reached, Sat, Spread, result};
use crate::statistics::HistogramBar;

/// People who are named in one query.
const NAMED: usize = 500;

/// Months that are shown of somebody.
const MONTHS: usize = 24;

/// Courses of which what was said is kept on one node.
const COURSES: usize = 200;

/// Rows that are written at one moment may become visible a little later: what is said so soon is not kept.
const QUIET: TimeDelta = TimeDelta::seconds(30);

/// What was said of courses, and upon what.
#[derive(Debug, Default)]
pub(crate) struct SaidBefore(Mutex<HashMap<CourseId, Before>>);

/// What was said, and upon what.
type Before = (Basis, Arc<Said<ScoresView>>);

/// The tests as they are, each with when an attempt at it last changed.
#[derive(Debug, PartialEq)]
struct Basis {
    tests: Vec<(TestId, i64)>,
    changes: Vec<(TestId, Option<DateTime<Utc>>)>,
}

impl SaidBefore {
    fn get(&self, course: CourseId, basis: &Basis) -> Option<Arc<Said<ScoresView>>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&course).filter(|(upon, _)| upon == basis).map(|(_, said)| Arc::clone(said))
    }

    fn put(&self, course: CourseId, basis: Basis, said: &Arc<Said<ScoresView>>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= COURSES {
            all.clear();
        }
        all.insert(course, (basis, Arc::clone(said)));
    }
}

/// Something said of scores, as it goes out.
#[derive(Debug)]
pub(crate) struct Said<T> {
    /// As JSON with its entity tag.
    pub(crate) view: Serialised<T>,
    /// As rows of a table.
    pub(crate) table: String,
}

impl AssessmentsService {
    /// What the tests of a course come to: of everybody, or of a group. For those who teach it.
    pub(crate) async fn course_statistics(
        &self,
        who: &Principal,
        (course, group): (CourseId, Option<GroupId>),
    ) -> Result<Arc<Said<ScoresView>>, AssessmentError> {
        let standing = self.neighbours.courses.standing(who, course).await?.ok_or(AssessmentError::NotFound)?;
        let scope = who.scope();
        if !(standing.teaches || who.may(TestManage::PERMISSION) || scope == Scope::Platform) {
            return Err(Refusal::NotYourCourse.into());
        }
        let people = match (group, who.school_id) {
            (None, _) => None,
            (Some(group), Some(school)) => Some(self.people_of(school, group).await?.into_iter().collect()),
            (Some(_), None) => return Err(AssessmentError::UnknownSubject),
        };
        let db = self.platform.db.read(scope);
        let tests = scores::tests_of_course(&db, scope, course).await?;
        let ids: Vec<_> = tests.iter().map(|test| test.id).collect();
        let basis = Basis {
            tests: tests.iter().map(|test| (test.id, test.version)).collect(),
            changes: scores::last_changes(&db, scope, &ids).await?,
        };
        if people.is_none()
            && let Some(said) = self.said_before.get(course, &basis)
        {
            return Ok(said);
        }
        let last = basis.changes.iter().filter_map(|(_, last)| *last).max();
        let quiet = last.is_none_or(|last| self.platform.clock.now() - last > QUIET);
        let keep = people.is_none() && quiet;
        let rows = scores::at_tests(&db, scope, &ids).await?;
        let said = Arc::new(said(tests, rows, people).await?);
        if keep {
            self.said_before.put(course, basis, &said);
        }
        Ok(said)
    }

    /// What the people of a group have of the tests that the caller teaches.
    pub(crate) async fn group_statistics(
        &self,
        who: &Principal,
        group: GroupId,
    ) -> Result<Arc<Said<ScoresView>>, AssessmentError> {
        let school = who.school_id.ok_or(AssessmentError::UnknownSubject)?;
        let people = self.people_of(school, group).await?;
        let reach = self.teaching(who).await?;
        let db = self.platform.db.read(Scope::School(school));
        let mut rows = Vec::new();
        for some in people.chunks(NAMED) {
            rows.extend(scores::of_people(&db, school, some).await?);
        }
        let ids: HashSet<_> = rows.iter().map(|row| row.test_id).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let tests = scores::tests(&db, (Scope::School(school), Some(&reach)), &ids).await?;
        said(tests, rows, None).await.map(Arc::new)
    }

    /// What somebody's tests come to: their own, as far as they may see it; for their teachers, the tests that these teach.
    pub(crate) async fn person_statistics(
        &self,
        who: &Principal,
        user: UserId,
    ) -> Result<Said<PersonScores>, AssessmentError> {
        let (scope, own) = (who.scope(), who.user_id == user);
        let reach = if own { None } else { Some(self.teaching(who).await?) };
        if !own {
            let there = match who.school_id {
                Some(school) => self.neighbours.school.has_member(school, user).await?,
                None => scope == Scope::Platform,
            };
            if !(there && who.may(TestGrade::PERMISSION)) {
                return Err(AssessmentError::NotFound);
            }
        }
        let db = self.platform.db.read(scope);
        let mut rows = scores::of_person(&db, scope, user).await?;
        if rows.is_empty() && scope == Scope::Platform && !own {
            return Err(AssessmentError::NotFound);
        }
        let ids: HashSet<_> = rows.iter().map(|row| row.test_id).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let tests = scores::tests(&db, (scope, reach.as_ref()), &ids).await?;
        let tests: HashMap<_, _> = tests.into_iter().map(|test| (test.id, test)).collect();
        let now = self.platform.clock.now();
        rows.retain(|row| {
            let Some(test) = tests.get(&row.test_id) else { return false };
            !own || shown_at(&test.settings, (row.finished_at, row.deadline.0.closes_at), now).score
        });
        let view = of_person(user, &rows, &tests);
        Ok(Said { table: view.table(), view: serialised(&view)? })
    }

    /// The tests that somebody teaches.
    async fn teaching(&self, who: &Principal) -> Result<Reach, AssessmentError> {
        let all = who.may(TestManage::PERMISSION) || who.scope() == Scope::Platform;
        let courses = if all { Involvement::default() } else { self.neighbours.courses.involvement(who).await? };
        Ok(Reach { user: Some(who.user_id), all, courses })
    }
}

/// Puts a view together, away from what serves others: there may be a hundred thousand attempts.
async fn said(
    tests: Vec<test::Model>,
    mut rows: Vec<Scored>,
    people: Option<HashSet<UserId>>,
) -> Result<Said<ScoresView>, AssessmentError> {
    let working = tokio::task::spawn_blocking(move || {
        rows.retain(|row| people.as_ref().is_none_or(|people| people.contains(&row.user_id)));
        let view = of_tests(&tests, &rows);
        Ok(Said { table: view.table(), view: serialised(&view)? })
    });
    working.await.map_err(|_| AssessmentError::Interrupted)?
}

fn score(row: &Scored) -> Sat {
    let Scored { number, score, max_score, passed, finished_at, .. } = *row;
    Sat { number, score, max_score, passed, finished_at }
}

/// How many passed, and how many did not; nothing where the test has no pass mark.
fn passing(test: &test::Model, reached: &[(UserId, Reached)]) -> (Option<u64>, Option<u64>) {
    if test.settings.pass_mark.is_none() {
        return (None, None);
    }
    let count = |wanted: bool| reached.iter().filter(|(_, one)| one.passed == Some(wanted)).count() as u64;
    (Some(count(true)), Some(count(false)))
}

fn of_tests(tests: &[test::Model], rows: &[Scored]) -> ScoresView {
    let mut by_test: HashMap<TestId, BTreeMap<UserId, Vec<Sat>>> = HashMap::new();
    for row in rows {
        by_test.entry(row.test_id).or_default().entry(row.user_id).or_default().push(score(row));
    }
    let mut of_people: BTreeMap<UserId, Vec<f64>> = BTreeMap::new();
    let mut views = Vec::with_capacity(tests.len());
    for test in tests {
        let (method, pass_mark) = (test.settings.grading_method, test.settings.pass_mark);
        let people = by_test.remove(&test.id).unwrap_or_default();
        let attempts = people.values().map(|scores| scores.len() as u64).sum();
        let reached: Vec<_> =
            people.iter().filter_map(|(user, scores)| Some((*user, result(method, pass_mark, scores)?))).collect();
        for (user, one) in &reached {
            of_people.entry(*user).or_default().push(one.percent);
        }
        let (passed, failed) = passing(test, &reached);
        let percent = Spread::of(reached.iter().map(|(_, one)| one.percent).collect()).into();
        let (test_id, title, course_id) = (test.id, test.title.clone(), test.course_id);
        views.push(TestScores { test_id, title, course_id, attempts, percent, passed, failed });
    }
    let means: Vec<_> = of_people.into_values().filter_map(|percents| Spread::of(percents).mean).collect();
    let mut histogram = HistogramBar::none();
    for mean in &means {
        HistogramBar::count(&mut histogram, *mean);
    }
    ScoresView { percent: Spread::of(means).into(), histogram, tests: views }
}

fn of_person(user_id: UserId, rows: &[Sitting], tests: &HashMap<TestId, test::Model>) -> PersonScores {
    let seconds = |row: &Sitting| row.finished_at.map_or(0, |end| (end - row.started_at).num_seconds().max(0));
    let (mut by_test, mut by_month) = (HashMap::<TestId, Vec<Sat>>::new(), BTreeMap::<_, Vec<(f64, i64)>>::new());
    for row in rows {
        let Sitting { number, score, max_score, passed, finished_at, .. } = *row;
        let score = Sat { number, score, max_score, passed, finished_at };
        by_test.entry(row.test_id).or_default().push(score);
        if let Some(at) = finished_at {
            by_month.entry((at.year(), at.month())).or_default().push((score.percent(), seconds(row)));
        }
    }
    let mut own = Vec::with_capacity(by_test.len());
    for (test_id, scores) in by_test {
        let Some(test) = tests.get(&test_id) else { continue };
        let Some(reached) = result(test.settings.grading_method, test.settings.pass_mark, &scores) else { continue };
        let Reached { percent, passed, finished_at } = reached;
        let (title, course_id, attempts) = (test.title.clone(), test.course_id, scores.len() as u64);
        own.push(OwnScore { test_id, title, course_id, attempts, percent, passed, finished_at });
    }
    own.sort_by_key(|one| (std::cmp::Reverse(one.finished_at), one.test_id));
    let month = |((year, month), all): ((i32, u32), Vec<(f64, i64)>)| MonthOfScores {
        month: format!("{year:04}-{month:02}"),
        attempts: all.len() as u64,
        seconds: all.iter().map(|(_, seconds)| seconds).sum(),
        mean_percent: Spread::of(all.into_iter().map(|(percent, _)| percent).collect()).mean,
    };
    let skipped = by_month.len().saturating_sub(MONTHS);
    PersonScores {
        user_id,
        attempts: rows.len() as u64,
        seconds: rows.iter().map(seconds).sum(),
        passed: own.iter().filter(|one| one.passed == Some(true)).count() as u64,
        failed: own.iter().filter(|one| one.passed == Some(false)).count() as u64,
        percent: Spread::of(own.iter().map(|one| one.percent).collect()).into(),
        months: by_month.into_iter().skip(skipped).map(month).collect(),
        tests: own,
    }
}
