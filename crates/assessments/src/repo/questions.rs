//! Queries on banks, questions and revisions.

use chrono::{DateTime, Utc};
use lyceum_kernel::{PageRequest, SchoolId, Scope, UserId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use crate::model::bank::{self, BankId};
use crate::model::question::{self, QuestionId};
use crate::model::{ScopedTable, fold, question_tag, revision};
use crate::policy::BankViewer;

/// A bank, deleted or not.
pub async fn any_bank(db: &impl ConnectionTrait, scope: Scope, id: BankId) -> Result<Option<bank::Model>, DbErr> {
    bank::Entity::scoped(scope).filter(bank::Column::Id.eq(id)).one(db).await
}

/// A bank, deleted or not, held until the transaction ends: whoever changes its questions holds it.
pub async fn hold_bank(db: &impl ConnectionTrait, school: SchoolId, id: BankId) -> Result<Option<bank::Model>, DbErr> {
    bank::Entity::scoped(Scope::School(school)).filter(bank::Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Which banks to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct BankQuery {
    /// Of this person.
    pub owner: Option<UserId>,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// One page of the banks that a viewer sees (of the deleted ones, may restore), oldest first.
pub async fn bank_page(
    db: &impl ConnectionTrait,
    viewer: &BankViewer,
    query: BankQuery,
    request: &PageRequest,
) -> Result<(Vec<bank::Model>, Option<u64>), DbErr> {
    use bank::Column as C;
    let mut all = bank::Entity::scoped(viewer.scope).filter(C::TestId.is_null());
    all = all.filter(if query.deleted { C::DeletedAt.is_not_null() } else { C::DeletedAt.is_null() });
    if !viewer.sees_all() {
        let own = Condition::any().add(C::OwnerId.eq(viewer.user));
        all = all.filter(if query.deleted { own } else { own.add(C::Shared.eq(true)) });
    }
    if let Some(owner) = query.owner {
        all = all.filter(C::OwnerId.eq(owner));
    }
    if let Some(since) = query.updated_since {
        all = all.filter(C::UpdatedAt.gte(since));
    }
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(C::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(C::Id.gt(BankId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// A question, deleted or not.
pub async fn any_question(
    db: &impl ConnectionTrait,
    scope: Scope,
    id: QuestionId,
) -> Result<Option<question::Model>, DbErr> {
    question::Entity::scoped(scope).filter(question::Column::Id.eq(id)).one(db).await
}

/// Which questions to list.
#[derive(Debug, Clone, Default)]
pub struct QuestionQuery {
    /// Of this type.
    pub kind: Option<&'static str>,
    /// With this tag.
    pub tag: Option<String>,
    /// Of this difficulty.
    pub difficulty: Option<i16>,
    /// The deleted ones in place of the others.
    pub deleted: bool,
    /// Only those that changed since.
    pub updated_since: Option<DateTime<Utc>>,
}

/// The questions of a bank that match.
pub fn matching(school: SchoolId, bank: BankId, query: &QuestionQuery) -> Select<question::Entity> {
    use question::Column as C;
    let scope = Scope::School(school);
    let mut all = question::Entity::scoped(scope).filter(C::BankId.eq(bank));
    all = all.filter(if query.deleted { C::DeletedAt.is_not_null() } else { C::DeletedAt.is_null() });
    if let Some(kind) = query.kind {
        all = all.filter(C::Kind.eq(kind));
    }
    if let Some(tag) = &query.tag {
        let tagged = question_tag::Entity::scoped(scope)
            .select_only()
            .column(question_tag::Column::QuestionId)
            .filter(question_tag::Column::Tag.eq(fold(tag)))
            .into_query();
        all = all.filter(C::Id.in_subquery(tagged));
    }
    if let Some(difficulty) = query.difficulty {
        all = all.filter(C::Difficulty.eq(difficulty));
    }
    if let Some(since) = query.updated_since {
        all = all.filter(C::UpdatedAt.gte(since));
    }
    all
}

/// One page of the questions of a bank, oldest first.
pub async fn question_page(
    db: &impl ConnectionTrait,
    (school, bank): (SchoolId, BankId),
    query: &QuestionQuery,
    request: &PageRequest,
) -> Result<(Vec<question::Model>, Option<u64>), DbErr> {
    let all = matching(school, bank, query);
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(question::Column::Id).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        page = page.filter(question::Column::Id.gt(QuestionId(cursor.id)));
    }
    Ok((page.all(db).await?, total))
}

/// All questions of a bank that were not deleted, oldest first.
pub async fn all(db: &impl ConnectionTrait, school: SchoolId, bank: BankId) -> Result<Vec<question::Model>, DbErr> {
    matching(school, bank, &QuestionQuery::default()).order_by_asc(question::Column::Id).all(db).await
}

/// How many questions of a bank were not deleted.
pub async fn count(db: &impl ConnectionTrait, school: SchoolId, bank: BankId) -> Result<u64, DbErr> {
    matching(school, bank, &QuestionQuery::default()).count(db).await
}

/// One page of the revisions of a question, oldest first.
pub async fn revision_page(
    db: &impl ConnectionTrait,
    (school, id): (SchoolId, QuestionId),
    request: &PageRequest,
) -> Result<(Vec<revision::Model>, Option<u64>), DbErr> {
    use revision::Column as C;
    let all = revision::Entity::scoped(Scope::School(school)).filter(C::QuestionId.eq(id));
    let total = if request.total { Some(all.clone().count(db).await?) } else { None };
    let mut page = all.order_by_asc(C::Number).limit(request.fetch());
    if let Some(cursor) = &request.cursor {
        let after = <[u8; 4]>::try_from(cursor.key.as_slice()).map_or(0, i32::from_be_bytes);
        page = page.filter(C::Number.gt(after));
    }
    Ok((page.all(db).await?, total))
}

/// Inserts questions with their first, or present, revisions and their tags.
pub async fn insert(db: &impl ConnectionTrait, rows: &[question::Model], author: UserId) -> Result<(), DbErr> {
    question::Entity::add(db, rows.to_vec()).await?;
    revision::Entity::add(db, rows.iter().map(|row| as_revision(row, author)).collect::<Vec<_>>()).await?;
    question_tag::Entity::add(db, rows.iter().flat_map(tags).collect::<Vec<_>>()).await
}

/// Writes the present revision of a question.
pub async fn insert_revision(db: &impl ConnectionTrait, row: &question::Model, author: UserId) -> Result<(), DbErr> {
    revision::Entity::add(db, [as_revision(row, author)]).await
}

/// Files a question anew.
pub async fn retag(db: &impl ConnectionTrait, row: &question::Model) -> Result<(), DbErr> {
    question_tag::Entity::scoped_delete(Scope::School(row.school_id))
        .filter(question_tag::Column::QuestionId.eq(row.id))
        .exec(db)
        .await?;
    question_tag::Entity::add(db, tags(row)).await
}

fn as_revision(row: &question::Model, author_id: UserId) -> revision::Model {
    revision::Model {
        school_id: row.school_id,
        question_id: row.id,
        number: row.revision,
        content: row.content.clone(),
        points: row.points,
        author_id,
        created_at: row.updated_at,
    }
}

fn tags(row: &question::Model) -> Vec<question_tag::Model> {
    let (school_id, question_id) = (row.school_id, row.id);
    row.tags.0.iter().map(|tag| question_tag::Model { school_id, question_id, tag: fold(tag) }).collect()
}
