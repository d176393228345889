//! Tests at hand: each with what an attempt at it would be made from, so that a start reads nothing of the test.

use std::sync::Arc;

use lyceum_kernel::{SchoolId, Scope, TestId};
use lyceum_platform::cache::CacheTag;
use sea_orm::ConnectionTrait;

use super::AssessmentsService;
use crate::error::AssessmentError;
use crate::model::attempt::PaperItem;
use crate::model::question::QuestionId;
use crate::model::{revision, test};
use crate::paper::Pool;
use crate::repo::tests;

/// The cache tag kind that tests at hand hang on, with the school's id: a question that is corrected counts from the next start.
const TAG: &str = "assessments";

/// The cache tag of revisions: they never change, so nothing ever invalidates it.
const REVISIONS: CacheTag = CacheTag::new("question_revisions", uuid::Uuid::nil());

/// A revision of a question, by school, question and number.
pub(crate) type RevisionKey = (SchoolId, QuestionId, i32);

/// The tag of a school's tests.
pub(crate) const fn tag(school: SchoolId) -> CacheTag {
    CacheTag::new(TAG, school.uuid())
}

/// A test and what attempts at it are made from.
#[derive(Debug)]
pub(crate) struct Blueprint {
    /// The test.
    pub(crate) row: test::Model,
    /// Its fixed questions with the revisions that are asked now.
    pub(crate) fixed: Vec<PaperItem>,
    /// What is drawn.
    pub(crate) pools: Vec<Pool>,
}

impl AssessmentsService {
    /// A test that was not deleted. No query if it is at hand.
    pub(crate) async fn blueprint(&self, scope: Scope, id: TestId) -> Result<Arc<Blueprint>, AssessmentError> {
        let load = async {
            let db = self.platform.db.read(scope);
            let row = tests::any(&db, scope, id).await?.filter(|row| row.deleted_at.is_none());
            resolve(&db, row.ok_or(AssessmentError::NotFound)?).await.map(Arc::new)
        };
        match scope {
            Scope::School(school) => self.blueprints.get_or_load((school, id), tag(school), load).await,
            Scope::Platform | Scope::None => load.await,
        }
    }

    /// Some revisions, in the order in which they are named. Those that are not at hand are read in one query.
    pub(crate) async fn revisions(
        &self,
        db: &impl ConnectionTrait,
        school: SchoolId,
        which: &[(QuestionId, i32)],
    ) -> Result<Vec<Arc<revision::Model>>, AssessmentError> {
        let at_hand = |(question, number): &(QuestionId, i32)| self.revisions.get(&(school, *question, *number));
        let mut found: Vec<_> = which.iter().map(at_hand).collect();
        let missing = which.iter().zip(&found).filter(|(_, there)| there.is_none()).map(|(key, _)| *key);
        let missing: Vec<_> = missing.collect();
        for row in tests::revisions(db, school, &missing).await? {
            let (key, row) = ((school, row.question_id, row.number), Arc::new(row));
            let load = async { Ok::<_, AssessmentError>(Arc::clone(&row)) };
            let row = self.revisions.get_or_load(key, REVISIONS, load).await?;
            for (_, place) in which.iter().zip(&mut found).filter(|(which, _)| (school, which.0, which.1) == key) {
                *place = Some(Arc::clone(&row));
            }
        }
        found.into_iter().map(|row| row.ok_or(AssessmentError::NotFound)).collect()
    }
}

/// The questions that are asked now.
pub(super) async fn resolve(db: &impl ConnectionTrait, row: test::Model) -> Result<Blueprint, AssessmentError> {
    let items = &row.structure.items;
    let following: Vec<_> = items.iter().filter(|item| item.revision.is_none()).map(|item| item.question_id).collect();
    let latest = tests::latest(db, row.school_id, &following).await?;
    let asked = |item: &test::Item| {
        let (revision, points) = match item.revision {
            Some(revision) => (revision, item.points.unwrap_or_default()),
            None => {
                latest.iter().find(|(id, ..)| *id == item.question_id).map(|(_, number, points)| (*number, *points))?
            }
        };
        let points = item.points.unwrap_or(points);
        Some(PaperItem { question_id: item.question_id, revision, points, section: item.section })
    };
    let fixed = items.iter().filter_map(asked).collect();
    let mut pools = Vec::with_capacity(row.settings.draws.len());
    for draw in &row.settings.draws {
        pools.push(tests::pool(db, row.school_id, draw).await?);
    }
    Ok(Blueprint { row, fixed, pools })
}
