//! Release rules: checked when they are written, evaluated when they are read.

use std::collections::{HashMap, HashSet};

use lyceum_kernel::{BlockId, Principal};
use lyceum_platform::uow::Tx;

use super::CoursesService;
use crate::error::CourseError;
use crate::model::{block, course};
use crate::policy::Viewer;
use crate::release::{Progress, Rule, waits_for_itself};
use crate::repo::content;

impl CoursesService {
    /// Whether a rule is within bounds, speaks of what there is, and makes no block wait for itself. The course is held.
    pub(crate) async fn check_rule(&self, tx: &Tx, of: &block::Model, rule: &Rule) -> Result<(), CourseError> {
        if !rule.is_bounded() {
            return Err(CourseError::RuleTooLarge);
        }
        let groups: Vec<_> = rule.groups().into_iter().collect();
        if !groups.is_empty() {
            let known = self.neighbours.school.known_groups(of.school_id, &groups).await?;
            if groups.iter().any(|group| !known.contains(group)) {
                return Err(CourseError::UnknownGroup);
            }
        }
        let wanted = rule.blocks();
        if wanted.is_empty() {
            return Ok(());
        }
        let there = content::briefs(tx.conn(), of.school_id, of.course_id).await?;
        let ids: HashSet<_> = there.iter().map(|block| block.id).chain([of.id]).collect();
        if !wanted.is_subset(&ids) {
            return Err(CourseError::UnknownBlock);
        }
        let mut needs: HashMap<BlockId, HashSet<BlockId>> =
            there.into_iter().filter_map(|block| block.release.map(|rule| (block.id, rule.blocks()))).collect();
        needs.insert(of.id, wanted);
        if waits_for_itself(of.id, &needs) { Err(CourseError::PrerequisiteCircle) } else { Ok(()) }
    }

    /// Of each rule, what does not hold for the caller: nothing for who teaches the course. A constant number of questions to others.
    pub(crate) async fn locks<'a>(
        &self,
        who: &Principal,
        course: &course::Model,
        rules: impl Iterator<Item = Option<&'a Rule>> + Send,
    ) -> Result<Vec<Vec<Rule>>, CourseError> {
        let rules: Vec<_> = rules.collect();
        if Viewer::of(who).teaches(course) || rules.iter().all(Option::is_none) {
            return Ok(vec![Vec::new(); rules.len()]);
        }
        let completed = rules.iter().flatten().any(|rule| !rule.blocks().is_empty());
        let progress = self.progress(who, course, rules.iter().flatten().copied(), completed).await?;
        let now = self.platform.clock.now();
        Ok(rules.into_iter().map(|rule| rule.map(|rule| rule.unmet(now, &progress)).unwrap_or_default()).collect())
    }

    /// What rules hang on, for the caller: only what they speak of is asked. A stranger has done nothing and is in no group.
    pub(crate) async fn progress<'a>(
        &self,
        who: &Principal,
        course: &course::Model,
        rules: impl Iterator<Item = &'a Rule> + Send,
        completed: bool,
    ) -> Result<Progress, CourseError> {
        let (school, user) = (course.school_id, who.user_id);
        let mut progress = Progress::default();
        if who.school_id != Some(school) {
            return Ok(progress);
        }
        let (mut scored, mut grouped) = (HashSet::new(), false);
        for rule in rules {
            scored.extend(rule.scored());
            grouped |= !rule.groups().is_empty();
        }
        let others = &self.neighbours;
        if completed {
            progress.completed = others.completions.blocks_completed(school, user, course.id).await?;
        }
        if !scored.is_empty() {
            let blocks: Vec<_> = scored.into_iter().collect();
            progress.scores = others.scores.best_scores(school, user, &blocks).await?;
        }
        if grouped {
            progress.groups = others.school.groups_of(school, user).await?;
        }
        Ok(progress)
    }
}
