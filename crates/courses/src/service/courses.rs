//! Courses themselves: listed, made, changed, published, archived.

use chrono::{DateTime, Utc};
use lyceum_kernel::events::courses::{CourseCreated, CourseTeachersChanged};
use lyceum_kernel::{CourseId, FileId, Page, PageRequest, PermissionMarker as _, Principal, SchoolId, UserId};
use lyceum_platform::db::Change;
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, Serialised, etag};
use serde_json::{Value, json};

use super::access::COURSE;
use super::{CoursesService, tag};
use crate::dto::course::{Course, CourseFilter, PatchCourse, PutCourse};
use crate::dto::text::Tag;
use crate::error::CourseError;
use crate::model::course::{Column, Model, Status, Tags, Teachers, Visibility};
use crate::model::{fold, title_key};
use crate::perm::CourseDelete;
use crate::policy::{Refusal, Viewer};
use crate::repo::courses;

impl CoursesService {
    /// A page of the courses that the caller sees.
    pub(crate) async fn list_courses(
        &self,
        who: &Principal,
        filter: CourseFilter,
        request: &PageRequest,
    ) -> Result<Page<Course>, CourseError> {
        let viewer = Viewer::of(who);
        let (text, filter, sorting) = filter.into_query();
        if filter.deleted && !who.may(CourseDelete::PERMISSION) {
            return Err(Refusal::DeletedForRestorers.into());
        }
        let stranger = viewer.school().is_none() && !viewer.reads;
        if stranger && filter.visibility.iter().any(|kind| *kind != Visibility::Public) {
            return Err(Refusal::MembershipNeeded.into());
        }
        // Whoever sees all courses sees them enrolled or not.
        let enrolled = if viewer.manages && !filter.enrolled { Vec::new() } else { self.enrolled(&viewer).await? };
        if let Some(text) = text {
            return self.find_courses(&viewer, &enrolled, (&text, &filter), request).await;
        }
        let db = self.platform.db.read(courses::reach(&viewer));
        let (rows, total) = courses::page(&db, (&viewer, &enrolled), &filter, sorting, request).await?;
        let page = Page::cut(rows, request, |row| sorting.cursor(row));
        Ok(Page { total, ..page.map(Course::from) })
    }

    /// One course.
    pub(crate) async fn show_course(&self, who: &Principal, id: CourseId) -> Result<Serialised<Course>, CourseError> {
        Ok(self.seen(who, id).await?.view.clone())
    }

    /// A new course: a draft of the caller's.
    pub(crate) async fn create_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: PutCourse,
    ) -> Result<Committed<Course>, CourseError> {
        let school = who.school_id.ok_or(CourseError::SchoolNeeded)?;
        let blank = blank(school, CourseId::new(uow.now(), uow.entropy()), who.user_id, uow.now());
        let row = replaced(blank, form);
        if row.owner_id != who.user_id && !Viewer::of(who).manages {
            return Err(Refusal::OwnerOnly.into());
        }
        self.check_people(&row, &[who.user_id]).await?;
        self.check_cover(who, None, row.cover_file_id).await?;
        let language = self.language(school).await?;
        let mut tx = uow.begin().await?;
        self.put_course(&mut tx, &row, language).await?;
        let (tag, location) = (etag(COURSE, row.version), format!("/v1/courses/{}", row.id));
        Ok(tx.commit(Answer::created(Course::from(row)).location(location).etag(tag)).await?)
    }

    /// Writes a new course, its document, audit row and event.
    pub(crate) async fn put_course(&self, tx: &mut Tx, row: &Model, language: &'static str) -> Result<(), CourseError> {
        check_dates(row)?;
        courses::insert(tx.conn(), row).await?;
        self.index_course(tx, row, language).await?;
        tx.invalidate(tag(row.id));
        tx.emit(&CourseCreated { school_id: row.school_id, course_id: row.id, owner_id: row.owner_id });
        let audit = Audit::of("courses.course_created", "course", row.id.uuid()).school(Some(row.school_id));
        tx.audit(audit.after(facts(row)));
        Ok(())
    }

    /// Replaces what can be changed about a course.
    pub(crate) async fn replace_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (CourseId, PutCourse),
    ) -> Result<Committed<Course>, CourseError> {
        self.change_course(who, uow, if_match, id, |before| replaced(before, form)).await
    }

    /// Changes the fields of a course that the patch names.
    pub(crate) async fn patch_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (CourseId, PatchCourse),
    ) -> Result<Committed<Course>, CourseError> {
        self.change_course(who, uow, if_match, id, |before| patched(before, patch)).await
    }

    async fn change_course(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: CourseId,
        edit: impl FnOnce(Model) -> Model + Send,
    ) -> Result<Committed<Course>, CourseError> {
        let school = self.may_edit(who, id).await?;
        let language = self.language(school).await?;
        let mut tx = uow.begin().await?;
        let row = self.hold(&tx, who, id).await?;
        if_match.require(&etag(COURSE, row.version))?;
        let after = edit(row.clone());
        check_dates(&after)?;
        let handed_over = (after.owner_id, &after.teacher_ids) != (row.owner_id, &row.teacher_ids);
        if handed_over {
            Viewer::of(who).may_hand_over(&row)?;
            let known: Vec<_> = std::iter::once(row.owner_id).chain(row.teacher_ids.0.iter().copied()).collect();
            self.check_people(&after, &known).await?;
        }
        self.check_cover(who, row.cover_file_id, after.cover_file_id).await?;
        let after = self.write_course(&mut tx, row, after, (language, handed_over)).await?;
        let tag = etag(COURSE, after.version);
        Ok(tx.commit(Answer::ok(Course::from(after)).etag(tag)).await?)
    }

    pub(crate) async fn write_course(
        &self,
        tx: &mut Tx,
        row: Model,
        mut after: Model,
        (language, handed_over): (&'static str, bool),
    ) -> Result<Model, CourseError> {
        if after == row {
            return Ok(row);
        }
        Change::of(&row, tx.now())
            .set(Column::OwnerId, after.owner_id)
            .set(Column::Title, after.title.clone())
            .set(Column::TitleKey, after.title_key.clone())
            .set(Column::Description, after.description.clone())
            .set(Column::Code, after.code.clone())
            .set(Column::CodeKey, after.code_key.clone())
            .set(Column::Slug, after.slug.clone())
            .set(Column::Level, after.level.clone())
            .set(Column::Tags, after.tags.clone())
            .set(Column::TeacherIds, after.teacher_ids.clone())
            .set(Column::Visibility, after.visibility)
            .set(Column::StartsAt, after.starts_at)
            .set(Column::EndsAt, after.ends_at)
            .set(Column::CoverFileId, after.cover_file_id)
            .raise(Column::OutlineVersion)
            .apply(tx.conn())
            .await?;
        (after.version, after.updated_at) = (row.version + 1, tx.now());
        courses::file_under(tx.conn(), &after).await?;
        self.index_course(tx, &after, language).await?;
        tx.invalidate(tag(row.id));
        if handed_over {
            tx.emit(&CourseTeachersChanged {
                school_id: row.school_id,
                course_id: row.id,
                owner_id: after.owner_id,
                teacher_ids: after.teacher_ids.0.clone(),
            });
        }
        let audit = Audit::of("courses.course_changed", "course", row.id.uuid()).school(Some(row.school_id));
        tx.audit(audit.before(facts(&row)).after(facts(&after)));
        Ok(after)
    }

    /// Whoever is to own or teach a course is of the school's staff; `known` were found so before.
    async fn check_people(&self, row: &Model, known: &[UserId]) -> Result<(), CourseError> {
        let named = std::iter::once(&row.owner_id).chain(&row.teacher_ids.0);
        let new: Vec<_> = named.filter(|person| !known.contains(person)).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        let staff = self.neighbours.school.staff_among(row.school_id, &new).await?;
        if new.iter().all(|person| staff.contains(person)) { Ok(()) } else { Err(CourseError::UnknownTeacher) }
    }

    async fn check_cover(
        &self,
        who: &Principal,
        before: Option<FileId>,
        after: Option<FileId>,
    ) -> Result<(), CourseError> {
        match after {
            Some(file) if after != before && !self.neighbours.files.may_attach(who, file).await? => {
                Err(CourseError::UnknownFile)
            }
            _ => Ok(()),
        }
    }
}

/// A draft with nothing in it.
pub(crate) fn blank(school: SchoolId, id: CourseId, owner: UserId, now: DateTime<Utc>) -> Model {
    Model {
        school_id: school,
        id,
        owner_id: owner,
        title: String::new(),
        title_key: String::new(),
        description: None,
        code: None,
        code_key: None,
        slug: None,
        level: None,
        tags: Tags::default(),
        teacher_ids: Teachers::default(),
        visibility: Visibility::Member,
        status: Status::Draft,
        starts_at: None,
        ends_at: None,
        cover_file_id: None,
        offered: true,
        rating_count: 0,
        rating_sum: 0,
        outline_version: 1,
        version: 1,
        created_at: now,
        updated_at: now,
        published_at: None,
        archived_at: None,
        deleted_at: None,
        deletion_id: None,
    }
}

/// Tags as they were written, each once whatever its case.
pub(crate) fn distinct(tags: Vec<Tag>) -> Tags {
    let mut seen = std::collections::HashSet::new();
    Tags(tags.into_iter().map(String::from).filter(|tag| seen.insert(fold(tag))).collect())
}

fn co_teachers(people: Vec<UserId>, owner: UserId) -> Teachers {
    let mut seen = std::collections::HashSet::from([owner]);
    Teachers(people.into_iter().filter(|person| seen.insert(*person)).collect())
}

fn replaced(before: Model, form: PutCourse) -> Model {
    let PutCourse {
        title,
        description,
        code,
        slug,
        level,
        tags,
        visibility,
        starts_at,
        ends_at,
        cover_file_id,
        owner_id,
        teacher_ids,
    } = form;
    let owner_id = owner_id.unwrap_or(before.owner_id);
    keyed(Model {
        title: title.into(),
        description,
        code: code.map(String::from),
        slug: slug.map(String::from),
        level: level.map(String::from),
        tags: distinct(tags),
        visibility,
        starts_at,
        ends_at,
        cover_file_id,
        teacher_ids: co_teachers(teacher_ids, owner_id),
        owner_id,
        ..before
    })
}

fn patched(before: Model, patch: PatchCourse) -> Model {
    let owner_id = patch.owner_id.unwrap_or(before.owner_id);
    let teachers = patch.teacher_ids.unwrap_or(before.teacher_ids.0);
    keyed(Model {
        title: patch.title.map_or(before.title, String::from),
        description: patch.description.apply_to(before.description),
        code: patch.code.map(String::from).apply_to(before.code),
        slug: patch.slug.map(String::from).apply_to(before.slug),
        level: patch.level.map(String::from).apply_to(before.level),
        tags: patch.tags.map_or(before.tags, distinct),
        visibility: patch.visibility.unwrap_or(before.visibility),
        starts_at: patch.starts_at.apply_to(before.starts_at),
        ends_at: patch.ends_at.apply_to(before.ends_at),
        cover_file_id: patch.cover_file_id.apply_to(before.cover_file_id),
        teacher_ids: co_teachers(teachers, owner_id),
        owner_id,
        ..before
    })
}

/// With the keys that follow from its names.
pub(crate) fn keyed(row: Model) -> Model {
    Model { title_key: title_key(&row.title), code_key: row.code.as_deref().map(fold), ..row }
}

fn check_dates(row: &Model) -> Result<(), CourseError> {
    match (row.starts_at, row.ends_at) {
        (Some(start), Some(end)) if end < start => Err(CourseError::DatesReversed),
        _ => Ok(()),
    }
}

/// What the audit log keeps of a course.
pub(crate) fn facts(row: &Model) -> Value {
    json!({
        "title": row.title, "code": row.code, "slug": row.slug, "level": row.level, "tags": row.tags,
        "visibility": row.visibility, "status": row.status, "starts_at": row.starts_at, "ends_at": row.ends_at,
        "cover_file_id": row.cover_file_id, "owner_id": row.owner_id, "teacher_ids": row.teacher_ids,
    })
}
