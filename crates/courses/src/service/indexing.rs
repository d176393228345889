//! What the search finds: documents written in the transaction of what they are about, and the text of files by a job.

use lyceum_kernel::{ErrorKind, FileId, SchoolId, ServiceError as _};
use lyceum_platform::jobs::NewJob;
use lyceum_platform::uow::Tx;
use serde::{Deserialize, Serialize};

use super::CoursesService;
use crate::consumers::INDEX_FILE;
use crate::error::CourseError;
use crate::markdown;
use crate::model::course_search::Kind;
use crate::model::{block, course, section};
use crate::repo::search::{self, Document};
use crate::repo::{content, languages};

/// A file whose text is to be found: the payload of the job, and of the event that there is text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileToIndex {
    /// The school.
    pub school_id: SchoolId,
    /// The file.
    pub file_id: FileId,
}

fn words<'a>(parts: impl IntoIterator<Item = Option<&'a str>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// The document of a course.
fn of_course(row: &course::Model, language: &'static str) -> Document {
    let mut parts = vec![row.description.as_deref(), row.code.as_deref(), row.level.as_deref()];
    parts.extend(row.tags.0.iter().map(|tag| Some(tag.as_str())));
    Document {
        school: row.school_id,
        kind: Kind::Course,
        target: row.id.uuid(),
        course: row.id,
        section: None,
        block: None,
        language,
        title: row.title.clone(),
        body: words(parts),
        restricted: false,
    }
}

/// The document of a section.
fn of_section(row: &section::Model, language: &'static str) -> Document {
    Document {
        school: row.school_id,
        kind: Kind::Section,
        target: row.id.uuid(),
        course: row.course_id,
        section: Some(row.id),
        block: None,
        language,
        title: row.title.clone(),
        body: words([row.description.as_deref()]),
        restricted: false,
    }
}

/// The document of a block.
fn of_block(row: &block::Model, language: &'static str) -> Document {
    let text = row.content.as_deref().map(markdown::to_words);
    Document {
        school: row.school_id,
        kind: Kind::Block,
        target: row.id.uuid(),
        course: row.course_id,
        section: Some(row.section_id),
        block: Some(row.id),
        language,
        title: row.title.clone(),
        body: words([row.description.as_deref(), text.as_deref()]),
        restricted: row.release.is_some(),
    }
}

impl CoursesService {
    /// The text search configuration of a school's language.
    pub(crate) async fn language(&self, school: SchoolId) -> Result<&'static str, CourseError> {
        Ok(languages::configuration(&self.neighbours.school.locale(school).await?))
    }

    /// The same for jobs: nothing if the school is deleted meanwhile.
    pub(crate) async fn language_of_living(&self, school: SchoolId) -> Result<Option<&'static str>, CourseError> {
        match self.language(school).await {
            Ok(language) => Ok(Some(language)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the document of a course.
    pub(crate) async fn index_course(
        &self,
        tx: &Tx,
        row: &course::Model,
        language: &'static str,
    ) -> Result<(), CourseError> {
        Ok(search::write(tx.conn(), vec![of_course(row, language)]).await?)
    }

    /// Writes the document of a section.
    pub(crate) async fn index_section(
        &self,
        tx: &Tx,
        row: &section::Model,
        language: &'static str,
    ) -> Result<(), CourseError> {
        Ok(search::write(tx.conn(), vec![of_section(row, language)]).await?)
    }

    /// Writes the document of a block; of its file later, by a job.
    pub(crate) async fn index_block(
        &self,
        tx: &mut Tx,
        before: Option<&block::Model>,
        row: &block::Model,
        language: &'static str,
    ) -> Result<(), CourseError> {
        search::write(tx.conn(), vec![of_block(row, language)]).await?;
        let file_before = before.and_then(|block| block.file_id);
        if file_before != row.file_id {
            if file_before.is_some() {
                search::forget_file(tx.conn(), row.school_id, row.id).await?;
            }
            if let Some(file_id) = row.file_id {
                let job = NewJob::new(INDEX_FILE, &FileToIndex { school_id: row.school_id, file_id });
                tx.enqueue(job.school(Some(row.school_id)));
            }
        } else if file_before.is_some() {
            let restricted = row.release.is_some();
            search::place_file(tx.conn(), row.school_id, row.id, row.section_id, restricted).await?;
        }
        Ok(())
    }

    /// Writes the text of a file into the search, for each block that it hangs on; with none it is not found any more. May be repeated.
    pub(crate) async fn index_file(&self, tx: &Tx, file: &FileToIndex, text: Option<&str>) -> Result<(), CourseError> {
        let Some(language) = self.language_of_living(file.school_id).await? else { return Ok(()) };
        for row in content::blocks_of_file(tx.conn(), file.school_id, file.file_id).await? {
            let Some(text) = text else {
                search::forget_file(tx.conn(), file.school_id, row.id).await?;
                continue;
            };
            let document = Document { kind: Kind::File, body: text.to_owned(), ..of_block(&row, language) };
            search::write(tx.conn(), vec![document]).await?;
        }
        Ok(())
    }

    /// The documents of a whole course that was copied.
    pub(crate) async fn index_copy(
        &self,
        tx: &mut Tx,
        sections: &[section::Model],
        blocks: &[block::Model],
        language: &'static str,
    ) -> Result<(), CourseError> {
        search::write(tx.conn(), sections.iter().map(|row| of_section(row, language)).collect()).await?;
        for row in blocks {
            self.index_block(tx, None, row, language).await?;
        }
        Ok(())
    }
}
