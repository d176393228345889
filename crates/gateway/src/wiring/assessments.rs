//! What assessments asks of others: courses knows who teaches what and who sees it, enrolments who takes part, tenancy the school and
//! its people.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use lyceum_assessments::ports::{CourseStanding, Courses, Involvement, PortError, School};
use lyceum_assessments::{AssessmentsService, Neighbours};
use lyceum_courses::CoursesService;
use lyceum_enrollments::EnrollmentsService;
use lyceum_enrollments::ports::TestOutcome;
use lyceum_identity::ports::PersonalDataSource;
use lyceum_kernel::{CourseId, GroupId, Principal, SchoolId, ServiceError, TestId, UserId};
use lyceum_platform::PlatformError;
use lyceum_tenancy::TenancyService;
use uuid::Uuid;

/// The neighbours of assessments.
pub fn neighbours(
    courses: &Arc<CoursesService>,
    enrollments: &Arc<EnrollmentsService>,
    tenancy: &Arc<TenancyService>,
) -> Neighbours {
    Neighbours {
        courses: Arc::new(CoursesOfTests { courses: Arc::clone(courses), enrollments: Arc::clone(enrollments) }),
        school: Arc::new(SchoolOfTests(Arc::clone(tenancy))),
    }
}

fn boxed(error: impl ServiceError) -> PortError {
    Box::new(error)
}

/// Courses and enrolments, as assessments asks them.
#[derive(Debug)]
struct CoursesOfTests {
    courses: Arc<CoursesService>,
    enrollments: Arc<EnrollmentsService>,
}

#[async_trait]
impl Courses for CoursesOfTests {
    async fn standing(&self, who: &Principal, course: CourseId) -> Result<Option<CourseStanding>, PortError> {
        let Some(teaches) = self.courses.teaches(who, course).await.map_err(boxed)? else { return Ok(None) };
        let takes_part = match who.school_id {
            Some(school) if !teaches => {
                self.enrollments.courses_of(school, who.user_id).await.map_err(boxed)?.contains(&course)
            }
            _ => false,
        };
        Ok(Some(CourseStanding { teaches, takes_part }))
    }

    async fn involvement(&self, who: &Principal) -> Result<Involvement, PortError> {
        let Some(school) = who.school_id else { return Ok(Involvement::default()) };
        let taught = self.courses.taught_by(school, who.user_id).await.map_err(boxed)?;
        let taken = self.enrollments.courses_of(school, who.user_id).await.map_err(boxed)?;
        Ok(Involvement { taught, taken })
    }
}

/// Tests, as courses and enrolments ask them. Assessments asks both of these, so it is put together after them and filled in then; and
/// it is not held here, or none of the three would ever go.
#[derive(Debug, Default)]
pub struct TestsOfSchools(OnceLock<Weak<AssessmentsService>>);

impl TestsOfSchools {
    /// From here on the tests are there, as long as somebody holds them.
    pub fn fill(&self, assessments: &Arc<AssessmentsService>) {
        // A second one would mean that two places wire the contexts; the first one stands.
        let _ = self.0.set(Arc::downgrade(assessments));
    }

    fn service(&self) -> Result<Arc<AssessmentsService>, PortError> {
        let there = self.0.get().and_then(Weak::upgrade);
        there.ok_or_else(|| boxed(PlatformError::setup("the tests are not wired")))
    }
}

#[async_trait]
impl lyceum_courses::ports::Tests for TestsOfSchools {
    async fn may_attach(&self, who: &Principal, test: Uuid) -> Result<bool, PortError> {
        self.service()?.may_attach(who, TestId(test)).await.map_err(boxed)
    }
}

#[async_trait]
impl lyceum_enrollments::ports::Tests for TestsOfSchools {
    async fn outcome(&self, school: SchoolId, test: TestId, user: UserId) -> Result<TestOutcome, PortError> {
        let (handed_in, passed) = self.service()?.outcome(school, test, user).await.map_err(boxed)?;
        Ok(TestOutcome { handed_in, passed })
    }
}

/// What assessments keep of a person, for the export of personal data.
#[derive(Debug)]
pub struct AttemptsOfPerson(pub Arc<AssessmentsService>);

#[async_trait]
impl PersonalDataSource for AttemptsOfPerson {
    fn context(&self) -> &'static str {
        "assessments"
    }

    async fn personal_data(&self, account: UserId) -> Result<serde_json::Value, Box<dyn ServiceError>> {
        self.0.personal_data(account).await.map_err(boxed)
    }
}

/// Tenancy, as assessments asks it.
#[derive(Debug)]
struct SchoolOfTests(Arc<TenancyService>);

#[async_trait]
impl School for SchoolOfTests {
    async fn groups_of(&self, school: SchoolId, user: UserId) -> Result<HashSet<GroupId>, PortError> {
        self.0.groups_of(school, user).await.map_err(boxed)
    }

    async fn has_group(&self, school: SchoolId, group: GroupId) -> Result<bool, PortError> {
        Ok(self.0.known_groups(school, &[group]).await.map_err(boxed)?.contains(&group))
    }

    async fn members_of(&self, school: SchoolId, group: GroupId) -> Result<Option<Vec<UserId>>, PortError> {
        self.0.people_in_groups(school, &[group]).await.map_err(boxed)
    }

    async fn has_member(&self, school: SchoolId, user: UserId) -> Result<bool, PortError> {
        Ok(self.0.standing(user, school).await.map_err(boxed)?.is_some())
    }
}
