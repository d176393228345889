//! Roll-ups: counted on in the background, and from scratch.

use std::collections::{BTreeMap, HashSet};

use lyceum_kernel::{CourseId, GroupId, RequestId, SchoolId, Scope, UserId};
use lyceum_platform::uow::{Cause, UnitOfWork};
use uuid::Uuid;

use super::EnrollmentsService;
use crate::error::EnrollmentError;
use crate::model::course_plan::Blocks;
use crate::progress::Tally;
use crate::repo::totals::{self, BATCH, Contribution};
use crate::repo::{completions, plans};

/// What is added to whose roll-up of which course.
type Additions = BTreeMap<(SchoolId, Uuid, CourseId), Tally>;

impl EnrollmentsService {
    fn work(&self) -> UnitOfWork {
        let request = RequestId::new(self.platform.clock.now(), self.platform.entropy.as_ref());
        self.platform.unit_of_work(Cause::new(request))
    }

    /// Counts what has changed since it was counted last, in small transactions. Roll-ups are as exact before as after: it only makes
    /// them quicker to read. Gives how many enrolments were counted.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn roll_up(&self) -> Result<u64, EnrollmentError> {
        let mut counted = 0;
        loop {
            let tx = self.work().begin().await?;
            let rows = totals::take_uncounted(tx.conn()).await?;
            let people: Vec<_> = rows.iter().map(|row| row.user_id).collect();
            let groups = totals::groups_of(tx.conn(), Scope::Platform, &people).await?;
            let mut more = Additions::new();
            for row in &rows {
                let groups = groups.get(&(row.school_id, row.user_id));
                spread(&mut more, row, row.rest(), groups.map_or(&[], Vec::as_slice));
            }
            totals::add(tx.conn(), more).await?;
            let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
            totals::mark_counted(tx.conn(), Scope::Platform, &ids).await?;
            tx.commit_quietly().await?;
            counted += rows.len() as u64;
            if (rows.len() as u64) < BATCH {
                return Ok(counted);
            }
        }
    }

    /// Counts somebody in just the groups that they are in.
    pub(crate) async fn regroup(
        &self,
        uow: UnitOfWork,
        (school, user): (SchoolId, UserId),
    ) -> Result<(), EnrollmentError> {
        let now = self.neighbours.classes.groups_of(school, user).await?;
        let tx = uow.begin().await?;
        let rows = totals::hold_person(tx.conn(), school, user).await?;
        let before = totals::groups_of(tx.conn(), Scope::School(school), &[user]).await?;
        let before: HashSet<GroupId> = before.into_values().flatten().collect();
        let mut more = Additions::new();
        for group in now.symmetric_difference(&before) {
            let comes = now.contains(group);
            totals::count_in(tx.conn(), (school, user), *group, comes).await?;
            for row in &rows {
                let entry = more.entry((school, group.uuid(), row.course_id)).or_default();
                if comes {
                    *entry += row.counted();
                } else {
                    *entry -= row.counted();
                }
            }
        }
        totals::add(tx.conn(), more).await?;
        Ok(tx.commit_quietly().await?)
    }

    /// Counts everything from scratch, of all schools or of one: what courses consist of, who is in which group, how far each enrolment
    /// is, and the roll-ups. One small transaction for each course; nobody need stop meanwhile. Gives how many courses were counted.
    ///
    /// # Errors
    /// If the database or a neighbour is away.
    pub async fn rebuild_progress(&self, scope: Scope) -> Result<u64, EnrollmentError> {
        let courses = totals::courses(&self.platform.db.read(scope), scope).await?;
        let schools: HashSet<_> = courses.iter().map(|(school, _)| *school).collect();
        for school in schools {
            let members = self.neighbours.classes.memberships(school).await?;
            let tx = self.work().begin().await?;
            totals::regroup(tx.conn(), school, members).await?;
            tx.commit_quietly().await?;
        }
        for place in &courses {
            self.recount(*place).await?;
        }
        Ok(courses.len() as u64)
    }

    async fn recount(&self, (school, course): (SchoolId, CourseId)) -> Result<(), EnrollmentError> {
        let there = self.neighbours.lessons.plans(school, &[course]).await?.into_iter().next();
        let tx = self.work().begin().await?;
        if let Some(plan) = plans::hold(tx.conn(), school, course).await? {
            let mut blocks = plan.blocks;
            if let Some(there) = there.filter(|there| there.revision > plan.revision) {
                blocks = Blocks(there.blocks);
                plans::renew(tx.conn(), (school, course), (there.revision, blocks.clone()), tx.now()).await?;
            }
            plans::reset_done(tx.conn(), school, course).await?;
            let mut alike: BTreeMap<i64, Vec<_>> = BTreeMap::new();
            for (enrollment, done) in completions::counts(tx.conn(), (school, course), &blocks.0).await? {
                alike.entry(done).or_default().push(enrollment);
            }
            for (done, ids) in alike {
                plans::shift_done(tx.conn(), school, &ids, done).await?;
            }
        }
        totals::mark_course_counted(tx.conn(), (school, course)).await?;
        let rows = totals::of_course(tx.conn(), (school, course)).await?;
        let people: Vec<_> = rows.iter().map(|row| row.user_id).collect();
        let groups = totals::groups_of(tx.conn(), Scope::School(school), &people).await?;
        let mut all = Additions::new();
        for row in &rows {
            let groups = groups.get(&(school, row.user_id));
            spread(&mut all, row, row.counted(), groups.map_or(&[], Vec::as_slice));
        }
        totals::forget_course(tx.conn(), (school, course)).await?;
        totals::add(tx.conn(), all).await?;
        Ok(tx.commit_quietly().await?)
    }
}

/// What an enrolment contributes goes to the school, and to each group that its person is counted in.
fn spread(more: &mut Additions, row: &Contribution, tally: Tally, groups: &[GroupId]) {
    *more.entry((row.school_id, row.school_id.uuid(), row.course_id)).or_default() += tally;
    for group in groups {
        *more.entry((row.school_id, group.uuid(), row.course_id)).or_default() += tally;
    }
}
