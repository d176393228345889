//! Queries on tests and what is different in them for some.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, PageRequest, SchoolId, Scope, TestId, UserId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::questions::{QuestionQuery, matching};
use crate::model::attempt::PaperItem;
use crate::model::question::QuestionId;
use crate::model::test::{Column, Entity, Model, Status};
use crate::model::{ScopedTable, bank, question, revision, test_override};
use crate::paper::Pool;
use crate::points::Points;
use crate::ports::Involvement;

/// A test, deleted or not.
pub async fn any(db: &impl ConnectionTrait, scope: Scope, id: TestId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).one(db).await
}

/// A test, deleted or not, held until the transaction ends.
pub async fn hold(db: &impl ConnectionTrait, school: SchoolId, id: TestId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Which tests to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestQuery {
    /// Of this course.
    pub course: Option<CourseId>,
    /// In this status.
    pub status: Option<Status>,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// Whose tests are within reach.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// The account.
    pub user: Option<UserId>,
    /// All of the scope.
    pub all: bool,
    /// The courses that they teach and take part in.
    pub courses: Involvement,
}

impl Reach {
    fn condition(&self, deleted: bool) -> Condition {
        if self.all {
            return Condition::all();
        }
        let mut any = Condition::any();
        if let Some(user) = self.user {
            any = any.add(Column::OwnerId.eq(user));
        }
        if !self.courses.taught.is_empty() {
            any = any.add(Column::CourseId.is_in(self.courses.taught.iter().copied()));
        }
        if deleted {
            return any;
        }
        let mut open = Condition::any().add(Column::CourseId.is_null());
        if !self.courses.taken.is_empty() {
            open = open.add(Column::CourseId.is_in(self.courses.taken.iter().copied()));
        }
        any.add(Condition::all().add(Column::Status.eq(Status::Published)).add(open))
    }
}

/// One page of the tests within reach, oldest first.
pub async fn page(
    db: &impl ConnectionTrait,
    (scope, reach): (Scope, &Reach),
    query: TestQuery,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let mut all = Entity::scoped(scope).filter(reach.condition(query.deleted));
    all = all.filter(if query.deleted { Column::DeletedAt.is_not_null() } else { Column::DeletedAt.is_null() });
    if let Some(course) = query.course {
        all = all.filter(Column::CourseId.eq(course));
    }
    if let Some(status) = query.status {
        all = all.filter(Column::Status.eq(status));
    }
    if let Some(since) = query.updated_since {
        all = all.filter(Column::UpdatedAt.gte(since));
    }
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(Column::Id.gt(TestId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// Questions by their ids, deleted or not.
pub async fn questions(
    db: &impl ConnectionTrait,
    school: SchoolId,
    ids: &[QuestionId],
) -> Result<Vec<question::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    question::Entity::scoped(Scope::School(school))
        .filter(question::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await
}

/// The banks, not deleted, that some questions are in.
pub async fn banks(
    db: &impl ConnectionTrait,
    school: SchoolId,
    ids: &[bank::BankId],
) -> Result<Vec<bank::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    bank::Entity::scoped(Scope::School(school))
        .filter(bank::Column::Id.is_in(ids.iter().copied()))
        .filter(bank::Column::DeletedAt.is_null())
        .all(db)
        .await
}

/// The latest revision of each question, and what it is worth.
pub async fn latest(
    db: &impl ConnectionTrait,
    school: SchoolId,
    ids: &[QuestionId],
) -> Result<Vec<(QuestionId, i32, Points)>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    question::Entity::scoped(Scope::School(school))
        .filter(question::Column::Id.is_in(ids.iter().copied()))
        .select_only()
        .columns([question::Column::Id, question::Column::Revision, question::Column::Points])
        .into_tuple()
        .all(db)
        .await
}

/// What a draw draws from, in order of their ids.
pub async fn pool(
    db: &impl ConnectionTrait,
    school: SchoolId,
    draw: &crate::model::settings::Draw,
) -> Result<Pool, DbErr> {
    let query = QuestionQuery { tag: draw.tag.clone(), difficulty: draw.difficulty, ..QuestionQuery::default() };
    let found: Vec<(QuestionId, i32, Points)> = matching(school, draw.bank_id, &query)
        .order_by_asc(question::Column::Id)
        .select_only()
        .columns([question::Column::Id, question::Column::Revision, question::Column::Points])
        .into_tuple()
        .all(db)
        .await?;
    let worth = draw.points.map(crate::points::Worth::points);
    let item = |(question_id, revision, points): (QuestionId, i32, Points)| PaperItem {
        question_id,
        revision,
        points: worth.unwrap_or(points),
        section: draw.section,
    };
    Ok(Pool { count: draw.count.into(), section: draw.section, items: found.into_iter().map(item).collect() })
}

/// Some revisions of questions.
pub async fn revisions(
    db: &impl ConnectionTrait,
    school: SchoolId,
    which: &[(QuestionId, i32)],
) -> Result<Vec<revision::Model>, DbErr> {
    use revision::Column as C;
    if which.is_empty() {
        return Ok(Vec::new());
    }
    // One list of questions and one of numbers: a few rows too many at most.
    let (ids, numbers): (Vec<_>, Vec<_>) = which.iter().copied().unzip();
    let rows = revision::Entity::scoped(Scope::School(school))
        .filter(C::QuestionId.is_in(ids))
        .filter(C::Number.is_in(numbers))
        .all(db)
        .await?;
    Ok(rows.into_iter().filter(|row| which.contains(&(row.question_id, row.number))).collect())
}

/// What is different in a test: for a person and for any group, or for all.
pub async fn overrides(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    user: Option<UserId>,
) -> Result<Vec<test_override::Model>, DbErr> {
    use test_override::Column as C;
    let mut rows = test_override::Entity::scoped(Scope::School(school)).filter(C::TestId.eq(test));
    if let Some(user) = user {
        rows = rows.filter(Condition::any().add(C::UserId.eq(user)).add(C::GroupId.is_not_null()));
    }
    rows.all(db).await
}

/// One page of what is different in a test, by person or group.
pub async fn override_page(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    request: &PageRequest,
) -> Result<(Vec<test_override::Model>, Option<u64>), DbErr> {
    use test_override::Column as C;
    let all = test_override::Entity::scoped(Scope::School(school)).filter(C::TestId.eq(test));
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(C::SubjectId).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(C::SubjectId.gt(cursor.id));
    }
    Ok((page.all(db).await?, total))
}

/// What is different in a test for one person or group.
pub async fn override_of(
    db: &impl ConnectionTrait,
    (school, test): (SchoolId, TestId),
    subject: uuid::Uuid,
) -> Result<Option<test_override::Model>, DbErr> {
    use test_override::Column as C;
    let rows = test_override::Entity::scoped(Scope::School(school)).filter(C::TestId.eq(test));
    rows.filter(C::SubjectId.eq(subject)).one(db).await
}
