//! Queries on scores: of a course, a group, a person.

use chrono::{DateTime, Utc};
use lyceum_kernel::{AttemptId, CourseId, PageRequest, SchoolId, Scope, TestId, UserId};
use sea_orm::sea_query::{Expr, NullOrdering, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, ExprTrait as _, FromQueryResult, Order, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::tests::Reach;
use crate::model::attempt::{Column, Entity, Model, State, StoredDeadline};
use crate::model::test::Status;
use crate::model::{ScopedTable as _, test, test_override};
use crate::points::Points;

/// Most tests that are looked at for one answer.
pub const TESTS: u64 = 1_000;

/// What scores want of an attempt.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Scored {
    /// The test.
    pub test_id: TestId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which of theirs.
    pub number: i32,
    /// Its points.
    pub score: Points,
    /// What there was to have.
    pub max_score: Points,
    /// Whether it was enough.
    pub passed: Option<bool>,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
}

const SCORED: [Column; 7] = [
    Column::TestId,
    Column::UserId,
    Column::Number,
    Column::Score,
    Column::MaxScore,
    Column::Passed,
    Column::FinishedAt,
];

/// Attempts that are marked to the last question and count.
fn scored(scope: Scope) -> Select<Entity> {
    Entity::scoped(scope)
        .filter(Column::Graded.eq(true))
        .filter(Column::Trial.eq(false))
        .filter(Column::Score.is_not_null())
}

/// Those at some tests.
pub async fn at_tests(db: &impl ConnectionTrait, scope: Scope, tests: &[TestId]) -> Result<Vec<Scored>, DbErr> {
    if tests.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scored(scope).filter(Column::TestId.is_in(tests.iter().copied()));
    rows.select_only().columns(SCORED).into_model().all(db).await
}

/// Those of some people.
pub async fn of_people(db: &impl ConnectionTrait, school: SchoolId, people: &[UserId]) -> Result<Vec<Scored>, DbErr> {
    let rows = scored(Scope::School(school)).filter(Column::UserId.is_in(people.iter().copied()));
    rows.select_only().columns(SCORED).into_model().all(db).await
}

/// What somebody's scores over time want of an attempt.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Sitting {
    /// The test.
    pub test_id: TestId,
    /// Which of theirs.
    pub number: i32,
    /// Its points.
    pub score: Points,
    /// What there was to have.
    pub max_score: Points,
    /// Whether it was enough.
    pub passed: Option<bool>,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub deadline: StoredDeadline,
}

/// Those of one person, the latest first; a bounded number.
pub async fn of_person(db: &impl ConnectionTrait, scope: Scope, user: UserId) -> Result<Vec<Sitting>, DbErr> {
    scored(scope)
        .filter(Column::UserId.eq(user))
        .order_by_desc(Column::Id)
        .limit(5_000)
        .select_only()
        .columns([
            Column::TestId,
            Column::Number,
            Column::Score,
            Column::MaxScore,
            Column::Passed,
            Column::StartedAt,
            Column::FinishedAt,
            Column::Deadline,
        ])
        .into_model()
        .all(db)
        .await
}

/// The tests of a course, oldest first.
pub async fn tests_of_course(
    db: &impl ConnectionTrait,
    scope: Scope,
    course: CourseId,
) -> Result<Vec<test::Model>, DbErr> {
    test::Entity::scoped(scope)
        .filter(test::Column::CourseId.eq(course))
        .filter(test::Column::DeletedAt.is_null())
        .order_by_asc(test::Column::Id)
        .limit(TESTS)
        .all(db)
        .await
}

/// When an attempt at each of some tests last changed: a look at the end of an index for each, whatever their number.
pub async fn last_changes(
    db: &impl ConnectionTrait,
    scope: Scope,
    tests: &[TestId],
) -> Result<Vec<(TestId, Option<DateTime<Utc>>)>, DbErr> {
    if tests.is_empty() {
        return Ok(Vec::new());
    }
    let mut last = Query::select();
    last.expr(Expr::col((Entity, Column::UpdatedAt)).max())
        .from(Entity)
        .and_where(Expr::col((Entity, Column::SchoolId)).equals((test::Entity, test::Column::SchoolId)))
        .and_where(Expr::col((Entity, Column::TestId)).equals((test::Entity, test::Column::Id)));
    test::Entity::scoped(scope)
        .filter(test::Column::Id.is_in(tests.iter().copied()))
        .order_by_asc(test::Column::Id)
        .select_only()
        .column(test::Column::Id)
        .expr_as(Expr::SubQuery(None, Box::new(last.into())), "last")
        .into_tuple()
        .all(db)
        .await
}

/// Some tests that were not deleted; only those that a person teaches, unless they see all.
pub async fn tests(
    db: &impl ConnectionTrait,
    (scope, teaching): (Scope, Option<&Reach>),
    ids: &[TestId],
) -> Result<Vec<test::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = test::Entity::scoped(scope)
        .filter(test::Column::Id.is_in(ids.iter().copied()))
        .filter(test::Column::DeletedAt.is_null());
    if let Some(reach) = teaching.filter(|reach| !reach.all) {
        let mut any = Condition::any().add(test::Column::OwnerId.eq(reach.user));
        if !reach.courses.taught.is_empty() {
            any = any.add(test::Column::CourseId.is_in(reach.courses.taught.iter().copied()));
        }
        rows = rows.filter(any);
    }
    rows.order_by_asc(test::Column::Id).limit(TESTS).all(db).await
}

/// Which of one's own attempts to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnQuery {
    /// At this test.
    pub test: Option<TestId>,
    /// At tests of this course.
    pub course: Option<CourseId>,
    /// In this state.
    pub state: Option<State>,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// One page of somebody's attempts at tests that were not deleted, the latest first.
pub async fn own_page(
    db: &impl ConnectionTrait,
    (school, user): (SchoolId, UserId),
    query: OwnQuery,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let scope = Scope::School(school);
    let mut tests = test::Entity::scoped(scope).filter(test::Column::DeletedAt.is_null());
    if let Some(course) = query.course {
        tests = tests.filter(test::Column::CourseId.eq(course));
    }
    let tests = tests.select_only().column(test::Column::Id).into_query();
    let mut all = Entity::scoped(scope).filter(Column::UserId.eq(user)).filter(Column::TestId.in_subquery(tests));
    if let Some(test) = query.test {
        all = all.filter(Column::TestId.eq(test));
    }
    if let Some(state) = query.state {
        all = all.filter(Column::State.eq(state));
    }
    if let Some(since) = query.updated_since {
        all = all.filter(Column::UpdatedAt.gte(since));
    }
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_desc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(Column::Id.lt(AttemptId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// Tests that somebody may still take, or is taking, as far as their own dates say: what ends first, first.
pub async fn due(
    db: &impl ConnectionTrait,
    (school, user): (SchoolId, UserId),
    courses: &[CourseId],
    now: DateTime<Utc>,
) -> Result<Vec<test::Model>, DbErr> {
    use test::Column as C;
    let scope = Scope::School(school);
    let mut theirs = Condition::any().add(C::CourseId.is_null());
    if !courses.is_empty() {
        theirs = theirs.add(C::CourseId.is_in(courses.iter().copied()));
    }
    let other = test_override::Entity::scoped(scope)
        .filter(
            Condition::any()
                .add(test_override::Column::UserId.eq(user))
                .add(test_override::Column::GroupId.is_not_null()),
        )
        .select_only()
        .column(test_override::Column::TestId)
        .into_query();
    let running = Entity::scoped(scope)
        .filter(Column::UserId.eq(user))
        .filter(Column::State.eq(State::Open))
        .select_only()
        .column(Column::TestId)
        .into_query();
    let open = Condition::any()
        .add(C::ClosesAt.is_null())
        .add(C::ClosesAt.gt(now))
        .add(C::Id.in_subquery(other))
        .add(C::Id.in_subquery(running));
    test::Entity::scoped(scope)
        .filter(C::Status.eq(Status::Published))
        .filter(C::DeletedAt.is_null())
        .filter(C::OwnerId.ne(user))
        .filter(theirs)
        .filter(open)
        .order_by_with_nulls(C::ClosesAt, Order::Asc, NullOrdering::Last)
        .order_by_asc(C::Id)
        .limit(TESTS)
        .all(db)
        .await
}

/// What is known of somebody's attempts at some tests.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Made {
    /// The attempt.
    pub id: AttemptId,
    /// The test.
    pub test_id: TestId,
    /// Where it stands.
    pub state: State,
    /// When it ends.
    pub deadline: StoredDeadline,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Somebody's attempts at some tests.
pub async fn made(
    db: &impl ConnectionTrait,
    (school, user): (SchoolId, UserId),
    tests: &[TestId],
) -> Result<Vec<Made>, DbErr> {
    if tests.is_empty() {
        return Ok(Vec::new());
    }
    Entity::scoped(Scope::School(school))
        .filter(Column::UserId.eq(user))
        .filter(Column::TestId.is_in(tests.iter().copied()))
        .select_only()
        .columns([Column::Id, Column::TestId, Column::State, Column::Deadline, Column::FinishedAt])
        .into_model()
        .all(db)
        .await
}

/// What is different in some tests for somebody, or for groups.
pub async fn overrides(
    db: &impl ConnectionTrait,
    (school, user): (SchoolId, UserId),
    tests: &[TestId],
) -> Result<Vec<test_override::Model>, DbErr> {
    use test_override::Column as C;
    if tests.is_empty() {
        return Ok(Vec::new());
    }
    test_override::Entity::scoped(Scope::School(school))
        .filter(C::TestId.is_in(tests.iter().copied()))
        .filter(Condition::any().add(C::UserId.eq(user)).add(C::GroupId.is_not_null()))
        .all(db)
        .await
}
