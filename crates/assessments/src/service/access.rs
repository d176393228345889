//! Who gets to a test: seeing it, teaching it, taking it.

use std::sync::Arc;

use lyceum_kernel::{PermissionMarker as _, Principal, SchoolId, Scope, TestId, UserId};

use super::AssessmentsService;
use super::blueprints::Blueprint;
use crate::error::AssessmentError;
use crate::model::test::{self, Status};
use crate::perm::TestManage;
use crate::policy::{Refusal, Standing};
use crate::repo::{attempts, tests};

impl AssessmentsService {
    /// What the caller is to a test that was not deleted, or none if it is not there for them.
    pub(crate) async fn standing(
        &self,
        who: &Principal,
        row: &test::Model,
    ) -> Result<Option<Standing>, AssessmentError> {
        match who.scope() {
            Scope::Platform => return Ok(Some(Standing::Reads)),
            Scope::School(school) if school == row.school_id => {}
            Scope::School(_) | Scope::None => return Ok(None),
        }
        if row.owner_id == who.user_id || who.may(TestManage::PERMISSION) {
            return Ok(Some(Standing::Teaches));
        }
        let open = row.status == Status::Published;
        let Some(course) = row.course_id else { return Ok(open.then_some(Standing::Takes)) };
        let course = self.neighbours.courses.standing(who, course).await?;
        Ok(course.and_then(|course| match (course.teaches, course.takes_part) {
            (true, _) => Some(Standing::Teaches),
            (false, true) => open.then_some(Standing::Takes),
            (false, false) => open.then_some(Standing::Sees),
        }))
    }

    /// A test that is there for the caller, and what they are to it.
    pub(crate) async fn test_seen(
        &self,
        who: &Principal,
        id: TestId,
    ) -> Result<(Arc<Blueprint>, Standing), AssessmentError> {
        let blueprint = self.blueprint(who.scope(), id).await?;
        let standing = self.standing(who, &blueprint.row).await?.ok_or(AssessmentError::NotFound)?;
        Ok((blueprint, standing))
    }

    /// Whether the caller may hang a test on a course: they teach it.
    ///
    /// # Errors
    /// If the database, or another context, is away.
    pub async fn may_attach(&self, who: &Principal, id: TestId) -> Result<bool, AssessmentError> {
        match self.test_seen(who, id).await {
            Ok((_, standing)) => Ok(standing == Standing::Teaches),
            Err(AssessmentError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether somebody has handed a test in, and whether they have passed it: an attempt of theirs is marked to the last question, and
    /// reached the pass mark where the test has one. One query.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn outcome(&self, school: SchoolId, test: TestId, user: UserId) -> Result<(bool, bool), AssessmentError> {
        let db = self.platform.db.read(Scope::School(school));
        let ended = attempts::ended(&db, (school, test), user).await?;
        let passed = ended.iter().any(|(graded, passed)| *graded && *passed != Some(false));
        Ok((!ended.is_empty(), passed))
    }

    /// A test that is the caller's to change: 404 if they do not see it, else 403.
    pub(crate) async fn test_taught(&self, who: &Principal, id: TestId) -> Result<Arc<Blueprint>, AssessmentError> {
        let (blueprint, standing) = self.test_seen(who, id).await?;
        match standing {
            Standing::Teaches => Ok(blueprint),
            _ => Err(Refusal::NotYourTest.into()),
        }
    }

    /// A test whose attempts the caller reads: its staff, and staff of the platform.
    pub(crate) async fn test_watched(&self, who: &Principal, id: TestId) -> Result<Arc<Blueprint>, AssessmentError> {
        let (blueprint, standing) = self.test_seen(who, id).await?;
        if standing.is_staff() { Ok(blueprint) } else { Err(Refusal::NotYourTest.into()) }
    }

    /// A test that may have been deleted, and is the caller's to change.
    pub(crate) async fn any_test_taught(&self, who: &Principal, id: TestId) -> Result<test::Model, AssessmentError> {
        let scope = who.scope();
        let row = tests::any(&self.platform.db.read(scope), scope, id).await?.ok_or(AssessmentError::NotFound)?;
        match self.standing(who, &row).await? {
            Some(Standing::Teaches) => Ok(row),
            Some(_) if row.deleted_at.is_none() => Err(Refusal::NotYourTest.into()),
            _ => Err(AssessmentError::NotFound),
        }
    }
}
