//! Queries on roll-ups.
//!
//! What an enrolment contributes follows from its row; what has been counted of it stands beside. An enrolment where both differ is
//! found by a partial index: so nobody who changes an enrolment needs to know of roll-ups, and no two learners wait for each other.

use std::collections::{BTreeMap, HashMap};

use lyceum_kernel::{CourseId, EnrollmentId, GroupId, SchoolId, Scope, UserId};
use sea_orm::sea_query::{
    Expr, ExprTrait as _, LockBehavior, LockType, OnConflict, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel as _, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait as _, Select,
};
use uuid::Uuid;

use crate::model::enrollment::{Column as C, Entity as Enrollments, Role, Status};
use crate::model::progress_total::{Column, Entity, Model};
use crate::model::{ScopedTable as _, course_plan, progress_group, settings};
use crate::progress::Tally;

/// 1 of a learner who takes part.
const LEARNS: &str =
    "CASE WHEN role = 'student' AND status IN ('active', 'completed') AND deleted_at IS NULL THEN 1 ELSE 0 END";
/// The blocks that a learner who takes part has completed.
const DONE: &str = "CASE WHEN role = 'student' AND status IN ('active', 'completed') AND deleted_at IS NULL THEN blocks_done ELSE 0 END";
/// 1 of a learner who has completed the course.
const COMPLETED: &str = "CASE WHEN role = 'student' AND status = 'completed' AND deleted_at IS NULL THEN 1 ELSE 0 END";
/// That something of it is not counted yet, word for word as the index `ix_enrollments_uncounted` has it.
const UNCOUNTED: &str = "(counted_learners <> CASE WHEN role = 'student' AND status IN ('active', 'completed') AND deleted_at IS NULL \
THEN 1 ELSE 0 END OR counted_done <> CASE WHEN role = 'student' AND status IN ('active', 'completed') AND deleted_at IS NULL THEN \
blocks_done ELSE 0 END OR counted_completed <> CASE WHEN role = 'student' AND status = 'completed' AND deleted_at IS NULL THEN 1 ELSE \
0 END)";

/// Enrolments in one go.
pub const BATCH: u64 = 500;

/// An enrolment as roll-ups see it.
#[derive(Debug, Clone, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct Contribution {
    /// The school.
    pub school_id: SchoolId,
    /// The enrolment.
    pub id: EnrollmentId,
    /// The course.
    pub course_id: CourseId,
    /// Who.
    pub user_id: UserId,
    role: Role,
    status: Status,
    deleted_at: Option<chrono::DateTime<chrono::Utc>>,
    blocks_done: i32,
    counted_learners: i32,
    counted_done: i32,
    counted_completed: i32,
}

impl Contribution {
    /// What it contributes.
    pub fn present(&self) -> Tally {
        let there = self.role == Role::Student && self.deleted_at.is_none();
        let learns = there && matches!(self.status, Status::Active | Status::Completed);
        Tally {
            learners: i64::from(learns),
            done: if learns { i64::from(self.blocks_done) } else { 0 },
            completed: i64::from(learns && self.status == Status::Completed),
        }
    }

    /// What has been counted of it.
    pub fn counted(&self) -> Tally {
        Tally {
            learners: i64::from(self.counted_learners),
            done: i64::from(self.counted_done),
            completed: i64::from(self.counted_completed),
        }
    }

    /// What is still to be counted.
    pub fn rest(&self) -> Tally {
        let mut rest = self.present();
        rest -= self.counted();
        rest
    }
}

fn contributions(rows: Select<Enrollments>) -> Select<Enrollments> {
    rows.select_only().columns([
        C::SchoolId,
        C::Id,
        C::CourseId,
        C::UserId,
        C::Role,
        C::Status,
        C::DeletedAt,
        C::BlocksDone,
        C::CountedLearners,
        C::CountedDone,
        C::CountedCompleted,
    ])
}

fn uncounted(scope: Scope) -> Select<Enrollments> {
    Enrollments::scoped(scope).filter(Expr::cust(UNCOUNTED))
}

/// Some enrolments of all schools that are not counted as they are, held; those that others hold are left for later.
pub async fn take_uncounted(db: &impl ConnectionTrait) -> Result<Vec<Contribution>, DbErr> {
    contributions(uncounted(Scope::Platform))
        .order_by_asc(C::SchoolId)
        .order_by_asc(C::Id)
        .limit(BATCH)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_model()
        .all(db)
        .await
}

/// The enrolments of some person in a school, held.
pub async fn hold_person(
    db: &impl ConnectionTrait,
    school: SchoolId,
    user: UserId,
) -> Result<Vec<Contribution>, DbErr> {
    contributions(Enrollments::scoped(Scope::School(school)))
        .filter(C::UserId.eq(user))
        .order_by_asc(C::Id)
        .lock_exclusive()
        .into_model()
        .all(db)
        .await
}

/// Says of some enrolments that are held that they are counted as they are.
pub async fn mark_counted(db: &impl ConnectionTrait, scope: Scope, ids: &[EnrollmentId]) -> Result<(), DbErr> {
    for ids in ids.chunks(1_000) {
        counting(scope).filter(C::Id.is_in(ids.iter().copied())).exec(db).await?;
    }
    Ok(())
}

/// Says the same of all enrolments in a course, and holds them.
pub async fn mark_course_counted(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
) -> Result<(), DbErr> {
    counting(Scope::School(school)).filter(C::CourseId.eq(course)).exec(db).await?;
    Ok(())
}

fn counting(scope: Scope) -> sea_orm::UpdateMany<Enrollments> {
    Enrollments::scoped_update(scope)
        .col_expr(C::CountedLearners, Expr::cust(LEARNS))
        .col_expr(C::CountedDone, Expr::cust(DONE))
        .col_expr(C::CountedCompleted, Expr::cust(COMPLETED))
}

/// In which groups some people have been counted.
pub async fn groups_of(
    db: &impl ConnectionTrait,
    scope: Scope,
    people: &[UserId],
) -> Result<HashMap<(SchoolId, UserId), Vec<GroupId>>, DbErr> {
    use progress_group::{Column, Entity};
    let mut groups: HashMap<_, Vec<_>> = HashMap::new();
    for people in people.chunks(1_000) {
        let rows = Entity::scoped(scope).filter(Column::UserId.is_in(people.iter().copied())).all(db).await?;
        for row in rows {
            groups.entry((row.school_id, row.user_id)).or_default().push(row.group_id);
        }
    }
    Ok(groups)
}

/// Adds to roll-ups, always in the same order.
#[expect(clippy::disallowed_methods, reason = "an insert that adds to what is there; each row names whose it is")]
pub async fn add(db: &impl ConnectionTrait, more: BTreeMap<(SchoolId, Uuid, CourseId), Tally>) -> Result<(), DbErr> {
    let rows =
        more.into_iter().filter(|(_, tally)| !tally.is_nothing()).map(|((school_id, holder_id, course_id), tally)| {
            let Tally { learners, done, completed } = tally;
            Model { school_id, holder_id, course_id, learners, done, completed }.into_active_model().reset_all()
        });
    let rows: Vec<_> = rows.collect();
    for rows in rows.chunks(500) {
        Entity::insert_many(rows.iter().cloned()).on_conflict(adding()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What is there already grows by what comes.
fn adding() -> OnConflict {
    let grown = |column: Column| (column, Expr::col((Entity, column)).add(Expr::col(("excluded", column))));
    OnConflict::columns([Column::SchoolId, Column::HolderId, Column::CourseId])
        .values([grown(Column::Learners), grown(Column::Done), grown(Column::Completed)])
        .to_owned()
}

/// Forgets all roll-ups of a course.
pub async fn forget_course(db: &impl ConnectionTrait, (school, course): (SchoolId, CourseId)) -> Result<(), DbErr> {
    Entity::scoped_delete(Scope::School(school)).filter(Column::CourseId.eq(course)).exec(db).await?;
    Ok(())
}

/// The enrolments in a course.
pub async fn of_course(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
) -> Result<Vec<Contribution>, DbErr> {
    contributions(Enrollments::scoped(Scope::School(school))).filter(C::CourseId.eq(course)).into_model().all(db).await
}

/// Whose roll-up to read.
#[derive(Debug, Clone, Copy)]
pub enum Holder {
    /// All learners of the school.
    School,
    /// All learners of a course.
    Course(CourseId),
    /// Those in a group.
    Group(GroupId),
}

/// How far learners are, course by course, to the last completion; deleted courses are left out. One query.
pub async fn read(
    db: &impl ConnectionTrait,
    school: SchoolId,
    holder: Holder,
) -> Result<BTreeMap<CourseId, Tally>, DbErr> {
    let scope = Scope::School(school);
    let mut counted = Entity::scoped(scope).filter(Column::CourseId.not_in_subquery(deleted_courses(scope)));
    let mut rest = uncounted(scope).filter(C::CourseId.not_in_subquery(deleted_courses(scope)));
    match holder {
        Holder::School => counted = counted.filter(Column::HolderId.eq(school.uuid())),
        Holder::Course(course) => {
            counted = counted.filter(Column::HolderId.eq(school.uuid())).filter(Column::CourseId.eq(course));
            rest = rest.filter(C::CourseId.eq(course));
        }
        Holder::Group(group) => {
            counted = counted.filter(Column::HolderId.eq(group.uuid()));
            rest = rest.filter(C::UserId.in_subquery(members(scope, group)));
        }
    }
    let difference = |present: &str, counted: &str| -> SimpleExpr { Expr::cust(format!("SUM({present} - {counted})")) };
    let rest = rest
        .select_only()
        .column(C::CourseId)
        .column_as(difference(LEARNS, "counted_learners"), "learners")
        .column_as(difference(DONE, "counted_done"), "done")
        .column_as(difference(COMPLETED, "counted_completed"), "completed")
        .group_by(C::CourseId);
    let columns = [Column::CourseId, Column::Learners, Column::Done, Column::Completed];
    let mut both = counted.select_only().columns(columns);
    // In one statement: what moves from one to the other meanwhile is seen in exactly one of them.
    QuerySelect::query(&mut both).union(UnionType::All, rest.into_query());
    let rows: Vec<(CourseId, i64, i64, i64)> = both.into_tuple().all(db).await?;
    let mut tallies: BTreeMap<CourseId, Tally> = BTreeMap::new();
    for (course, learners, done, completed) in rows {
        *tallies.entry(course).or_default() += Tally { learners, done, completed };
    }
    Ok(tallies)
}

fn members(scope: Scope, group: GroupId) -> SelectStatement {
    use progress_group::{Column, Entity};
    Entity::scoped(scope).select_only().column(Column::UserId).filter(Column::GroupId.eq(group)).into_query()
}

fn deleted_courses(scope: Scope) -> SelectStatement {
    settings::Entity::scoped(scope)
        .select_only()
        .column(settings::Column::CourseId)
        .filter(settings::Column::CourseDeleted.eq(true))
        .into_query()
}

/// The plans of some courses that have one.
pub async fn plans(
    db: &impl ConnectionTrait,
    school: SchoolId,
    courses: &[CourseId],
) -> Result<Vec<course_plan::Model>, DbErr> {
    course_plan::Entity::scoped(Scope::School(school))
        .filter(course_plan::Column::CourseId.is_in(courses.iter().copied()))
        .all(db)
        .await
}

/// Counts somebody in a group from now on, or no more.
pub async fn count_in(
    db: &impl ConnectionTrait,
    (school_id, user_id): (SchoolId, UserId),
    group_id: GroupId,
    counted: bool,
) -> Result<(), DbErr> {
    use progress_group::{Column, Entity, Model};
    if counted {
        return Entity::add(db, [Model { school_id, group_id, user_id }]).await;
    }
    Entity::scoped_delete(Scope::School(school_id))
        .filter(Column::GroupId.eq(group_id))
        .filter(Column::UserId.eq(user_id))
        .exec(db)
        .await?;
    Ok(())
}

/// Counts in all groups of a school those who are in them, and nobody else.
pub async fn regroup(
    db: &impl ConnectionTrait,
    school_id: SchoolId,
    members: Vec<(GroupId, UserId)>,
) -> Result<(), DbErr> {
    use progress_group::{Entity, Model};
    Entity::scoped_delete(Scope::School(school_id)).exec(db).await?;
    let rows = members.into_iter().map(|(group_id, user_id)| Model { school_id, group_id, user_id });
    Entity::add(db, rows.collect::<Vec<_>>()).await
}

/// The courses of all schools, or of one, that anybody was ever enrolled in.
pub async fn courses(db: &impl ConnectionTrait, scope: Scope) -> Result<Vec<(SchoolId, CourseId)>, DbErr> {
    Enrollments::scoped(scope)
        .select_only()
        .columns([C::SchoolId, C::CourseId])
        .distinct()
        .order_by_asc(C::SchoolId)
        .order_by_asc(C::CourseId)
        .into_tuple()
        .all(db)
        .await
}
