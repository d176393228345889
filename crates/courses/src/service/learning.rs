//! What those who keep learners' progress ask of courses.

use std::collections::HashMap;

use lyceum_kernel::{BlockId, CourseId, Principal, SchoolId, Scope, SectionId, TestId};
use lyceum_platform::cache::CacheTag;

use super::CoursesService;
use crate::dto::block::BlockCompletion;
use crate::error::CourseError;
use crate::model::course::Status;
use crate::policy::Viewer;
use crate::release::Rule;
use crate::repo::{content, courses};

/// The cache tag kind of which course a block is in. Nothing invalidates it: blocks never leave their course.
const HOME_TAG: &str = "course_of_block";

/// A block as it stands for somebody who sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockStanding {
    /// The school.
    pub school_id: SchoolId,
    /// The course.
    pub course_id: CourseId,
    /// Whether its course is published.
    pub published: bool,
    /// What completes it.
    pub completion: BlockCompletion,
    /// Whether the course is theirs to change.
    pub teaches: bool,
    /// What of its release rule does not hold: nothing if it is open.
    pub unmet: Vec<Rule>,
}

/// What there is to be completed in a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoursePlan {
    /// The course.
    pub course_id: CourseId,
    /// What it is called.
    pub title: String,
    /// Year, grade or level.
    pub level: Option<String>,
    /// Raised by every change beneath the course; never newer than what was read beneath it.
    pub revision: i64,
    /// Its blocks, in the order in which they stand.
    pub blocks: Vec<BlockId>,
}

/// A block that a test is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestBlock {
    /// The block.
    pub id: BlockId,
    /// The course.
    pub course_id: CourseId,
    /// Whether its course is published.
    pub published: bool,
    /// What completes it.
    pub completion: BlockCompletion,
}

impl CoursesService {
    /// The blocks of a school that a test is in; those of deleted courses are left out. Two queries.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn blocks_of_test(&self, school: SchoolId, test: TestId) -> Result<Vec<TestBlock>, CourseError> {
        let scope = Scope::School(school);
        let db = self.platform.db.read(scope);
        let blocks = content::blocks_with_test(&db, school, test.uuid()).await?;
        if blocks.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = blocks.iter().map(|(_, course, _)| *course).collect();
        let rows = courses::find_many(&db, scope, &ids).await?;
        let found = blocks.into_iter().filter_map(|(id, course_id, completion)| {
            let row = rows.iter().find(|row| row.id == course_id && row.deleted_at.is_none())?;
            Some(TestBlock { id, course_id, published: row.status == Status::Published, completion })
        });
        Ok(found.collect())
    }

    /// A block as it stands for somebody; none if they do not see it.
    ///
    /// # Errors
    /// If the database or a neighbour is away.
    pub async fn block_standing(&self, who: &Principal, id: BlockId) -> Result<Option<BlockStanding>, CourseError> {
        match self.standing(who, id).await {
            Err(CourseError::NotFound) => Ok(None),
            other => other.map(Some),
        }
    }

    /// From what is at hand, if it is: learners complete block after block.
    async fn standing(&self, who: &Principal, id: BlockId) -> Result<BlockStanding, CourseError> {
        let scope = courses::reach(&Viewer::of(who));
        let load = async {
            let row = content::find_block(&self.platform.db.read(scope), scope, id).await?;
            row.map(|row| row.course_id).ok_or(CourseError::NotFound)
        };
        let course = self.homes.get_or_load((scope, id), CacheTag::new(HOME_TAG, id.uuid()), load).await?;
        let entry = self.seen(who, course).await?;
        let plan = self.plan(who, &entry).await?;
        let block = plan.blocks().find(|block| block.id == id).ok_or(CourseError::NotFound)?;
        let unmet = self.locks(who, &entry.row, std::iter::once(block.release.as_ref())).await?;
        Ok(BlockStanding {
            school_id: entry.row.school_id,
            course_id: course,
            published: entry.row.status == Status::Published,
            completion: block.completion,
            teaches: Viewer::of(who).teaches(&entry.row),
            unmet: unmet.into_iter().next().unwrap_or_default(),
        })
    }

    /// What there is to be completed in some courses of a school; deleted ones are left out. Three queries.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn course_plans(&self, school: SchoolId, ids: &[CourseId]) -> Result<Vec<CoursePlan>, CourseError> {
        let scope = Scope::School(school);
        let db = self.platform.db.read(scope);
        // The courses first: what is read of them is never newer than what is beneath them.
        let rows = courses::find_many(&db, scope, ids).await?;
        let places: HashMap<SectionId, i32> = content::section_places(&db, school, ids).await?.into_iter().collect();
        let mut beneath: HashMap<CourseId, Vec<(i32, i32, BlockId)>> = HashMap::new();
        for (course, section, place, block) in content::block_places(&db, school, ids).await? {
            if let Some(section) = places.get(&section) {
                beneath.entry(course).or_default().push((*section, place, block));
            }
        }
        let living = rows.into_iter().filter(|row| row.deleted_at.is_none());
        let plans = living.map(|row| {
            let mut blocks = beneath.remove(&row.id).unwrap_or_default();
            blocks.sort_unstable();
            CoursePlan {
                course_id: row.id,
                title: row.title,
                level: row.level,
                revision: row.outline_version,
                blocks: blocks.into_iter().map(|(_, _, block)| block).collect(),
            }
        });
        Ok(plans.collect())
    }
}
