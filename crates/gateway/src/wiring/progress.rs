//! What progress asks of courses and tenancy, and what courses asks of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use lyceum_courses::ports::{Completions, PortError, Scores};
use lyceum_courses::release::Rule;
use lyceum_courses::{BlockCompletion, CoursesService, TestBlock};
use lyceum_enrollments::EnrollmentsService;
use lyceum_enrollments::ports::{BlockFacts, Classes, CompletionRule, CoursePlan, Lessons};
use lyceum_kernel::{BlockId, CourseId, GroupId, Principal, SchoolId, ServiceError, TestId, UserId};
use lyceum_tenancy::TenancyService;

fn boxed(error: impl ServiceError) -> PortError {
    Box::new(error)
}

/// Courses, as progress asks it.
#[derive(Debug)]
pub struct LessonsOfCourses(pub Arc<CoursesService>);

#[async_trait]
impl Lessons for LessonsOfCourses {
    async fn block(&self, who: &Principal, id: BlockId) -> Result<Option<BlockFacts>, PortError> {
        let Some(block) = self.0.block_standing(who, id).await.map_err(boxed)? else { return Ok(None) };
        let rule = rule(block.completion);
        let reasons: Vec<_> = block.unmet.iter().map(reason).collect();
        let locked = (!reasons.is_empty()).then(|| reasons.join("; "));
        let (school_id, course_id, published) = (block.school_id, block.course_id, block.published);
        Ok(Some(BlockFacts { school_id, course_id, published, rule, locked }))
    }

    async fn tested_by(&self, school: SchoolId, test: TestId) -> Result<Vec<(BlockId, BlockFacts)>, PortError> {
        let blocks = self.0.blocks_of_test(school, test).await.map_err(boxed)?;
        let facts = |block: TestBlock| {
            let TestBlock { id, course_id, published, completion } = block;
            (id, BlockFacts { school_id: school, course_id, published, rule: rule(completion), locked: None })
        };
        Ok(blocks.into_iter().map(facts).collect())
    }

    async fn plans(&self, school: SchoolId, courses: &[CourseId]) -> Result<Vec<CoursePlan>, PortError> {
        let plans = self.0.course_plans(school, courses).await.map_err(boxed)?;
        let plans = plans.into_iter().map(|plan| {
            let lyceum_courses::CoursePlan { course_id, title, level, revision, blocks } = plan;
            CoursePlan { course_id, title, level, revision, blocks }
        });
        Ok(plans.collect())
    }
}

const fn rule(completion: BlockCompletion) -> CompletionRule {
    match completion {
        BlockCompletion::Manual => CompletionRule::Manual,
        BlockCompletion::Viewed => CompletionRule::Viewed,
        BlockCompletion::Passed => CompletionRule::Passed,
        BlockCompletion::Submitted => CompletionRule::Submitted,
    }
}

/// In words, what a block waits for.
fn reason(rule: &Rule) -> String {
    match rule {
        Rule::After { at } => format!("it opens at {}", at.format("%Y-%m-%dT%H:%M:%SZ")),
        Rule::Before { at } => format!("it was open until {}", at.format("%Y-%m-%dT%H:%M:%SZ")),
        Rule::Completed { block_id } => format!("block {block_id} must be completed first"),
        Rule::Score { block_id, minimum } => format!("block {block_id} must be passed with {} per cent", minimum.get()),
        Rule::Group { group_id } => format!("it is for group {group_id}"),
        Rule::All { .. } => "several conditions do not hold".to_owned(),
        Rule::Any { .. } => "none of several conditions holds".to_owned(),
        Rule::Not { .. } => "it is closed under a condition that holds".to_owned(),
    }
}

/// Tenancy, as progress asks it.
#[derive(Debug)]
pub struct ClassesOfSchools(pub Arc<TenancyService>);

#[async_trait]
impl Classes for ClassesOfSchools {
    async fn groups_of(&self, school: SchoolId, user: UserId) -> Result<HashSet<GroupId>, PortError> {
        self.0.any_groups_of(school, user).await.map_err(boxed)
    }

    async fn is_group(&self, school: SchoolId, group: GroupId) -> Result<bool, PortError> {
        Ok(self.0.known_groups(school, &[group]).await.map_err(boxed)?.contains(&group))
    }

    async fn memberships(&self, school: SchoolId) -> Result<Vec<(GroupId, UserId)>, PortError> {
        self.0.group_members(school).await.map_err(boxed)
    }
}

/// Progress, as courses asks it.
#[derive(Debug)]
pub struct WhatIsLearned(pub Arc<EnrollmentsService>);

#[async_trait]
impl Completions for WhatIsLearned {
    async fn blocks_completed(
        &self,
        school: SchoolId,
        user: UserId,
        course: CourseId,
    ) -> Result<HashSet<BlockId>, PortError> {
        self.0.blocks_completed(school, user, course).await.map_err(boxed)
    }

    async fn course_completed(&self, school: SchoolId, user: UserId, course: CourseId) -> Result<bool, PortError> {
        self.0.course_completed(school, user, course).await.map_err(boxed)
    }
}

#[async_trait]
impl Scores for WhatIsLearned {
    /// Teachers' grades.
    async fn best_scores(
        &self,
        school: SchoolId,
        user: UserId,
        blocks: &[BlockId],
    ) -> Result<HashMap<BlockId, f64>, PortError> {
        self.0.grades(school, user, blocks).await.map_err(boxed)
    }
}
