//! How far learners are.

use std::collections::{BTreeMap, HashMap};

use lyceum_kernel::{CourseId, Cursor, EnrollmentId, GroupId, Page, PageRequest, Principal, SchoolId, Scope, UserId};

use super::EnrollmentsService;
use crate::dto::progress::{CourseProgress, LearnerProgress, LevelStats, PersonStats, ProgressFilter, ProgressStats};
use crate::error::EnrollmentError;
use crate::model::enrollment::{Model, Status};
use crate::policy::{Refusal, Viewer};
use crate::ports::CoursePlan;
use crate::progress::{self, Tally, percent};
use crate::repo::completions;
use crate::repo::enrollments::{self, Learners};
use crate::repo::totals::{self, Holder};

impl EnrollmentsService {
    /// A page of the learners of a course, in the order in which they came, with how far they are: all of them for those who teach the
    /// course, oneself for others.
    pub(crate) async fn course_progress(
        &self,
        who: &Principal,
        (id, filter): (CourseId, ProgressFilter),
        request: &PageRequest,
    ) -> Result<Page<LearnerProgress>, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        self.neighbours.courses.seen(who, id).await?.ok_or(EnrollmentError::NotFound)?;
        let user = (!self.viewer(who).await?.oversees(id)).then_some(who.user_id);
        let learners = Learners { courses: Some(vec![id]), user, completed: filter.completed };
        let (page, done) = self.learners(school, &learners, request).await?;
        let plan = self.plans(school, &[id]).await?.remove(&id).ok_or(EnrollmentError::NotFound)?;
        Ok(page.map(|row| {
            let standing = Standing::of(&row, &plan, done.get(&row.id));
            LearnerProgress {
                enrollment_id: row.id,
                user_id: row.user_id,
                done: standing.done,
                blocks: standing.blocks,
                percent: percent(standing.done, standing.blocks),
                next_block_id: standing.next,
                last_activity_at: row.last_activity_at,
                completed: row.status == Status::Completed,
                completed_at: row.completed_at,
            }
        }))
    }

    /// A page of the courses that a person learns in, with how far they are: all of them for themselves and those who run the school, for
    /// others those that they teach.
    pub(crate) async fn person_progress(
        &self,
        who: &Principal,
        (id, filter): (UserId, ProgressFilter),
        request: &PageRequest,
    ) -> Result<Page<CourseProgress>, EnrollmentError> {
        let (school, courses) = self.courses_shown(who, id).await?;
        let learners = Learners { courses, user: Some(id), completed: filter.completed };
        let (page, done) = self.learners(school, &learners, request).await?;
        let ids: Vec<_> = page.items.iter().map(|row| row.course_id).collect();
        let plans = self.plans(school, &ids).await?;
        Ok(page.map(|row| {
            let nothing = CoursePlan::nothing(row.course_id);
            let plan = plans.get(&row.course_id).unwrap_or(&nothing);
            let standing = Standing::of(&row, plan, done.get(&row.id));
            CourseProgress {
                enrollment_id: row.id,
                course_id: row.course_id,
                title: plan.title.clone(),
                level: plan.level.clone(),
                done: standing.done,
                blocks: standing.blocks,
                percent: percent(standing.done, standing.blocks),
                next_block_id: standing.next,
                last_activity_at: row.last_activity_at,
                completed: row.status == Status::Completed,
                completed_at: row.completed_at,
            }
        }))
    }

    /// How far a person is, all courses together and level by level.
    pub(crate) async fn person_stats(&self, who: &Principal, id: UserId) -> Result<PersonStats, EnrollmentError> {
        let (school, courses) = self.courses_shown(who, id).await?;
        let learners = Learners { courses, user: Some(id), completed: None };
        let rows = enrollments::all_learners(&self.platform.db.read(Scope::School(school)), school, &learners).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.course_id).collect();
        let plans = self.plans(school, &ids).await?;
        let mut levels: BTreeMap<Option<String>, Sum> = BTreeMap::new();
        let mut all = Sum::default();
        for row in rows {
            let Some(plan) = plans.get(&row.course_id) else { continue };
            let completed = i64::from(row.status == Status::Completed);
            let tally = Tally { learners: 1, done: i64::from(row.blocks_done), completed };
            all.add(tally, plan.count());
            levels.entry(plan.level.clone()).or_default().add(tally, plan.count());
        }
        let levels = levels.into_iter().map(|(level, sum)| LevelStats { level, stats: sum.stats() });
        Ok(PersonStats { all: all.stats(), levels: levels.collect() })
    }

    /// How far the learners of a course are, all together, for those who teach it.
    pub(crate) async fn course_stats(&self, who: &Principal, id: CourseId) -> Result<ProgressStats, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        self.neighbours.courses.seen(who, id).await?.ok_or(EnrollmentError::NotFound)?;
        if !self.viewer(who).await?.oversees(id) {
            return Err(Refusal::NotYours.into());
        }
        self.rolled_up(school, Holder::Course(id)).await
    }

    /// How far the learners in a group are in all their courses together, for those who run the school.
    pub(crate) async fn group_stats(&self, who: &Principal, id: GroupId) -> Result<ProgressStats, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        if !self.neighbours.classes.is_group(school, id).await? {
            return Err(EnrollmentError::NotFound);
        }
        must_manage(&Viewer::of(who, Vec::new()))?;
        self.rolled_up(school, Holder::Group(id)).await
    }

    /// How far the learners of the active school are in all its courses together, for those who run it.
    pub(crate) async fn school_stats(&self, who: &Principal, id: SchoolId) -> Result<ProgressStats, EnrollmentError> {
        let school = who.school_id.filter(|school| *school == id).ok_or(EnrollmentError::NotFound)?;
        must_manage(&Viewer::of(who, Vec::new()))?;
        self.rolled_up(school, Holder::School).await
    }

    /// A roll-up: a constant number of queries.
    async fn rolled_up(&self, school: SchoolId, holder: Holder) -> Result<ProgressStats, EnrollmentError> {
        let db = self.platform.db.read(Scope::School(school));
        let tallies = totals::read(&db, school, holder).await?;
        let ids: Vec<_> = tallies.keys().copied().collect();
        let mut counts: HashMap<CourseId, i64> = HashMap::new();
        for plan in totals::plans(&db, school, &ids).await? {
            counts.insert(plan.course_id, i64::from(plan.blocks.count()));
        }
        let unknown: Vec<_> = ids.iter().filter(|id| !counts.contains_key(id)).copied().collect();
        if !unknown.is_empty() {
            // Nobody has completed anything there yet: courses know how much there is.
            counts.extend(self.plans(school, &unknown).await?.iter().map(|(id, plan)| (*id, plan.count())));
        }
        let mut sum = Sum::default();
        for (course, tally) in tallies {
            sum.add(tally, counts.get(&course).copied().unwrap_or_default());
        }
        Ok(sum.stats())
    }

    /// Which courses of a person the caller is shown: all, or these.
    async fn courses_shown(
        &self,
        who: &Principal,
        person: UserId,
    ) -> Result<(SchoolId, Option<Vec<CourseId>>), EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::NotFound)?;
        if person == who.user_id {
            return Ok((school, None));
        }
        let viewer = self.viewer(who).await?;
        if !viewer.manages && viewer.teaches.is_empty() {
            return Err(Refusal::NotYourProgress.into());
        }
        let known = self.neighbours.people.members(school, &[person]).await?;
        if !known.contains_key(&person) {
            return Err(EnrollmentError::NotFound);
        }
        Ok((school, (!viewer.manages).then_some(viewer.teaches)))
    }

    /// A page of learners, and what they have completed: two queries.
    async fn learners(
        &self,
        school: SchoolId,
        learners: &Learners,
        request: &PageRequest,
    ) -> Result<(Page<Model>, HashMap<EnrollmentId, completions::Done>), EnrollmentError> {
        let db = self.platform.db.read(Scope::School(school));
        let (rows, total) = enrollments::learner_page(&db, school, learners, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        let page = Page { total, ..page };
        let ids: Vec<_> = page.items.iter().map(|row| row.id).collect();
        let done = completions::blocks_of(&db, school, &ids).await?;
        Ok((page, done))
    }

    async fn plans(
        &self,
        school: SchoolId,
        ids: &[CourseId],
    ) -> Result<HashMap<CourseId, CoursePlan>, EnrollmentError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let plans = self.neighbours.lessons.plans(school, ids).await?;
        Ok(plans.into_iter().map(|plan| (plan.course_id, plan)).collect())
    }
}

fn must_manage(viewer: &Viewer) -> Result<(), EnrollmentError> {
    if viewer.manages { Ok(()) } else { Err(Refusal::NotYourProgress.into()) }
}

/// Where a learner stands in a course, by its plan as it is now.
struct Standing {
    done: i64,
    blocks: i64,
    next: Option<lyceum_kernel::BlockId>,
}

impl Standing {
    fn of(row: &Model, plan: &CoursePlan, done: Option<&completions::Done>) -> Self {
        let nothing = completions::Done::new();
        let blocks = plan.count();
        // What was counted may be a moment older than the plan.
        let counted = i64::from(row.blocks_done).min(blocks);
        Self { done: counted, blocks, next: progress::next(&plan.blocks, done.unwrap_or(&nothing)) }
    }
}

/// Tallies of several courses.
#[derive(Default)]
struct Sum {
    tally: Tally,
    possible: i64,
}

impl Sum {
    /// Adds learners of a course with so many blocks.
    fn add(&mut self, mut tally: Tally, blocks: i64) {
        let possible = tally.learners * blocks;
        tally.done = tally.done.min(possible);
        self.tally += tally;
        self.possible += possible;
    }

    fn stats(&self) -> ProgressStats {
        ProgressStats::of(self.tally.learners, self.tally.completed, self.tally.done, self.possible)
    }
}
