//! What enrolments asks of others, and what courses and identity ask of enrolments.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use lyceum_courses::CoursesService;
use lyceum_courses::ports::{Enrolments, PortError};
use lyceum_enrollments::ports::{CourseCatalog, CourseFacts, MemberFacts, People};
use lyceum_enrollments::{EnrollmentsService, Neighbours};
use lyceum_identity::ports::PersonalDataSource;
use lyceum_kernel::{CourseId, Principal, Rank, SchoolId, ServiceError, UserId};
use lyceum_tenancy::TenancyService;

use super::progress::{ClassesOfSchools, LessonsOfCourses};

/// The neighbours of enrolments.
pub fn neighbours(courses: &Arc<CoursesService>, tenancy: &Arc<TenancyService>) -> Neighbours {
    Neighbours {
        courses: Arc::new(CoursesToEnrolIn(Arc::clone(courses))),
        people: Arc::new(PeopleToEnrol(Arc::clone(tenancy))),
        lessons: Arc::new(LessonsOfCourses(Arc::clone(courses))),
        classes: Arc::new(ClassesOfSchools(Arc::clone(tenancy))),
    }
}

fn boxed(error: impl ServiceError) -> PortError {
    Box::new(error)
}

/// Courses, as enrolments asks it.
#[derive(Debug)]
struct CoursesToEnrolIn(Arc<CoursesService>);

fn facts(course: lyceum_courses::CourseFacts) -> CourseFacts {
    let lyceum_courses::CourseFacts { id, owner_id, teacher_ids, published, archived } = course;
    CourseFacts { id, owner_id, teacher_ids, published, archived }
}

#[async_trait]
impl CourseCatalog for CoursesToEnrolIn {
    async fn course(&self, school: SchoolId, id: CourseId) -> Result<Option<CourseFacts>, PortError> {
        Ok(self.0.facts(school, id).await.map_err(boxed)?.map(facts))
    }

    async fn seen(&self, who: &Principal, id: CourseId) -> Result<Option<CourseFacts>, PortError> {
        Ok(self.0.facts_for(who, id).await.map_err(boxed)?.map(facts))
    }

    async fn taught_by(&self, school: SchoolId, user: UserId) -> Result<Vec<CourseId>, PortError> {
        self.0.taught_by(school, user).await.map_err(boxed)
    }
}

/// Tenancy, as enrolments asks it.
#[derive(Debug)]
struct PeopleToEnrol(Arc<TenancyService>);

#[async_trait]
impl People for PeopleToEnrol {
    async fn members(&self, school: SchoolId, people: &[UserId]) -> Result<HashMap<UserId, MemberFacts>, PortError> {
        let ranks = self.0.members_among(school, people).await.map_err(boxed)?;
        Ok(ranks.into_iter().map(|(user, rank)| (user, MemberFacts { staff: rank >= Rank::TEACHER })).collect())
    }
}

/// Enrolments, as courses asks it.
#[derive(Debug)]
pub struct WhoTakesPart(pub Arc<EnrollmentsService>);

#[async_trait]
impl Enrolments for WhoTakesPart {
    async fn courses_of(&self, school: SchoolId, user: UserId) -> Result<Vec<CourseId>, PortError> {
        self.0.courses_of(school, user).await.map_err(boxed)
    }
}

/// What enrolments keep of a person, for the export of personal data.
#[derive(Debug)]
pub struct EnrolmentsOfPerson(pub Arc<EnrollmentsService>);

#[async_trait]
impl PersonalDataSource for EnrolmentsOfPerson {
    fn context(&self) -> &'static str {
        "enrollments"
    }

    async fn personal_data(&self, account: UserId) -> Result<serde_json::Value, Box<dyn ServiceError>> {
        self.0.personal_data(account).await.map_err(boxed)
    }
}
