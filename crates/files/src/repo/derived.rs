//! Queries on what is made of files: smaller copies, texts.

use lyceum_kernel::{FileId, SchoolId, Scope};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use uuid::Uuid;

use crate::model::{ScopedTable as _, text, variant};

/// One copy of a picture.
pub async fn variant(
    db: &impl ConnectionTrait,
    (school, file): (SchoolId, FileId),
    kind: variant::Kind,
) -> Result<Option<variant::Model>, DbErr> {
    variant::Entity::scoped(Scope::School(school))
        .filter(variant::Column::FileId.eq(file))
        .filter(variant::Column::Kind.eq(kind))
        .one(db)
        .await
}

/// All copies of some files.
pub async fn variants(
    db: &impl ConnectionTrait,
    scope: Scope,
    files: impl IntoIterator<Item = FileId>,
) -> Result<Vec<variant::Model>, DbErr> {
    variant::Entity::scoped(scope).filter(variant::Column::FileId.is_in(files)).all(db).await
}

/// Keeps a copy. False if there was one already, which stays.
pub async fn insert_variant(db: &impl ConnectionTrait, row: variant::Model) -> Result<bool, DbErr> {
    let stay = OnConflict::new().do_nothing().to_owned();
    let row = row.into_active_model().reset_all();
    match variant::Entity::insert(row).on_conflict(stay).exec_without_returning(db).await {
        Ok(0) | Err(DbErr::RecordNotInserted) => Ok(false),
        Ok(_) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Which of a school's objects are copies.
pub async fn known_objects(db: &impl ConnectionTrait, school: SchoolId, objects: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
    let rows = variant::Entity::scoped(Scope::School(school))
        .filter(variant::Column::ObjectId.is_in(objects.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.object_id).collect())
}

/// The text of a file.
pub async fn text(db: &impl ConnectionTrait, school: SchoolId, file: FileId) -> Result<Option<text::Model>, DbErr> {
    text::Entity::scoped(Scope::School(school)).filter(text::Column::FileId.eq(file)).one(db).await
}

/// Keeps a text in place of an earlier one.
pub async fn put_text(db: &impl ConnectionTrait, row: text::Model) -> Result<(), DbErr> {
    let (school, file) = (row.school_id, row.file_id);
    let old = text::Entity::scoped_delete(Scope::School(school)).filter(text::Column::FileId.eq(file));
    old.exec(db).await?;
    text::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}
