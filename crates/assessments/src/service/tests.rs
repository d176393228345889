//! Tests: listed, made, changed, published, deleted, restored.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, Cursor, Page, PageRequest, PermissionMarker as _, Principal, SchoolId, TestId, UserId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use sea_orm::{ColumnTrait as _, Condition};
use serde_json::{Value, json};

use super::blueprints::{Blueprint, tag};
use super::{AssessmentsService, stroke};
use crate::dto::test::{PublicTest, Test, TestFilter, TestSummary, TestView};
use crate::dto::test_form::{PatchTest, PutTest, TestItem};
use crate::error::AssessmentError;
use crate::model::bank::BankId;
use crate::model::settings::Settings;
use crate::model::test::{Column, Entity, Model, Section, Status, Structure};
use crate::model::{ScopedTable as _, bank, question};
use crate::network::Cidr;
use crate::perm::{TestDelete, TestManage};
use crate::policy::{Refusal, Standing};
use crate::repo::change::{Change, mark, unmark};
use crate::repo::tests::{self, Reach, TestQuery};

/// The kind of view in entity tags of tests, as their staff see them and as others do.
pub(crate) const TEST: &str = "test";

/// What is to become of a test.
struct Edit {
    title: String,
    description: Option<String>,
    course: Option<CourseId>,
    sections: Vec<Section>,
    /// None: they stay.
    questions: Option<Vec<TestItem>>,
    settings: Settings,
}

impl AssessmentsService {
    /// A page of the tests that concern the caller.
    pub(crate) async fn list_tests(
        &self,
        who: &Principal,
        filter: TestFilter,
        request: &PageRequest,
    ) -> Result<Page<TestSummary>, AssessmentError> {
        let TestFilter { course_id, status, deleted, updated_since } = filter;
        let query = TestQuery { course: course_id, status, deleted: deleted.is_some(), updated_since };
        if query.deleted && !who.may(TestDelete::PERMISSION) {
            return Err(Refusal::DeletedForRestorers.into());
        }
        let scope = who.scope();
        let all = who.may(TestManage::PERMISSION) || scope == lyceum_kernel::Scope::Platform;
        let mut reach = Reach { user: Some(who.user_id), all, ..Reach::default() };
        if !all {
            reach.courses = self.neighbours.courses.involvement(who).await?;
            if let Some(course) = course_id.filter(|_| who.school_id.is_some()) {
                // A course that they see without having to do with it.
                if self.neighbours.courses.standing(who, course).await?.is_some() {
                    reach.courses.taken.push(course);
                }
            }
        }
        let (rows, total) = tests::page(&self.platform.db.read(scope), (scope, &reach), query, request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.id.uuid(), key: Vec::new() });
        Ok(Page { total, ..page.map(TestSummary::from) })
    }

    /// One test: with its key for its staff, without for everybody else.
    pub(crate) async fn show_test(&self, who: &Principal, id: TestId) -> Result<(TestView, String), AssessmentError> {
        let (blueprint, standing) = self.test_seen(who, id).await?;
        let row = &blueprint.row;
        let kind = if standing.is_staff() { TEST } else { "public-test" };
        let etag = tag_of(kind, row.version, blueprint.fixed.iter().map(|item| item.revision));
        if standing.is_staff() {
            return Ok((TestView::Whole(Box::new(self.whole(row.clone(), &blueprint.fixed).await?)), etag));
        }
        let now = self.platform.clock.now();
        let open = row.settings.opens_at.is_none_or(|opens| now >= opens)
            && row.settings.closes_at.is_none_or(|closes| now < closes);
        let shown = open && standing == Standing::Takes && row.settings.in_one_step();
        let questions = if shown { self.public_questions(row.school_id, &blueprint.fixed).await? } else { Vec::new() };
        let etag = if shown { etag } else { lyceum_web::etag("closed-test", row.version) };
        Ok((TestView::Public(Box::new(PublicTest::of(row, questions))), etag))
    }

    /// A new test of the caller's: a draft.
    pub(crate) async fn create_test(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: PutTest,
    ) -> Result<Committed<Test>, AssessmentError> {
        let school = who.school_id.ok_or(AssessmentError::SchoolNeeded)?;
        let edit = Edit::from(form);
        self.check_course(who, None, edit.course).await?;
        self.check_draws(who, None, &edit.settings).await?;
        let mut tx = uow.begin().await?;
        let id = TestId::new(tx.now(), tx.entropy());
        let bank = own_bank(&tx, (school, id), who.user_id, &edit.title);
        bank::Entity::add(tx.conn(), [bank.clone()]).await?;
        let empty = blank((school, id), bank.id, who.user_id, tx.now());
        let row = self.edited(&mut tx, who, &empty, edit).await?;
        Entity::add(tx.conn(), [row.clone()]).await?;
        tx.invalidate(tag(school));
        tx.audit(audit("assessments.test_created", &row).after(facts(&row)));
        let view = self.whole_in(&tx, row).await?;
        let (tag, location) = (whole_tag(&view), format!("/v1/tests/{id}"));
        Ok(tx.commit(Answer::created(view).location(location).etag(tag)).await?)
    }

    /// The row as an edit has it. New questions are written into the test's own bank.
    async fn edited(&self, tx: &mut Tx, who: &Principal, row: &Model, edit: Edit) -> Result<Model, AssessmentError> {
        check_settings(&edit.settings)?;
        let items = match edit.questions {
            Some(items) => self.settle_items(tx, who, row, items).await?,
            None => row.structure.items.clone(),
        };
        let structure = Structure { sections: edit.sections, items };
        let last = structure.sections.len().saturating_sub(1);
        let places = structure.items.iter().map(|item| item.section);
        let drawn = edit.settings.draws.iter().map(|draw| draw.section);
        if places.chain(drawn).any(|section| usize::from(section) > last) {
            return Err(AssessmentError::UnknownSection);
        }
        let changed = structure != row.structure || edit.settings.draws != row.settings.draws;
        Ok(Model {
            title: edit.title,
            description: edit.description,
            course_id: edit.course,
            revision: row.revision + i32::from(changed && row.version > 0),
            structure,
            opens_at: edit.settings.opens_at,
            closes_at: edit.settings.closes_at,
            settings: edit.settings,
            version: row.version + 1,
            ..row.clone()
        })
    }

    /// Replaces what can be changed about a test.
    pub(crate) async fn replace_test(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, form): (TestId, PutTest),
    ) -> Result<Committed<Test>, AssessmentError> {
        self.change_test(who, uow, if_match, id, |_| Edit::from(form)).await
    }

    /// Changes the fields of a test that the patch names.
    pub(crate) async fn patch_test(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, patch): (TestId, PatchTest),
    ) -> Result<Committed<Test>, AssessmentError> {
        let edit = |before: &Model| Edit {
            title: patch.title.map_or_else(|| before.title.clone(), String::from),
            description: patch.description.apply_to(before.description.clone()),
            course: patch.course_id.apply_to(before.course_id),
            sections: patch.sections.unwrap_or_else(|| before.structure.sections.clone()),
            questions: patch.questions,
            settings: match patch.settings {
                Some(settings) => settings.apply_to(before.settings.clone()),
                None => before.settings.clone(),
            },
        };
        self.change_test(who, uow, if_match, id, edit).await
    }

    async fn change_test(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: TestId,
        edit: impl FnOnce(&Model) -> Edit + Send,
    ) -> Result<Committed<Test>, AssessmentError> {
        let seen = self.test_taught(who, id).await?;
        let mut tx = uow.begin().await?;
        let row = hold(&tx, seen.row.school_id, id).await?;
        require(if_match, &row, &seen)?;
        let edit = edit(&row);
        self.check_course(who, row.course_id, edit.course).await?;
        self.check_draws(who, Some(&row), &edit.settings).await?;
        let mut after = self.edited(&mut tx, who, &row, edit).await?;
        if (Model { version: row.version, ..after.clone() }) == row {
            after.version = row.version;
        } else {
            after.updated_at = tx.now();
            write(&tx, &row, &after).await?;
            tx.invalidate(tag(row.school_id));
            if after.settings.window() != row.settings.window() {
                self.move_deadlines(&mut tx, &after, None).await?;
            }
            tx.audit(audit("assessments.test_changed", &row).before(facts(&row)).after(facts(&after)));
        }
        let view = self.whole_in(&tx, after).await?;
        let tag = whole_tag(&view);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }

    /// Opens a draft to those whom it is for.
    pub(crate) async fn publish_test(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: TestId,
    ) -> Result<Committed<Test>, AssessmentError> {
        let seen = self.test_taught(who, id).await?;
        let mut tx = uow.begin().await?;
        let row = hold(&tx, seen.row.school_id, id).await?;
        if row.status == Status::Published {
            return Err(AssessmentError::WrongStatus);
        }
        if row.structure.items.is_empty() && row.settings.draws.is_empty() {
            return Err(AssessmentError::TestEmpty);
        }
        for draw in &row.settings.draws {
            let pool = tests::pool(tx.conn(), row.school_id, draw).await?;
            if pool.items.len() < pool.count {
                return Err(AssessmentError::DrawTooSmall);
            }
        }
        let (version, now) = (row.version + 1, tx.now());
        let after =
            Model { status: Status::Published, published_at: Some(now), version, updated_at: now, ..row.clone() };
        write(&tx, &row, &after).await?;
        tx.invalidate(tag(row.school_id));
        tx.audit(audit("assessments.test_published", &row).before(facts(&row)).after(facts(&after)));
        let view = self.whole_in(&tx, after).await?;
        let tag = whole_tag(&view);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }

    /// Deletes a test with its own bank, softly. Attempts at it are not seen until it is restored.
    pub(crate) async fn delete_test(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        id: TestId,
    ) -> Result<Committed<()>, AssessmentError> {
        let seen = self.test_taught(who, id).await?;
        let mut tx = uow.begin().await?;
        let row = hold(&tx, seen.row.school_id, id).await?;
        require(if_match, &row, &seen)?;
        let (school, stroke) = (row.school_id, (stroke(&tx), tx.now()));
        Change::<Entity>::of(school, id.uuid(), row.version, tx.now()).apply(tx.conn()).await?;
        mark::<Entity>(tx.conn(), school, Condition::all().add(Column::Id.eq(id)), stroke).await?;
        mark::<bank::Entity>(tx.conn(), school, of_bank(row.bank_id), stroke).await?;
        mark::<question::Entity>(tx.conn(), school, in_bank(row.bank_id), stroke).await?;
        tx.invalidate(tag(school));
        tx.audit(audit("assessments.test_deleted", &row).before(facts(&row)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    /// Brings a deleted test back with what went with it.
    pub(crate) async fn restore_test(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        id: TestId,
    ) -> Result<Committed<Test>, AssessmentError> {
        let school = who.school_id.ok_or(AssessmentError::NotFound)?;
        self.any_test_taught(who, id).await?;
        let mut tx = uow.begin().await?;
        let row = tests::hold(tx.conn(), school, id).await?.ok_or(AssessmentError::NotFound)?;
        let (Some(_), Some(stroke)) = (row.deleted_at, row.deletion_id) else {
            return Err(AssessmentError::NotDeleted);
        };
        Change::<Entity>::of(school, id.uuid(), row.version, tx.now()).apply(tx.conn()).await?;
        unmark::<Entity>(tx.conn(), school, Condition::all().add(Column::Id.eq(id)), stroke).await?;
        unmark::<bank::Entity>(tx.conn(), school, of_bank(row.bank_id), stroke).await?;
        unmark::<question::Entity>(tx.conn(), school, in_bank(row.bank_id), stroke).await?;
        let version = row.version + 1;
        let after = Model { deleted_at: None, deletion_id: None, version, updated_at: tx.now(), ..row };
        tx.invalidate(tag(school));
        tx.audit(audit("assessments.test_restored", &after).after(facts(&after)));
        let view = self.whole_in(&tx, after).await?;
        let tag = whole_tag(&view);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }

    /// A course that a test is to belong to is one that the caller teaches; the one it has may stay.
    async fn check_course(
        &self,
        who: &Principal,
        before: Option<CourseId>,
        after: Option<CourseId>,
    ) -> Result<(), AssessmentError> {
        let Some(course) = after.filter(|_| after != before) else { return Ok(()) };
        let standing = self.neighbours.courses.standing(who, course).await?;
        let taught = standing.is_some_and(|standing| standing.teaches);
        if taught { Ok(()) } else { Err(AssessmentError::UnknownCourse) }
    }

    /// Draws are from banks that the caller sees; those that there were may stay.
    async fn check_draws(
        &self,
        who: &Principal,
        before: Option<&Model>,
        settings: &Settings,
    ) -> Result<(), AssessmentError> {
        for draw in &settings.draws {
            let known = before.is_some_and(|row| row.settings.draws.iter().any(|old| old.bank_id == draw.bank_id));
            if known {
                continue;
            }
            match self.bank_seen(who, draw.bank_id).await {
                Ok(_) => {}
                Err(AssessmentError::NotFound) => return Err(AssessmentError::UnknownBank),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl From<PutTest> for Edit {
    fn from(form: PutTest) -> Self {
        let PutTest { title, description, course_id, sections, questions, settings } = form;
        let (title, questions) = (title.into(), Some(questions));
        Self { title, description, course: course_id, sections, questions, settings }
    }
}

/// The entity tag of a test. Its questions follow their latest revisions: which they are has a say in it.
fn tag_of(kind: &str, version: i64, revisions: impl Iterator<Item = i32>) -> String {
    let asked: i64 = revisions.map(i64::from).sum();
    etag(&format!("{asked}-{kind}"), version)
}

/// The entity tag of a test with its key.
fn whole_tag(view: &Test) -> String {
    tag_of(TEST, view.version, view.questions.iter().map(|question| question.members.revision))
}

/// The client means the test as it is.
fn require(if_match: &IfMatch, row: &Model, seen: &Blueprint) -> Result<(), AssessmentError> {
    Ok(if_match.require(&tag_of(TEST, row.version, seen.fixed.iter().map(|item| item.revision)))?)
}

async fn hold(tx: &Tx, school: SchoolId, id: TestId) -> Result<Model, AssessmentError> {
    let row = tests::hold(tx.conn(), school, id).await?;
    row.filter(|row| row.deleted_at.is_none()).ok_or(AssessmentError::NotFound)
}

async fn write(tx: &Tx, before: &Model, after: &Model) -> Result<(), AssessmentError> {
    Change::<Entity>::of(before.school_id, before.id.uuid(), before.version, tx.now())
        .set(Column::CourseId, after.course_id)
        .set(Column::Title, after.title.clone())
        .set(Column::Description, after.description.clone())
        .set(Column::Status, after.status)
        .set(Column::Structure, after.structure.clone())
        .set(Column::Revision, after.revision)
        .set(Column::Settings, after.settings.clone())
        .set(Column::OpensAt, after.opens_at)
        .set(Column::ClosesAt, after.closes_at)
        .set(Column::PublishedAt, after.published_at)
        .apply(tx.conn())
        .await
}

fn check_settings(settings: &Settings) -> Result<(), AssessmentError> {
    if let (Some(opens), Some(closes)) = (settings.opens_at, settings.closes_at)
        && closes <= opens
    {
        return Err(AssessmentError::DatesReversed);
    }
    let known = settings.addresses.iter().all(|network| Cidr::parse(&String::from(network.clone())).is_some());
    if known { Ok(()) } else { Err(AssessmentError::BadAddress) }
}

fn own_bank(tx: &Tx, (school, test): (SchoolId, TestId), owner: UserId, title: &str) -> bank::Model {
    bank::Model {
        school_id: school,
        id: BankId::new(tx.now(), tx.entropy()),
        owner_id: owner,
        test_id: Some(test),
        name: title.to_owned(),
        description: None,
        shared: false,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        deleted_at: None,
        deletion_id: None,
    }
}

/// A draft with nothing in it, not yet written.
fn blank((school, id): (SchoolId, TestId), bank: BankId, owner: UserId, now: DateTime<Utc>) -> Model {
    Model {
        school_id: school,
        id,
        course_id: None,
        owner_id: owner,
        bank_id: bank,
        title: String::new(),
        description: None,
        status: Status::Draft,
        structure: Structure::default(),
        adjustments: None,
        revision: 1,
        settings: Settings::default(),
        opens_at: None,
        closes_at: None,
        version: 0,
        created_at: now,
        updated_at: now,
        published_at: None,
        deleted_at: None,
        deletion_id: None,
    }
}

fn of_bank(bank: BankId) -> Condition {
    Condition::all().add(bank::Column::Id.eq(bank))
}

fn in_bank(bank: BankId) -> Condition {
    Condition::all().add(question::Column::BankId.eq(bank))
}

pub(crate) fn audit(action: &'static str, row: &Model) -> Audit {
    Audit::of(action, "test", row.id.uuid()).school(Some(row.school_id))
}

/// What the audit log keeps of a test: not the code that has to be typed.
fn facts(row: &Model) -> Value {
    let mut settings = json!(row.settings);
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("access_code");
    }
    json!({
        "title": row.title, "description": row.description, "course_id": row.course_id, "status": row.status,
        "revision": row.revision, "structure": row.structure, "settings": settings,
    })
}
