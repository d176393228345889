//! What is different in a test for a person or a group, also while an attempt runs.

use lyceum_kernel::{Cursor, GroupId, Page, PageRequest, Principal, SchoolId, Scope, TestId, UserId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::{IfMatch, etag};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde_json::json;
use uuid::Uuid;

use super::AssessmentsService;
use crate::deadline::{Allowance, Deadline};
use crate::dto::test::TestOverride;
use crate::dto::test_form::PutOverride;
use crate::error::AssessmentError;
use crate::model::attempt::StoredDeadline;
use crate::model::test_override::{Column, Entity, Model, Stored};
use crate::model::{ScopedTable as _, attempt, test};
use crate::repo::{attempts, tests};

/// The kind of view in entity tags of overrides.
pub(crate) const OVERRIDE: &str = "override";

/// For whom something is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A person.
    Person(UserId),
    /// A group.
    Group(GroupId),
}

impl Subject {
    const fn uuid(self) -> Uuid {
        match self {
            Self::Person(user) => user.uuid(),
            Self::Group(group) => group.uuid(),
        }
    }
}

impl AssessmentsService {
    /// A page of what is different in a test.
    pub(crate) async fn list_overrides(
        &self,
        who: &Principal,
        id: TestId,
        request: &PageRequest,
    ) -> Result<Page<TestOverride>, AssessmentError> {
        let school = self.test_watched(who, id).await?.row.school_id;
        let db = self.platform.db.read(Scope::School(school));
        let (rows, total) = tests::override_page(&db, (school, id), request).await?;
        let page = Page::cut(rows, request, |row| Cursor { id: row.subject_id, key: Vec::new() });
        Ok(Page { total, ..page.map(TestOverride::from) })
    }

    /// Says what is different for somebody. Attempts that run end by it from now on.
    pub(crate) async fn put_override(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, subject, form): (TestId, Subject, PutOverride),
    ) -> Result<Committed<TestOverride>, AssessmentError> {
        let test = self.test_taught(who, id).await?.row.clone();
        let school = test.school_id;
        self.check_subject(school, subject).await?;
        let mut tx = uow.begin().await?;
        tests::hold(tx.conn(), school, id).await?.ok_or(AssessmentError::NotFound)?;
        let before = tests::override_of(tx.conn(), (school, id), subject.uuid()).await?;
        let version = before.as_ref().map_or(0, |row| row.version);
        if_match.require(&etag(OVERRIDE, version))?;
        let (user_id, group_id) = match subject {
            Subject::Person(user) => (Some(user), None),
            Subject::Group(group) => (None, Some(group)),
        };
        let row = Model {
            school_id: school,
            test_id: id,
            subject_id: subject.uuid(),
            user_id,
            group_id,
            allowance: Stored(allowance(form)),
            version: version + 1,
            created_at: before.as_ref().map_or(tx.now(), |row| row.created_at),
            updated_at: tx.now(),
        };
        remove(&tx, (school, id), subject).await?;
        Entity::add(tx.conn(), [row.clone()]).await?;
        self.move_deadlines(&mut tx, &test, user_id).await?;
        let entry = audit("assessments.override_set", &test, subject).after(json!(row.allowance));
        tx.audit(match &before {
            Some(before) => entry.before(json!(before.allowance)),
            None => entry,
        });
        let tag = etag(OVERRIDE, row.version);
        let view = TestOverride::from(row);
        Ok(tx.commit(Answer::ok(view).etag(tag)).await?)
    }

    /// Nothing is different for somebody any more.
    pub(crate) async fn delete_override(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        if_match: &IfMatch,
        (id, subject): (TestId, Subject),
    ) -> Result<Committed<()>, AssessmentError> {
        let test = self.test_taught(who, id).await?.row.clone();
        let mut tx = uow.begin().await?;
        tests::hold(tx.conn(), test.school_id, id).await?.ok_or(AssessmentError::NotFound)?;
        let before = tests::override_of(tx.conn(), (test.school_id, id), subject.uuid()).await?;
        let before = before.ok_or(AssessmentError::NotFound)?;
        if_match.require(&etag(OVERRIDE, before.version))?;
        remove(&tx, (test.school_id, id), subject).await?;
        self.move_deadlines(&mut tx, &test, before.user_id).await?;
        tx.audit(audit("assessments.override_removed", &test, subject).before(json!(before.allowance)));
        Ok(tx.commit(Answer::no_content()).await?)
    }

    async fn check_subject(&self, school: SchoolId, subject: Subject) -> Result<(), AssessmentError> {
        let there = match subject {
            Subject::Person(user) => self.neighbours.school.has_member(school, user).await?,
            Subject::Group(group) => self.neighbours.school.has_group(school, group).await?,
        };
        if there { Ok(()) } else { Err(AssessmentError::UnknownSubject) }
    }

    /// Computes the deadlines of attempts that run anew: one person's, or all.
    pub(super) async fn move_deadlines(
        &self,
        tx: &mut Tx,
        test: &test::Model,
        user: Option<UserId>,
    ) -> Result<(), AssessmentError> {
        let running = attempts::open(tx.conn(), (test.school_id, test.id), user).await?;
        if running.is_empty() {
            return Ok(());
        }
        let all = tests::overrides(tx.conn(), (test.school_id, test.id), user).await?;
        for row in running {
            let allowance = self.allowance_among(test.school_id, &all, row.user_id).await?;
            let of = |row: &attempt::Model| {
                Deadline::of(test.settings.window(), allowance, row.started_at, row.added_s.unsigned_abs())
            };
            if of(&row) == row.deadline.0 {
                continue;
            }
            // Held only now: whoever saves an answer meanwhile waits for this, and this for nobody who waits for the test.
            let held = attempts::hold(tx.conn(), row.school_id, row.id).await?;
            let Some(row) = held.filter(|row| row.state == attempt::State::Open) else { continue };
            let (deadline, version, updated_at) = (of(&row), row.version + 1, tx.now());
            let (deadline, ends_at) = (StoredDeadline(deadline), deadline.accepted_until);
            attempts::write(tx.conn(), &attempt::Model { deadline, ends_at, version, updated_at, ..row }).await?;
        }
        self.call_room(tx, (test.school_id, test.id));
        Ok(())
    }
}

async fn remove(tx: &Tx, (school, test): (SchoolId, TestId), subject: Subject) -> Result<(), AssessmentError> {
    Entity::scoped_delete(Scope::School(school))
        .filter(Column::TestId.eq(test))
        .filter(Column::SubjectId.eq(subject.uuid()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

fn allowance(form: PutOverride) -> Allowance {
    let PutOverride { opens_at, closes_at, time_limit_s, added_minutes, added_percent, max_attempts } = form;
    let micros = |moment: Option<chrono::DateTime<chrono::Utc>>| moment.map(lyceum_kernel::clock::to_micros);
    let (opens_at, closes_at) = (micros(opens_at), micros(closes_at));
    Allowance { opens_at, closes_at, time_limit_s, added_minutes, added_percent, max_attempts }
}

fn audit(action: &'static str, test: &test::Model, subject: Subject) -> Audit {
    let entry = Audit::of(action, "test", test.id.uuid()).school(Some(test.school_id));
    match subject {
        Subject::Person(user) => entry.about(user),
        Subject::Group(_) => entry,
    }
}
