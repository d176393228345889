//! Queries on ratings.

use std::collections::BTreeSet;

use lyceum_kernel::{CourseId, PageRequest, SchoolId, Scope, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel as _,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::error::CourseError;
use crate::model::rating::{Column, Entity, Model, RatingId};
use crate::model::{ScopedTable, course};

/// A rating that was not deleted.
pub async fn find(db: &impl ConnectionTrait, scope: Scope, id: RatingId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(scope).filter(Column::Id.eq(id)).filter(Column::DeletedAt.is_null()).one(db).await
}

/// A rating, deleted or not. Who is to change it holds its course.
pub async fn any(db: &impl ConnectionTrait, school: SchoolId, id: RatingId) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school)).filter(Column::Id.eq(id)).one(db).await
}

/// Somebody's rating of a course.
pub async fn of_person(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    user: UserId,
) -> Result<Option<Model>, DbErr> {
    Entity::scoped(Scope::School(school))
        .filter(Column::CourseId.eq(course))
        .filter(Column::UserId.eq(user))
        .filter(Column::DeletedAt.is_null())
        .one(db)
        .await
}

/// Which ratings of a course to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that are there.
    Living,
    /// Those that were deleted: of one person, or of all.
    Deleted(Option<UserId>),
}

/// One page of the ratings of a course, oldest first, and how many there are if that was asked.
pub async fn page(
    db: &impl ConnectionTrait,
    (school, course): (SchoolId, CourseId),
    which: Which,
    request: &PageRequest,
) -> Result<(Vec<Model>, Option<u64>), DbErr> {
    let all = Entity::scoped(Scope::School(school)).filter(Column::CourseId.eq(course));
    let all = match which {
        Which::Living => all.filter(Column::DeletedAt.is_null()),
        Which::Deleted(None) => all.filter(Column::DeletedAt.is_not_null()),
        Which::Deleted(Some(user)) => all.filter(Column::DeletedAt.is_not_null()).filter(Column::UserId.eq(user)),
    };
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(Column::Id.gt(RatingId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// Inserts a rating.
pub async fn insert(db: &impl ConnectionTrait, row: &Model) -> Result<(), CourseError> {
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Adds to the number of a course's ratings and to the sum of their stars.
pub async fn count(
    db: &impl ConnectionTrait,
    (school, id): (SchoolId, CourseId),
    more: i64,
    stars: i64,
) -> Result<(), DbErr> {
    use course::Column as C;
    course::Entity::scoped_update(Scope::School(school))
        .col_expr(C::RatingCount, Expr::col(C::RatingCount).add(more))
        .col_expr(C::RatingSum, Expr::col(C::RatingSum).add(stars))
        .filter(C::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Somebody's ratings in all schools, deleted or not.
pub async fn all_of_person(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Model>, DbErr> {
    Entity::scoped(Scope::Platform).filter(Column::UserId.eq(user)).order_by_asc(Column::Id).all(db).await
}

/// Takes the words out of somebody's ratings in all schools; the stars stay, for the mean.
pub async fn forget_words(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<CourseId>, DbErr> {
    let rows = all_of_person(db, user).await?;
    Entity::scoped_update(Scope::Platform)
        .col_expr(Column::Comment, Expr::value(None::<String>))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::UserId.eq(user))
        .filter(Column::Comment.is_not_null())
        .exec(db)
        .await?;
    let courses: BTreeSet<_> = rows.iter().map(|row| row.course_id).collect();
    Ok(courses.into_iter().collect())
}
