//! Full-text search: the one place where the two databases differ.

use std::fmt::Write as _;

use lyceum_kernel::{BlockId, CourseId, SchoolId, Scope, SectionId, UserId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, Set, Statement, Value,
};
use uuid::Uuid;

use super::languages::LANGUAGES;
use crate::model::ScopedTable;
use crate::model::course_search::{ActiveModel, Column, Entity, Kind};

/// Documents that are ranked at most.
const CANDIDATES: i64 = 5_000;
/// Answers to one search at most.
pub const MOST: usize = 1_000;
/// Bytes of one document at most: PostgreSQL keeps a megabyte of positions.
const LONGEST: usize = 400_000;

/// A document to be found.
#[derive(Debug, Clone)]
pub struct Document {
    /// The school.
    pub school: SchoolId,
    /// What it is about.
    pub kind: Kind,
    /// The course, section or block.
    pub target: Uuid,
    /// The course it is in.
    pub course: CourseId,
    /// The section it is in or about.
    pub section: Option<SectionId>,
    /// The block it is about.
    pub block: Option<BlockId>,
    /// The text search configuration.
    pub language: &'static str,
    /// Words that weigh more.
    pub title: String,
    /// All other words.
    pub body: String,
    /// Behind a release rule.
    pub restricted: bool,
}

/// Writes documents, in the place of what there was about the same.
pub async fn write(db: &impl ConnectionTrait, documents: Vec<Document>) -> Result<(), DbErr> {
    for document in documents {
        let Document { school, kind, target, course, section, block, language, title, mut body, restricted } = document;
        body.truncate(body.floor_char_boundary(LONGEST));
        let row = ActiveModel {
            seq: sea_orm::NotSet,
            school_id: Set(school),
            kind: Set(kind),
            target_id: Set(target),
            course_id: Set(course),
            section_id: Set(section),
            block_id: Set(block),
            language: Set(language.to_owned()),
            title: Set(title.replace('\0', " ")),
            body: Set(body.replace('\0', " ")),
            restricted: Set(restricted),
            deletion_id: Set(None),
        };
        let replace = OnConflict::columns([Column::SchoolId, Column::TargetId, Column::Kind])
            .update_columns([Column::SectionId, Column::Language, Column::Title, Column::Body, Column::Restricted])
            .to_owned();
        Entity::insert(row).on_conflict(replace).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Forgets the text of the file in a block.
pub async fn forget_file(db: &impl ConnectionTrait, school: SchoolId, block: BlockId) -> Result<(), DbErr> {
    Entity::scoped_delete(Scope::School(school))
        .filter(Column::TargetId.eq(block.uuid()))
        .filter(Column::Kind.eq(Kind::File))
        .exec(db)
        .await?;
    Ok(())
}

/// Where a block is, and whether it is behind a release rule, for the text of its file as well.
pub async fn place_file(
    db: &impl ConnectionTrait,
    school: SchoolId,
    block: BlockId,
    section: SectionId,
    restricted: bool,
) -> Result<(), DbErr> {
    use sea_orm::sea_query::Expr;
    Entity::scoped_update(Scope::School(school))
        .col_expr(Column::SectionId, Expr::value(section))
        .col_expr(Column::Restricted, Expr::value(restricted))
        .filter(Column::TargetId.eq(block.uuid()))
        .filter(Column::Kind.eq(Kind::File))
        .exec(db)
        .await?;
    Ok(())
}

/// Says that some documents of a school are in another language than they were; how many. Their words are looked at anew.
pub async fn relearn(db: &impl ConnectionTrait, school: SchoolId, language: &str, limit: u64) -> Result<u64, DbErr> {
    use sea_orm::QuerySelect;
    use sea_orm::sea_query::Expr;
    let scope = Scope::School(school);
    let other: Vec<i64> = Entity::scoped(scope)
        .filter(Column::Language.ne(language))
        .limit(limit)
        .select_only()
        .column(Column::Seq)
        .into_tuple()
        .all(db)
        .await?;
    if !other.is_empty() {
        Entity::scoped_update(scope)
            .col_expr(Column::Language, Expr::value(language))
            .filter(Column::Seq.is_in(other.iter().copied()))
            .exec(db)
            .await?;
    }
    Ok(other.len() as u64)
}

/// What is searched, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Whose documents; of all schools with [`Scope::Platform`].
    pub scope: Scope,
    /// Only in this course.
    pub course: Option<CourseId>,
    /// What somebody typed.
    pub text: &'a str,
    /// The school's text search configuration.
    pub language: &'static str,
    /// What is behind a release rule is found by whoever teaches the course, and by those who run the school (none).
    pub unless_taught_by: Option<UserId>,
}

/// A course, and how well it answers.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Ranked {
    /// The course.
    pub course_id: CourseId,
    /// The more the better.
    pub rank: f64,
}

/// A document, and how well it answers.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Hit {
    /// Its number.
    pub seq: i64,
    /// What it is about.
    pub kind: Kind,
    /// The section it is in.
    pub section_id: Option<SectionId>,
    /// The block it is about.
    pub block_id: Option<BlockId>,
    /// Its title.
    pub title: String,
    /// Whether it is behind a release rule.
    pub restricted: bool,
    /// The more the better.
    pub rank: f64,
}

/// The courses that answer best, best first.
pub async fn courses(db: &impl ConnectionTrait, question: Question<'_>) -> Result<Vec<Ranked>, DbErr> {
    let Some((candidates, mut values)) = candidates(db.get_database_backend(), question) else { return Ok(Vec::new()) };
    values.push(i64::try_from(MOST).unwrap_or(i64::MAX).into());
    let sql = format!(
        "SELECT course_id, MAX(rank) AS rank FROM ({candidates}) AS found GROUP BY course_id \
         ORDER BY rank DESC, course_id LIMIT ${}",
        values.len()
    );
    answer(db, sql, values).await
}

/// The documents that answer best, best first.
pub async fn documents(db: &impl ConnectionTrait, question: Question<'_>) -> Result<Vec<Hit>, DbErr> {
    let Some((candidates, mut values)) = candidates(db.get_database_backend(), question) else { return Ok(Vec::new()) };
    values.push(i64::try_from(MOST).unwrap_or(i64::MAX).into());
    let sql = format!("SELECT * FROM ({candidates}) AS found ORDER BY rank DESC, seq LIMIT ${}", values.len());
    answer(db, sql, values).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "full text has no builder; every value is bound, and the school among them"
)]
async fn answer<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    sql: String,
    values: Vec<Value>,
) -> Result<Vec<T>, DbErr> {
    let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    rows.iter().map(|row| T::from_query_result(row, "")).collect()
}

/// The words of documents by their numbers, for what is shown of them.
pub async fn bodies(db: &impl ConnectionTrait, school: SchoolId, seqs: &[i64]) -> Result<Vec<(i64, String)>, DbErr> {
    use sea_orm::QuerySelect;
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    Entity::scoped(Scope::School(school))
        .filter(Column::Seq.is_in(seqs.iter().copied()))
        .select_only()
        .column(Column::Seq)
        .column(Column::Body)
        .into_tuple()
        .all(db)
        .await
}

/// A statement that finds at most [`CANDIDATES`] documents with their rank, and its values; none if there is nothing to look for.
///
/// This is where the databases differ. PostgreSQL looks into a GIN index over `tsvector`s; `websearch_to_tsquery` understands what
/// people type. SQLite looks into an FTS5 index, which wants each word in quotation marks so that none is an operator; its
/// `CROSS JOIN` says what comes first.
fn candidates(backend: DbBackend, question: Question<'_>) -> Option<(String, Vec<Value>)> {
    let words = words(question.text);
    if words.is_empty() {
        return None;
    }
    let mut places = Vec::new();
    if let Scope::School(school) = question.scope {
        places.push(format!("s{}", school.uuid().simple()));
    }
    if let Some(course) = question.course {
        places.push(format!("c{}", course.uuid().simple()));
    }
    let columns = "s.seq, s.kind, s.course_id, s.section_id, s.block_id, s.title, s.restricted";
    let mut values: Vec<Value> = Vec::new();
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let from = if backend == DbBackend::Postgres {
        let text = bind(question.text.replace('\0', " ").into());
        let asked: Vec<_> = if places.is_empty() {
            LANGUAGES.iter().map(|(_, name)| *name).chain(["simple"]).collect()
        } else {
            vec![question.language]
        };
        let asked = asked.iter().map(|name| format!("websearch_to_tsquery('{name}', {text}::text)"));
        let asked = asked.collect::<Vec<_>>().join(" || ");
        let place = places.join(" & ");
        let place = if place.is_empty() { String::new() } else { format!(" && {}::tsquery", bind(place.into())) };
        format!(
            "SELECT {columns}, ts_rank(s.document, q.words, 1)::float8 AS rank FROM (SELECT w AS words, \
             CASE WHEN numnode(w) > 0 THEN w{place} END AS place FROM (SELECT {asked} AS w) AS a) AS q \
             JOIN course_search AS s ON s.document @@ q.place"
        )
    } else {
        let asked: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let mut asked = format!("{{title body}} : ({})", asked.join(" "));
        for place in &places {
            asked = format!("place : \"{place}\" AND ({asked})");
        }
        let limit = CANDIDATES;
        format!(
            "SELECT {columns}, -f.score AS rank FROM (SELECT rowid, bm25(course_search_fts, 0.0, 8.0, 1.0) AS score \
             FROM course_search_fts WHERE course_search_fts MATCH {} LIMIT {limit}) AS f \
             CROSS JOIN course_search AS s ON s.seq = f.rowid",
            bind(asked.into())
        )
    };
    let mut sql = format!("{from} WHERE s.deletion_id IS NULL");
    if let Scope::School(school) = question.scope {
        let _ = write!(sql, " AND s.school_id = {}", bind(school.into()));
    }
    if let Some(user) = question.unless_taught_by {
        let _ = write!(
            sql,
            " AND (NOT s.restricted OR EXISTS (SELECT 1 FROM course_teachers t WHERE t.school_id = s.school_id AND \
             t.course_id = s.course_id AND t.user_id = {}))",
            bind(user.into())
        );
    }
    let _ = write!(sql, " LIMIT {CANDIDATES}");
    Some((sql, values))
}

/// The words in what somebody typed: at most sixteen.
pub fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(16).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_words() {
        assert_eq!(
            words("light OR \"dark\" NEAR(x, 2) title:y -z*"),
            ["light", "OR", "dark", "NEAR", "x", "2", "title", "y", "z"]
        );
        assert!(words(" \"*-(): ").is_empty());
    }
}
