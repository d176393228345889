//! Questions in and out, in the formats of other systems.

use bytes::Bytes;
use lyceum_kernel::{Principal, Scope};
use lyceum_platform::PlatformError;
use lyceum_platform::uow::{Answer, Audit, Committed, UnitOfWork};
use serde_json::json;

use super::AssessmentsService;
use super::questions::{MOST, new_question};
use crate::dto::exchange::{ImportOutcome, OnRefusal, QuestionImport, QuestionImportOptions, QuestionOfFile};
use crate::dto::question_form::Settled;
use crate::dto::text::QuestionTag;
use crate::error::AssessmentError;
use crate::exchange::{self, ExportFormat, Item, Notes, Place, Reading};
use crate::model::bank::BankId;
use crate::model::question::{Content, Model};
use crate::policy::BankViewer;
use crate::repo::questions;

/// A file for questions, and what its sender said of it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The very octets.
    pub bytes: Bytes,
    /// `charset` of its media type.
    pub charset: Option<String>,
}

/// A file of questions.
#[derive(Debug, Clone)]
pub struct Export {
    /// What it is.
    pub format: ExportFormat,
    /// What to call it.
    pub name: String,
    /// The very octets.
    pub bytes: Vec<u8>,
}

/// A question of a file, ready to be written if it is one.
type Judged = (QuestionOfFile, Option<Settled>);

impl AssessmentsService {
    /// Reads a file and adds its questions to a bank.
    pub(crate) async fn import_questions(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        (id, options): (BankId, QuestionImportOptions),
        sent: Sent,
    ) -> Result<Committed<QuestionImport>, AssessmentError> {
        let bank = self.bank_seen(who, id).await?;
        BankViewer::of(who).may_change(&bank)?;
        let QuestionImportOptions { format, on_error, dry_run } = options;
        let reading = self.off_thread(move || exchange::read(format, &sent.bytes, sent.charset.as_deref())).await?;
        let Reading { mut notes, found, cut } = reading;
        if cut {
            notes.add("there are more than 5,000 questions in the file: those behind were not read");
        }
        let mut judged: Vec<Judged> = found.into_iter().map(judged).collect();
        let good = judged.iter().filter(|(_, settled)| settled.is_some()).count();
        let rejected = judged.len() - good;
        let stopped = on_error == Some(OnRefusal::None) && (rejected > 0 || cut);
        let applied = good > 0 && !stopped && dry_run != Some(true);
        let mut tx = uow.begin().await?;
        if applied {
            let bank = self.hold_bank(&tx, who, id).await?;
            if questions::count(tx.conn(), bank.school_id, id).await? + good as u64 > MOST {
                return Err(AssessmentError::Full);
            }
            let taken = judged.iter_mut().filter_map(|(told, settled)| Some((told, settled.take()?)));
            let made = taken.map(|(told, settled)| (told, new_question(&tx, (bank.school_id, id), settled)));
            let (tolds, mut rows): (Vec<_>, Vec<Model>) = made.unzip();
            in_order(&mut rows);
            for (told, row) in tolds.into_iter().zip(&rows) {
                (told.outcome, told.question_id) = (ImportOutcome::Imported, Some(row.id));
            }
            questions::insert(tx.conn(), &rows, who.user_id).await?;
            let facts = json!({ "format": format, "questions": rows.iter().map(|row| row.id).collect::<Vec<_>>() });
            let audit = Audit::of("assessments.questions_imported", "question_bank", id.uuid());
            tx.audit(audit.school(Some(bank.school_id)).after(facts));
        }
        let questions = judged.into_iter().map(|(told, _)| told).collect();
        let view = QuestionImport { format, applied, good, rejected, notes: notes.into_inner(), questions };
        Ok(tx.commit(Answer::ok(view)).await?)
    }

    /// All questions of a bank as a file.
    pub(crate) async fn export_questions(
        &self,
        who: &Principal,
        id: BankId,
        format: ExportFormat,
    ) -> Result<Export, AssessmentError> {
        let bank = self.bank_seen(who, id).await?;
        let db = self.platform.db.read(Scope::School(bank.school_id));
        let rows = questions::all(&db, bank.school_id, id).await?;
        let name = format!("{}.{}", bank.name, format.extension());
        let made = self.off_thread(move || {
            let items: Vec<_> = rows.into_iter().map(item).collect();
            exchange::write(format, &bank.name, &items)
        });
        let bytes = made.await?.map_err(|error| broken("a file of questions", error))?;
        Ok(Export { format, name, bytes })
    }

    /// Work on a file: two at a time, not on the threads that serve.
    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AssessmentError> {
        let _turn = self.exchanges.acquire().await.map_err(|error| broken("a turn at files", error))?;
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|error| broken("work on a file of questions", error))?)
    }
}

fn broken(what: &'static str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PlatformError {
    PlatformError::io(what, std::io::Error::other(error))
}

/// Questions are listed by their ids: those of one file in its order.
fn in_order(rows: &mut [Model]) {
    let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable_by_key(|id| id.uuid());
    for (row, id) in rows.iter_mut().zip(ids) {
        row.id = id;
    }
}

fn judged(found: exchange::Found) -> Judged {
    let exchange::Found { place: Place { file, line }, title, mut notes, item } = found;
    let mut told = QuestionOfFile {
        file,
        line,
        title,
        external_id: None,
        category: Vec::new(),
        kind: None,
        outcome: ImportOutcome::Rejected,
        question_id: None,
        reason: None,
        notes: Vec::new(),
    };
    let settled = match item {
        Ok(item) => {
            (told.outcome, told.kind) = (ImportOutcome::Ready, Some(item.body.kind()));
            (told.external_id, told.category) = (item.external_id.clone(), item.category.clone());
            Some(settled(item, &mut notes))
        }
        Err(reason) => {
            told.reason = Some(reason);
            None
        }
    };
    told.notes = notes.into_inner();
    (told, settled)
}

/// The question as it is written: its category becomes a tag.
fn settled(item: Item, notes: &mut Notes) -> Settled {
    let Item { category, external_id: _, text, feedback, points, difficulty, tags, body } = item;
    let mut tags: Vec<_> = tags.into_iter().filter_map(|tag| QuestionTag::try_from(tag).ok()).collect();
    if !category.is_empty() {
        match QuestionTag::try_from(category.join("/")) {
            Ok(tag) if tags.len() < 20 => tags.push(tag),
            _ => notes.add("its category does not fit into a tag and is told here alone"),
        }
    }
    Settled { content: Content { text, feedback, body }, points, difficulty, tags }
}

fn item(row: Model) -> Item {
    let Model { content: Content { text, feedback, body }, points, difficulty, tags, .. } = row;
    Item { feedback, points: points.into(), difficulty, tags: tags.0, ..Item::new(text, body) }
}
