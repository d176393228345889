//! Enrolments in bulk: from a table, or a list of people and groups.
//!
//! What is sent becomes rows; a job then goes over them twice. The first time every row is judged and nothing is changed; unless
//! there is something wrong (or only rows that may be left out), the second time they are applied in small batches ([`running`] tells
//! how). The same rows once more change nothing.

mod applying;
pub(crate) mod jobs;
mod judging;
mod looking;
mod reading;
mod running;

use std::collections::{HashMap, HashSet};

use bytes::BytesMut;
use futures_util::StreamExt as _;
use lyceum_kernel::{PermissionMarker as _, Principal, SchoolId};
use lyceum_platform::uow::{Answer, Audit, Committed, Tx, UnitOfWork};
use lyceum_web::tabular::{OnError, RowFault};
use lyceum_web::{Problem, etag};
use serde_json::json;

use self::reading::{Row, Sheet};
use super::EnrollmentsService;
use crate::dto::enrollment::Entrance;
use crate::dto::import::{BulkEnroll, EnrollmentImport, ImportOptions};
use crate::error::EnrollmentError;
use crate::model::import::{EnrollmentImportId, Format, Model, State};
use crate::model::import_row;
use crate::model::import_row::{By, What};
use crate::perm::EnrollmentManage;
use crate::ports::CourseKey;
use crate::repo::imports::{self, Change};

/// The kind of view in entity tags of imports.
pub(crate) const IMPORT: &str = "enrollment-import";

/// Most bytes of a table.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Rows stored in one transaction.
const STORED: usize = 1_000;

/// A file as it comes.
type Pieces = lyceum_web::tabular::Pieces;

impl EnrollmentsService {
    /// Takes a table and leaves the rest to a job.
    pub(crate) async fn import_enrollments(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        options: ImportOptions,
        body: Pieces,
    ) -> Result<Committed<EnrollmentImport>, Problem> {
        let school = who.school_id.ok_or(EnrollmentError::SchoolNeeded)?;
        if let Some(course) = options.course_id {
            self.overseen(who, (school, course), EnrollmentError::UnknownCourse).await?;
        }
        let bytes = taken(body).await?;
        let read = tokio::task::spawn_blocking({
            let options = options.clone();
            move || reading::read(&bytes, &options)
        });
        let read = read.await.map_err(|_| EnrollmentError::Stale)?;
        let Sheet { format, mut rows, codes } = read.unwrap_or_else(|fault| {
            // The whole is faulty: one row says so.
            let whole = Row { what: What::Nothing, fault: Some(fault), ..Row::at(0, options.role.unwrap_or_default()) };
            Sheet { format: Format::Csv, rows: vec![whole], codes: HashMap::new() }
        });
        self.code_classes(school, &mut rows, codes).await?;
        let wanted = Wanted {
            format,
            dry_run: options.dry_run.unwrap_or_default(),
            skip_faulty: options.on_error.unwrap_or_default() == OnError::Skip,
            inviting: false,
        };
        Ok(self.stage(who, uow, school, wanted, rows).await?)
    }

    /// Names courses by the codes of classes, where the school knows no course by the id of the class.
    async fn code_classes(
        &self,
        school: SchoolId,
        rows: &mut [Row],
        codes: HashMap<String, String>,
    ) -> Result<(), EnrollmentError> {
        if codes.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = codes.keys().cloned().map(CourseKey::Code).collect();
        let known = self.neighbours.courses.named(school, &keys).await?;
        for row in rows {
            let Some((By::Record, id)) = &row.course else { continue };
            if let Some(code) = codes.get(id).filter(|_| !known.contains_key(&CourseKey::Code(id.clone()))) {
                row.course = Some((By::Record, code.clone()));
            }
        }
        Ok(())
    }

    /// Takes people and groups and leaves the rest to a job.
    pub(crate) async fn enroll_many(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        form: BulkEnroll,
    ) -> Result<Committed<EnrollmentImport>, EnrollmentError> {
        let school = who.school_id.ok_or(EnrollmentError::SchoolNeeded)?;
        let BulkEnroll { course_id, user_ids, group_ids, role, status, starts_at, ends_at, dry_run, on_error } = form;
        self.overseen(who, (school, course_id), EnrollmentError::UnknownCourse).await?;
        let mut people = user_ids;
        if !group_ids.is_empty() {
            let found = self.neighbours.people.in_groups(school, &group_ids).await?;
            people.extend(found.ok_or(EnrollmentError::UnknownGroup)?);
        }
        if starts_at.zip(ends_at).is_some_and(|(starts, ends)| ends <= starts) {
            return Err(EnrollmentError::DatesReversed);
        }
        let mut seen = HashSet::new();
        people.retain(|user| seen.insert(*user));
        if on_error == OnError::Abort && !people.is_empty() {
            let members = self.neighbours.people.members(school, &people).await?;
            if members.len() < people.len() {
                return Err(EnrollmentError::UnknownPerson);
            }
        }
        let course = Some((By::Id, course_id.to_string()));
        let rows = (1..).zip(people).map(|(line, user)| Row {
            person: Some((By::Id, user.to_string())),
            course: course.clone(),
            starts_at,
            ends_at,
            ..Row::at(line, role)
        });
        let (skip_faulty, inviting) = (on_error == OnError::Skip, status == Entrance::Invited);
        let wanted = Wanted { format: Format::People, dry_run, skip_faulty, inviting };
        self.stage(who, uow, school, wanted, rows.collect()).await
    }

    /// Stores the rows and queues the job.
    async fn stage(
        &self,
        who: &Principal,
        uow: UnitOfWork,
        school: SchoolId,
        wanted: Wanted,
        rows: Vec<Row>,
    ) -> Result<Committed<EnrollmentImport>, EnrollmentError> {
        let (total, faults) = (count(rows.len()), count(rows.iter().filter(|row| row.fault.is_some()).count()));
        let tx = uow.clone().begin().await?;
        let row = Model { rows_total: total, faults, ..blank(&tx, who, school, &wanted) };
        imports::insert(tx.conn(), row.clone()).await?;
        tx.commit_quietly().await?;
        let mut rows = rows.into_iter().map(|one| stored(&row, one)).collect::<Vec<_>>();
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(STORED));
            let tx = uow.clone().begin().await?;
            imports::insert_rows(tx.conn(), rows).await?;
            tx.commit_quietly().await?;
            rows = rest;
        }
        let mut tx = uow.begin().await?;
        if !Change::of(&row, tx.now()).to(State::Queued).apply(tx.conn()).await? {
            return Err(EnrollmentError::NotFound);
        }
        let row = Model { state: State::Queued, version: row.version + 1, updated_at: tx.now(), ..row };
        tx.enqueue(jobs::import_of(&row));
        let audit = Audit::of("enrollments.import_started", "enrollment_import", row.id.uuid()).school(Some(school));
        tx.audit(audit.after(json!({
            "format": row.format, "rows": total, "dry_run": row.dry_run, "skip_faulty": row.skip_faulty,
        })));
        let (tag, location) = (etag(IMPORT, row.version), format!("/v1/enrollment-imports/{}", row.id));
        let view = EnrollmentImport::new(&row, Vec::new());
        Ok(tx.commit(Answer::accepted(view).location(location).etag(tag)).await?)
    }
}

/// What is to become of the rows.
struct Wanted {
    format: Format,
    dry_run: bool,
    skip_faulty: bool,
    inviting: bool,
}

/// The whole of a table.
async fn taken(mut body: Pieces) -> Result<bytes::Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = body.next().await.transpose()? {
        if bytes.len() + piece.len() > MOST_BYTES {
            return Err(EnrollmentError::TooLarge.into());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

/// A row as it is stored.
fn stored(import: &Model, row: Row) -> import_row::Model {
    let Row { line, what, role, person, course, starts_at, ends_at, fault } = row;
    let (person_by, person) = person.unzip();
    let (course_by, course) = course.unzip();
    let row = import_row::Model {
        school_id: import.school_id,
        import_id: import.id,
        line,
        what,
        role,
        person_by,
        person,
        course_by,
        course,
        starts_at,
        ends_at,
        fault_column: None,
        fault_value: None,
        fault_code: None,
        fault_reason: None,
    };
    match fault {
        Some(fault) => faulty(row, fault),
        None => row,
    }
}

/// The row with what is wrong with it.
fn faulty(row: import_row::Model, fault: RowFault) -> import_row::Model {
    let reason = fault.reason();
    let RowFault { column, value, code, reason: _ } = fault;
    import_row::Model {
        fault_column: column,
        fault_value: value,
        fault_code: Some(code.to_owned()),
        fault_reason: Some(reason),
        ..row
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An import whose rows have not been stored.
fn blank(tx: &Tx, who: &Principal, school_id: SchoolId, wanted: &Wanted) -> Model {
    Model {
        school_id,
        id: EnrollmentImportId::new(tx.now(), tx.entropy()),
        state: State::Receiving,
        step: None,
        format: wanted.format,
        dry_run: wanted.dry_run,
        skip_faulty: wanted.skip_faulty,
        inviting: wanted.inviting,
        importer_id: who.user_id,
        manages: who.may(EnrollmentManage::PERMISSION),
        attempt: 0,
        line: -1,
        rows_done: 0,
        rows_total: 0,
        faults: 0,
        created: 0,
        updated: 0,
        unchanged: 0,
        withdrawn: 0,
        waiting: 0,
        skipped: 0,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        started_at: None,
        finished_at: None,
    }
}
