//! Queries on courses, their tags and teachers.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, Cursor, FileId, PageRequest, SchoolId, Scope, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel as _, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use crate::error::CourseError;
use crate::model::course::{Column, Entity, Model, Status, Visibility};
use crate::model::{ScopedTable, course_tag, course_teacher, fold};
use crate::policy::Viewer;

/// Which courses to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// For these; for anybody if empty.
    pub visibility: Vec<Visibility>,
    /// In this status.
    pub status: Option<Status>,
    /// Only those that the viewer takes part in.
    pub enrolled: bool,
    /// Owned or taught by somebody.
    pub teacher: Option<UserId>,
    /// With this tag.
    pub tag: Option<String>,
    /// Of this level.
    pub level: Option<String>,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sorting {
    /// By title; else by creation, which is the order of ids.
    pub by_title: bool,
    /// Backwards.
    pub descending: bool,
}

impl Sorting {
    /// The place just behind a course.
    pub fn cursor(self, course: &Model) -> Cursor {
        let key = if self.by_title { course.title_key.clone() } else { String::new() };
        Cursor { id: course.id.uuid(), key: key.into_bytes() }
    }
}

/// The scope in which the rows that a viewer may see are found: without a school, what is public is in all of them.
pub const fn reach(viewer: &Viewer) -> Scope {
    match viewer.scope {
        Scope::School(school) => Scope::School(school),
        Scope::Platform | Scope::None => Scope::Platform,
    }
}

/// A course that was not deleted.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: CourseId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).filter(Column::DeletedAt.is_null()).one(db).await
}

/// A course, deleted or not, locked until the transaction ends: whoever changes anything in it holds it.
pub async fn find_locked(db: &impl ConnectionTrait, school: SchoolId, id: CourseId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Those of some courses that the viewer may see, in no order.
pub async fn find_many(db: &impl ConnectionTrait, scope: Scope, ids: &[CourseId]) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// What [`Viewer::sees`] says of one course, for a list of them. `enrolled` are the courses they take part in.
fn visible(viewer: &Viewer, enrolled: &[CourseId]) -> Condition {
    let open = || Condition::all().add(Column::Status.eq(Status::Published));
    match viewer.scope {
        Scope::None => open().add(Column::Visibility.eq(Visibility::Public)).add(Column::Offered.eq(true)),
        Scope::Platform if viewer.reads => Condition::all(),
        Scope::Platform => Condition::all().add(Expr::val(1).eq(0)),
        Scope::School(_) if viewer.manages => Condition::all(),
        Scope::School(_) => {
            let mut kinds = vec![Visibility::Public];
            if viewer.reads {
                kinds.push(Visibility::Member);
            }
            let mut any = Condition::any()
                .add(open().add(Column::Visibility.is_in(kinds)))
                .add(Column::Id.in_subquery(taught_by(viewer.scope, viewer.user)));
            if !enrolled.is_empty() {
                let attended = Condition::all()
                    .add(Column::Id.is_in(enrolled.iter().copied()))
                    .add(Column::Status.ne(Status::Draft));
                any = any.add(attended);
            }
            any
        }
    }
}

fn taught_by(scope: Scope, user: UserId) -> sea_orm::sea_query::SelectStatement {
    course_teacher::Entity::scoped(scope)
        .select_only()
        .column(course_teacher::Column::CourseId)
        .filter(course_teacher::Column::UserId.eq(user))
        .into_query()
}

/// The courses, not deleted, that have one of these ids or case-folded codes.
pub async fn named(
    db: &impl ConnectionTrait,
    scope: Scope,
    ids: &[CourseId],
    codes: &[String],
) -> Result<Vec<Model>, DbErr> {
    let any = Condition::any()
        .add(Column::Id.is_in(ids.iter().copied()))
        .add(Column::CodeKey.is_in(codes.iter().map(String::as_str)));
    Entity::scoped(scope).filter(any).filter(Column::DeletedAt.is_null()).all(db).await
}

/// The courses, not deleted, that somebody owns or teaches.
pub async fn taught(db: &impl ConnectionTrait, scope: Scope, user: UserId) -> Result<Vec<CourseId>, DbErr> {
    Entity::scoped(scope)
        .filter(Column::Id.in_subquery(taught_by(scope, user)))
        .filter(Column::DeletedAt.is_null())
        .select_only()
        .column(Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// The courses that match and that the viewer sees; of the deleted ones, those that they may restore.
fn matching(viewer: &Viewer, enrolled: &[CourseId], filter: &Filter) -> Select<Entity> {
    let scope = reach(viewer);
    let mut select = Entity::scoped(scope);
    if filter.deleted {
        select = select.filter(Column::DeletedAt.is_not_null());
        if !viewer.manages {
            select = select.filter(Column::Id.in_subquery(taught_by(viewer.scope, viewer.user)));
        }
    } else {
        select = select.filter(Column::DeletedAt.is_null()).filter(visible(viewer, enrolled));
    }
    if !filter.visibility.is_empty() {
        select = select.filter(Column::Visibility.is_in(filter.visibility.iter().copied()));
    }
    if let Some(status) = filter.status {
        select = select.filter(Column::Status.eq(status));
    }
    if filter.enrolled {
        select = select.filter(Column::Id.is_in(enrolled.iter().copied()));
    }
    if let Some(teacher) = filter.teacher {
        select = select.filter(Column::Id.in_subquery(taught_by(scope, teacher)));
    }
    if let Some(tag) = &filter.tag {
        let tagged = course_tag::Entity::scoped(scope)
            .select_only()
            .column(course_tag::Column::CourseId)
            .filter(course_tag::Column::Tag.eq(fold(tag)))
            .into_query();
        select = select.filter(Column::Id.in_subquery(tagged));
    }
    if let Some(level) = &filter.level {
        select = select.filter(Column::Level.eq(level.as_str()));
    }
    if let Some(since) = filter.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since));
    }
    select
}

/// One page of the courses that a viewer sees, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    (viewer, enrolled): (&Viewer, &[CourseId]),
    filter: &Filter,
    sorting: Sorting,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let total = if request.total { Some(matching(viewer, enrolled, filter).count(db).await?) } else { None };
    let order = if sorting.descending { Order::Desc } else { Order::Asc };
    let mut rows = matching(viewer, enrolled, filter).limit(request.fetch());
    if sorting.by_title {
        rows = rows.order_by(Column::TitleKey, order.clone());
    }
    rows = rows.order_by(Column::Id, order);
    if let Some(cursor) = &request.cursor {
        rows = rows.filter(behind(cursor, sorting));
    }
    Ok((rows.all(db).await?, total))
}

/// Which of some courses match and are seen by the viewer.
pub async fn seen_among(
    db: &impl ConnectionTrait,
    (viewer, enrolled): (&Viewer, &[CourseId]),
    filter: &Filter,
    ids: &[CourseId],
) -> Result<Vec<CourseId>, DbErr> {
    matching(viewer, enrolled, filter)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .select_only()
        .column(Column::Id)
        .into_tuple()
        .all(db)
        .await
}

fn behind(cursor: &Cursor, sorting: Sorting) -> Condition {
    let id = CourseId(cursor.id);
    let beyond_id = if sorting.descending { Column::Id.lt(id) } else { Column::Id.gt(id) };
    if !sorting.by_title {
        return Condition::all().add(beyond_id);
    }
    // A cursor is only ever a place: whatever its key says, the rows beyond it are well defined.
    let key = String::from_utf8_lossy(&cursor.key).replace('\0', "");
    let beyond = if sorting.descending { Column::TitleKey.lt(&key) } else { Column::TitleKey.gt(&key) };
    Condition::any().add(beyond).add(Condition::all().add(Column::TitleKey.eq(key)).add(beyond_id))
}

/// Inserts a course with its tags and teachers.
pub async fn insert(db: &impl ConnectionTrait, course: &Model) -> Result<(), CourseError> {
    Entity::insert(course.clone().into_active_model().reset_all()).exec_without_returning(db).await?;
    file_under(db, course).await
}

/// Writes the tags and teachers of a course as its row has them.
pub async fn file_under(db: &impl ConnectionTrait, course: &Model) -> Result<(), CourseError> {
    let (scope, school_id, course_id) = (Scope::School(course.school_id), course.school_id, course.id);
    course_tag::Entity::scoped_delete(scope).filter(course_tag::Column::CourseId.eq(course_id)).exec(db).await?;
    let tags = course.tags.0.iter().map(|tag| course_tag::Model { school_id, course_id, tag: fold(tag) });
    course_tag::Entity::add(db, tags.collect::<Vec<_>>()).await?;
    course_teacher::Entity::scoped_delete(scope)
        .filter(course_teacher::Column::CourseId.eq(course_id))
        .exec(db)
        .await?;
    let mut people: Vec<_> = std::iter::once(course.owner_id).chain(course.teacher_ids.0.iter().copied()).collect();
    people.sort_unstable();
    people.dedup();
    let people = people.into_iter().map(|user_id| course_teacher::Model { school_id, course_id, user_id });
    course_teacher::Entity::add(db, people.collect::<Vec<_>>()).await?;
    Ok(())
}

/// Says whether strangers may see what is public of a school.
pub async fn offer(db: &impl ConnectionTrait, school: SchoolId, offered: bool) -> Result<Vec<CourseId>, DbErr> {
    let scope = Scope::School(school);
    Entity::scoped_update(scope).col_expr(Column::Offered, Expr::value(offered)).exec(db).await?;
    Entity::scoped(scope)
        .filter(Column::Visibility.eq(Visibility::Public))
        .select_only()
        .column(Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// The courses, deleted or not, that somebody owns or teaches, in all schools: for the export of personal data.
pub async fn of_person(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform)
        .filter(Column::Id.in_subquery(taught_by(Scope::Platform, user)))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Something beneath a course changed: its outline's version rises.
pub async fn touch(db: &impl ConnectionTrait, school: SchoolId, id: CourseId) -> Result<(), DbErr> {
    Entity::scoped_update(Scope::School(school))
        .col_expr(Column::OutlineVersion, Expr::col(Column::OutlineVersion).add(1))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// The courses, not deleted, with this picture on their cover.
pub async fn covered_by(db: &impl ConnectionTrait, scope: Scope, file: FileId) -> Result<Vec<CourseId>, DbErr> {
    Entity::scoped(scope)
        .filter(Column::CoverFileId.eq(file))
        .filter(Column::DeletedAt.is_null())
        .limit(20)
        .select_only()
        .column(Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// Whether a file is on the cover of a course, deleted or not.
pub async fn any_holds(db: &impl ConnectionTrait, school: SchoolId, file: FileId) -> Result<bool, DbErr> {
    let found = Entity::scoped(Scope::School(school)).filter(Column::CoverFileId.eq(file)).limit(1);
    let found: Option<CourseId> = found.select_only().column(Column::Id).into_tuple().one(db).await?;
    Ok(found.is_some())
}
