//! Which courses there are: tenancy asks when somebody is to be invited to one. And what courses asks of others: tenancy knows the
//! school and its people, enrolments who takes part and what they have completed.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use async_trait::async_trait;
use lyceum_courses::ports::{Completions, Enrolments, FileFacts, Files, PortError, School, Scores};
use lyceum_courses::{CoursesService, Neighbours};
use lyceum_files::FilesService;
use lyceum_files::perm::FileRead;
use lyceum_identity::ports::PersonalDataSource;
use lyceum_kernel::{
    BlockId, CourseId, FileId, GroupId, PermissionMarker as _, Principal, Rank, SchoolId, ServiceError, UserId,
};
use lyceum_platform::PlatformError;
use lyceum_tenancy::TenancyService;
use lyceum_tenancy::ports::Courses;
use uuid::Uuid;

use super::assessments::TestsOfSchools;

/// Courses, as tenancy asks it. Courses is put together after tenancy: it is filled in then.
#[derive(Debug, Default)]
pub struct CoursesToJoin(OnceLock<Arc<CoursesService>>);

impl CoursesToJoin {
    /// From here on the courses are there.
    pub fn fill(&self, courses: Arc<CoursesService>) {
        // A second one would mean that two places wire the contexts; the first one stands.
        let _ = self.0.set(courses);
    }
}

#[async_trait]
impl Courses for CoursesToJoin {
    async fn exists(&self, school: SchoolId, course: Uuid) -> Result<bool, PortError> {
        let courses = self.0.get().ok_or_else(|| boxed(PlatformError::setup("the courses are not wired")))?;
        courses.exists(school, CourseId(course)).await.map_err(boxed)
    }
}

/// The neighbours of courses.
pub fn neighbours(
    tenancy: &Arc<TenancyService>,
    files: &Arc<FilesService>,
    learning: &Arc<Learning>,
    tests: &Arc<TestsOfSchools>,
) -> Neighbours {
    Neighbours {
        enrolments: Arc::clone(learning) as _,
        completions: Arc::clone(learning) as _,
        scores: Arc::clone(learning) as _,
        school: Arc::new(SchoolOfCourses(Arc::clone(tenancy))),
        files: Arc::new(FilesOfCourses(Arc::clone(files))),
        tests: Arc::clone(tests) as _,
    }
}

fn boxed(error: impl ServiceError) -> PortError {
    Box::new(error)
}

/// Tenancy, as courses asks it.
#[derive(Debug)]
struct SchoolOfCourses(Arc<TenancyService>);

#[async_trait]
impl School for SchoolOfCourses {
    async fn groups_of(&self, school: SchoolId, user: UserId) -> Result<HashSet<GroupId>, PortError> {
        self.0.groups_of(school, user).await.map_err(boxed)
    }

    async fn known_groups(&self, school: SchoolId, groups: &[GroupId]) -> Result<HashSet<GroupId>, PortError> {
        self.0.known_groups(school, groups).await.map_err(boxed)
    }

    async fn staff_among(&self, school: SchoolId, people: &[UserId]) -> Result<HashSet<UserId>, PortError> {
        self.0.members_of_rank(school, people, Rank::TEACHER).await.map_err(boxed)
    }

    async fn locale(&self, school: SchoolId) -> Result<String, PortError> {
        self.0.locale(school).await.map_err(boxed)
    }
}

/// What people learn, as courses asks it: filled in by the contexts that keep it, which are put together after courses. Until then
/// nobody takes part in anything, and nothing is completed or scored.
#[derive(Default)]
pub struct Learning {
    enrolments: RwLock<Option<Arc<dyn Enrolments>>>,
    completions: RwLock<Option<Arc<dyn Completions>>>,
    scores: RwLock<Option<Arc<dyn Scores>>>,
}

/// Puts somebody into a place, in front of whoever was there.
fn put<T: ?Sized>(place: &RwLock<Option<Arc<T>>>, keeper: Arc<T>) {
    *place.write().unwrap_or_else(PoisonError::into_inner) = Some(keeper);
}

/// Who is in a place.
fn keeper<T: ?Sized>(place: &RwLock<Option<Arc<T>>>) -> Option<Arc<T>> {
    place.read().unwrap_or_else(PoisonError::into_inner).clone()
}

impl std::fmt::Debug for Learning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Learning").finish_non_exhaustive()
    }
}

impl Learning {
    /// From here on this one keeps who takes part in what, here and below in place of whoever did: tests put in what they please.
    pub fn keep_enrolments(&self, enrolments: Arc<dyn Enrolments>) {
        put(&self.enrolments, enrolments);
    }

    /// From here on this one keeps what was completed.
    pub fn keep_completions(&self, completions: Arc<dyn Completions>) {
        put(&self.completions, completions);
    }

    /// From here on this one keeps what was scored.
    pub fn keep_scores(&self, scores: Arc<dyn Scores>) {
        put(&self.scores, scores);
    }
}

#[async_trait]
impl Enrolments for Learning {
    async fn courses_of(&self, school: SchoolId, user: UserId) -> Result<Vec<CourseId>, PortError> {
        let Some(enrolments) = keeper(&self.enrolments) else { return Ok(Vec::new()) };
        enrolments.courses_of(school, user).await
    }

    async fn teaches(&self, school: SchoolId, user: UserId, course: CourseId) -> Result<bool, PortError> {
        let Some(enrolments) = keeper(&self.enrolments) else { return Ok(false) };
        enrolments.teaches(school, user, course).await
    }
}

#[async_trait]
impl Completions for Learning {
    async fn blocks_completed(
        &self,
        school: SchoolId,
        user: UserId,
        course: CourseId,
    ) -> Result<HashSet<BlockId>, PortError> {
        let Some(completions) = keeper(&self.completions) else { return Ok(HashSet::new()) };
        completions.blocks_completed(school, user, course).await
    }

    async fn course_completed(&self, school: SchoolId, user: UserId, course: CourseId) -> Result<bool, PortError> {
        let Some(completions) = keeper(&self.completions) else { return Ok(false) };
        completions.course_completed(school, user, course).await
    }
}

#[async_trait]
impl Scores for Learning {
    async fn best_scores(
        &self,
        school: SchoolId,
        user: UserId,
        blocks: &[BlockId],
    ) -> Result<HashMap<BlockId, f64>, PortError> {
        let Some(scores) = keeper(&self.scores) else { return Ok(HashMap::new()) };
        scores.best_scores(school, user, blocks).await
    }
}

/// Files, as courses asks it.
#[derive(Debug)]
struct FilesOfCourses(Arc<FilesService>);

#[async_trait]
impl Files for FilesOfCourses {
    async fn describe(&self, school: SchoolId, files: &[FileId]) -> Result<Vec<FileFacts>, PortError> {
        let files = self.0.files(school, files).await.map_err(boxed)?;
        let facts = |file: lyceum_files::File| FileFacts {
            id: file.id,
            name: file.name,
            content_type: file.content_type,
            size: u64::try_from(file.size).unwrap_or_default(),
        };
        Ok(files.into_iter().map(facts).collect())
    }

    /// Their own, or any for those who read all of the school's.
    async fn may_attach(&self, who: &Principal, file: FileId) -> Result<bool, PortError> {
        let Some(school) = who.school_id else { return Ok(false) };
        let file = self.0.file(school, file).await.map_err(boxed)?;
        Ok(file.is_some_and(|file| file.owner_id == who.user_id || who.may(FileRead::PERMISSION)))
    }

    async fn text(&self, school: SchoolId, file: FileId) -> Result<Option<String>, PortError> {
        self.0.text(school, file).await.map_err(boxed)
    }
}

/// What courses keep of a person, for the export of personal data.
#[derive(Debug)]
pub struct CoursesOfPerson(pub Arc<CoursesService>);

#[async_trait]
impl PersonalDataSource for CoursesOfPerson {
    fn context(&self) -> &'static str {
        "courses"
    }

    async fn personal_data(&self, account: UserId) -> Result<serde_json::Value, Box<dyn ServiceError>> {
        self.0.personal_data(account).await.map_err(boxed)
    }
}
