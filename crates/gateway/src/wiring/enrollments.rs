//! What enrolments asks of others, and what courses and identity ask of enrolments.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use lyceum_courses::CoursesService;
use lyceum_courses::ports::{Enrolments, PortError};
use lyceum_enrollments::ports::{Addressee, CourseCatalog, CourseFacts, CourseKey, MemberFacts, People, PersonKey};
use lyceum_enrollments::{EnrollmentsService, Neighbours};
use lyceum_identity::ports::PersonalDataSource;
use lyceum_kernel::{CourseId, GroupId, Principal, Rank, SchoolId, ServiceError, UserId};
use lyceum_tenancy::{MemberName, TenancyService};

use super::assessments::TestsOfSchools;
use super::progress::{ClassesOfSchools, LessonsOfCourses};

/// The neighbours of enrolments.
pub fn neighbours(
    courses: &Arc<CoursesService>,
    tenancy: &Arc<TenancyService>,
    tests: &Arc<TestsOfSchools>,
) -> Neighbours {
    Neighbours {
        courses: Arc::new(CoursesToEnrolIn(Arc::clone(courses))),
        people: Arc::new(PeopleToEnrol(Arc::clone(tenancy))),
        lessons: Arc::new(LessonsOfCourses(Arc::clone(courses))),
        classes: Arc::new(ClassesOfSchools(Arc::clone(tenancy))),
        tests: Arc::clone(tests) as _,
    }
}

fn boxed(error: impl ServiceError) -> PortError {
    Box::new(error)
}

/// Courses, as enrolments asks it.
#[derive(Debug)]
struct CoursesToEnrolIn(Arc<CoursesService>);

fn facts(course: lyceum_courses::CourseFacts) -> CourseFacts {
    let lyceum_courses::CourseFacts { id, title, owner_id, teacher_ids, published, archived } = course;
    CourseFacts { id, title, owner_id, teacher_ids, published, archived }
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

    async fn named(&self, school: SchoolId, keys: &[CourseKey]) -> Result<HashMap<CourseKey, CourseFacts>, PortError> {
        let (mut ids, mut codes) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                CourseKey::Id(id) => ids.push(*id),
                CourseKey::Code(code) => codes.push(code.clone()),
            }
        }
        let found = self.0.facts_named(school, &ids, &codes).await.map_err(boxed)?;
        let (mut by_id, mut by_code) = (HashMap::new(), HashMap::new());
        for (course, code) in found {
            by_code.extend(code.map(|code| (code, course.id)));
            by_id.insert(course.id, facts(course));
        }
        let meant = |key: &CourseKey| {
            let id = match key {
                CourseKey::Id(id) => Some(id),
                CourseKey::Code(text) => by_code.get(&CoursesService::code_key(text)),
            };
            id.and_then(|id| by_id.get(id)).map(|course| (key.clone(), course.clone()))
        };
        Ok(keys.iter().filter_map(meant).collect())
    }
}

fn member(rank: Rank) -> MemberFacts {
    MemberFacts { staff: rank >= Rank::TEACHER }
}

fn name(key: PersonKey) -> MemberName {
    match key {
        PersonKey::Id(id) => MemberName::Id(id),
        PersonKey::ExternalId(id) => MemberName::ExternalId(id),
        PersonKey::Email(text) => MemberName::Email(text),
        PersonKey::Username(text) => MemberName::Username(text),
    }
}

/// Tenancy, as enrolments asks it.
#[derive(Debug)]
struct PeopleToEnrol(Arc<TenancyService>);

#[async_trait]
impl People for PeopleToEnrol {
    async fn members(&self, school: SchoolId, people: &[UserId]) -> Result<HashMap<UserId, MemberFacts>, PortError> {
        let ranks = self.0.members_among(school, people).await.map_err(boxed)?;
        Ok(ranks.into_iter().map(|(user, rank)| (user, member(rank))).collect())
    }

    async fn named(
        &self,
        school: SchoolId,
        keys: &[PersonKey],
    ) -> Result<HashMap<PersonKey, (UserId, MemberFacts)>, PortError> {
        let names: Vec<_> = keys.iter().cloned().map(name).collect();
        let found = self.0.members_named(school, &names).await.map_err(boxed)?;
        let meant = |(key, name): (&PersonKey, &MemberName)| {
            found.get(name).map(|(user, rank)| (key.clone(), (*user, member(*rank))))
        };
        Ok(keys.iter().zip(&names).filter_map(meant).collect())
    }

    async fn addressee(&self, school: SchoolId, user: UserId) -> Result<Option<Addressee>, PortError> {
        let found = self.0.address_of(school, user).await.map_err(boxed)?;
        Ok(found.map(|lyceum_tenancy::Address { email, name, locale, school }| Addressee {
            email,
            name,
            locale,
            school,
        }))
    }

    async fn in_groups(&self, school: SchoolId, groups: &[GroupId]) -> Result<Option<Vec<UserId>>, PortError> {
        self.0.people_in_groups(school, groups).await.map_err(boxed)
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

    async fn teaches(&self, school: SchoolId, user: UserId, course: CourseId) -> Result<bool, PortError> {
        self.0.teaches(school, user, course).await.map_err(boxed)
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
