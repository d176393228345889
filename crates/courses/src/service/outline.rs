//! A whole course at one glance.
//!
//! What is the same for everybody is a [`Plan`], kept at hand; the caller's state is laid over it. So the number of queries does not
//! hang on the size of the course, and is none for a plan at hand as long as no neighbour needs one.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use lyceum_kernel::{BlockId, CourseId, Principal, SectionId};

use super::access::Entry;
use super::{CoursesService, tag};
use crate::dto::block::Lock;
use crate::dto::outline::{Outline, OutlineBlock, OutlineSection};
use crate::error::CourseError;
use crate::model::{block, course, section};
use crate::policy::Viewer;
use crate::release::Rule;
use crate::repo::{content, courses};

/// A course's sections and blocks in order, without anybody's state.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) course: course::Model,
    sections: Vec<(section::Model, Vec<block::Brief>)>,
}

impl Plan {
    fn of(course: course::Model, sections: Vec<section::Model>, blocks: Vec<block::Brief>) -> Self {
        let mut by_section: HashMap<SectionId, Vec<block::Brief>> = HashMap::new();
        for block in blocks {
            by_section.entry(block.section_id).or_default().push(block);
        }
        let sections = sections.into_iter().map(|section| {
            let blocks = by_section.remove(&section.id).unwrap_or_default();
            (section, blocks)
        });
        Self { course, sections: sections.collect() }
    }

    pub(crate) fn blocks(&self) -> impl Iterator<Item = &block::Brief> {
        self.sections.iter().flat_map(|(_, blocks)| blocks)
    }
}

/// An outline with the caller's state, and its entity tag.
pub(crate) struct Shown {
    pub(crate) outline: Outline,
    pub(crate) etag: String,
}

impl CoursesService {
    /// The plan of a course that the caller sees: four queries, or none if it is at hand.
    pub(crate) async fn plan(&self, who: &Principal, entry: &Entry) -> Result<Arc<Plan>, CourseError> {
        let (id, school) = (entry.row.id, entry.row.school_id);
        let scope = courses::reach(&Viewer::of(who));
        let load = async {
            let db = self.platform.db.read(scope);
            // The course first: what is read of it is never newer than what is beneath it.
            let course = courses::find(&db, scope, id).await?.ok_or(CourseError::NotFound)?;
            let sections = content::sections(&db, school, id).await?;
            let blocks = content::briefs(&db, school, id).await?;
            Ok::<_, CourseError>(Arc::new(Plan::of(course, sections, blocks)))
        };
        self.plans.get_or_load((scope, id), tag(id), load).await
    }

    /// The outline of a course, with what the caller has completed and what is locked for them and why.
    pub(crate) async fn outline(&self, who: &Principal, id: CourseId) -> Result<Shown, CourseError> {
        let entry = self.seen(who, id).await?;
        let plan = self.plan(who, &entry).await?;
        let rules = plan.blocks().filter_map(|block| block.release.as_ref());
        let progress = self.progress(who, &plan.course, rules, true).await?;
        let now = self.platform.clock.now();
        let teaches = Viewer::of(who).teaches(&plan.course);
        let mut locks: HashMap<BlockId, Vec<Rule>> = HashMap::new();
        if !teaches {
            for block in plan.blocks() {
                let unmet = block.release.as_ref().map(|rule| rule.unmet(now, &progress)).unwrap_or_default();
                if !unmet.is_empty() {
                    locks.insert(block.id, unmet);
                }
            }
        }
        let mut hash = DefaultHasher::new();
        let mut done = 0;
        let mut block_view = |block: &block::Brief| {
            let completed = progress.completed.contains(&block.id);
            let locked = locks.remove(&block.id).map(|reasons| Lock { reasons });
            done += usize::from(completed);
            if completed || locked.is_some() {
                (block.id, completed, locked.as_ref().map(|lock| &lock.reasons)).hash(&mut hash);
            }
            OutlineBlock {
                id: block.id,
                kind: block.kind,
                title: block.title.clone(),
                description: if locked.is_some() { None } else { block.description.clone() },
                version: block.version,
                completion: block.completion,
                completed,
                locked,
            }
        };
        let sections = plan.sections.iter().map(|(section, blocks)| OutlineSection {
            id: section.id,
            title: section.title.clone(),
            description: section.description.clone(),
            version: section.version,
            blocks: blocks.iter().map(&mut block_view).collect(),
        });
        let sections = sections.collect();
        let etag = format!("\"{}-{:016x}-outline\"", plan.course.outline_version, hash.finish());
        let outline = Outline {
            course_id: id,
            title: plan.course.title.clone(),
            version: plan.course.version,
            blocks: plan.blocks().count(),
            completed: done,
            sections,
        };
        Ok(Shown { outline, etag })
    }
}
