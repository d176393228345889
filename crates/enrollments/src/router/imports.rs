//! Routes of enrolments in bulk.

use lyceum_web::reply::csv::Csv;
use lyceum_web::tabular::{ImportFault, Sample, Upload};
use lyceum_web::{
    Caller, Committed, Json, Listing, ListingOrCsv, Paging, PathId, Problem, Query, Route, State, Tagged, UnitOfWork,
    Valid, WantsCsv, etag, get, post,
};

use super::theirs;
use crate::dto::import::{BulkEnroll, EnrollmentImport, ImportOptions};
use crate::error::EnrollmentError;
use crate::model::import::EnrollmentImportId;
use crate::perm::EnrollmentCreate;
use crate::service::EnrollmentsService;
use crate::service::imports::IMPORT;

/// A table of enrolments.
struct Enrolments;

impl Sample for Enrolments {
    const TABLE: &'static str = "email,course_code,role\nsofia@example.org,BIO-9-1,student\n";
}

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![bulk_route(), import_route(), list_route(), show_route(), faults_route(), cancel_route()]
}

/// What whoever begins long work can run into.
fn begins(route: Route) -> Route {
    theirs(route)
        .status(202)
        .versioned()
        .problem("school-needed", 403, "The caller acts in no school, and this is about one.")
        .problem("unknown-course", 409, "There is no such course in the school, or the caller does not see it.")
}

fn bulk_route() -> Route {
    begins(post("/v1/enrollments/bulk", enroll_many))
        .summary("Enrol many people in a course")
        .describe(
            "People and whole groups, as they are at this moment. The answer names a job: look at it for progress, and for what is \
             wrong with whom (`line` counts the people, in the order in which they were named). Who is enrolled already stays, with \
             the role and dates that are named here; so the same once more changes nothing.",
        )
        .problem("unknown-group", 409, "There is no such group in the school.")
        .problem("unknown-person", 409, "One of them is nobody of the school, and nobody is to be left out.")
        .problem("dates-reversed", 409, "It would end before it begins.")
}

async fn enroll_many(
    caller: Caller<EnrollmentCreate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    form: Valid<BulkEnroll>,
) -> Result<Committed<EnrollmentImport>, EnrollmentError> {
    service.enroll_many(&caller, work, form.into_inner()).await
}

fn import_route() -> Route {
    begins(post("/v1/enrollments/import", import_enrollments))
        .summary("Enrol people from a file")
        .describe(
            "Enrols and withdraws up to 50,000 people. The file is a table (`text/csv`), the `enrollments.csv` of OneRoster 1.1 or \
             1.2, or a OneRoster archive (`application/zip` or `application/octet-stream`, with `manifest.csv` and `enrollments.csv`, \
             and `classes.csv` where it has one); sent as the body or as the part `file` of a form, at most 8 MiB. The answer names a \
             job: look at it for progress, and for every fault with line, column, value and reason.\n\n\
             **Columns** (in any order, headings in any case; comma, semicolon or tab): one of `user_id`, `external_id`, `email`, \
             `username`; `course_id` or `course_code` (or name the course in the query); `role` (`student` or `teacher`); `status` \
             (`active`, or `withdrawn` to withdraw); `starts_at`, `ends_at` (a day or a moment). Empty cells change nothing.\n\n\
             **OneRoster**: `classSourcedId` is the course's code, or the `classCode` of that class in the archive is where no course has \
             that code; `userSourcedId` is the person's external id; `tobedeleted` withdraws; people who are neither student nor teacher \
             are left out.\n\n\
             Nothing is applied before every row was judged. Then, by `on_error`, one faulty row stops the whole (`abort`), or faulty \
             rows are left out (`skip`). The same file once more changes nothing. Students for whom there is no place wait, where the \
             course has a waiting list; who is not in the file stays.",
        )
        .idempotency_exempt()
        .problem("file-too-large", 409, "The table is larger than 8 MiB: divide it.")
}

async fn import_enrollments(
    caller: Caller<EnrollmentCreate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    options: Query<ImportOptions>,
    upload: Upload<Enrolments>,
) -> Result<Committed<EnrollmentImport>, Problem> {
    service.import_enrollments(&caller, work, options.into_inner(), upload.0).await
}

fn list_route() -> Route {
    get("/v1/enrollment-imports", list_enrollment_imports).summary("List imports of enrolments").describe(
        "One's own, the latest first; all of the school for those who manage its enrolments. They are kept for 30 days after they \
         ended.",
    )
}

async fn list_enrollment_imports(
    caller: Caller<EnrollmentCreate>,
    service: State<EnrollmentsService>,
    paging: Paging,
) -> Result<Listing<EnrollmentImport>, EnrollmentError> {
    service.list_imports(&caller, &paging).await.map(Listing)
}

fn show_route() -> Route {
    get("/v1/enrollment-imports/{id}", show_enrollment_import)
        .summary("Look at an import of enrolments")
        .describe("How far it has come, what is wrong with its rows, and what came of it.")
}

async fn show_enrollment_import(
    caller: Caller<EnrollmentCreate>,
    service: State<EnrollmentsService>,
    id: PathId<EnrollmentImportId>,
) -> Result<Tagged<EnrollmentImport>, EnrollmentError> {
    let import = service.show_import(&caller, id.0).await?;
    let tag = etag(IMPORT, import.version);
    Ok(Json::new(import).etag(tag))
}

fn faults_route() -> Route {
    get("/v1/enrollment-imports/{id}/errors", list_enrollment_import_errors)
        .summary("List what is wrong with an import of enrolments")
        .describe(
            "Every fault, in the order of the lines. `Accept: text/csv` answers all of them as a table (RFC 4180), whatever `limit` \
             and `cursor` say; cells that a spreadsheet would take for formulas begin with an apostrophe.",
        )
}

async fn list_enrollment_import_errors(
    caller: Caller<EnrollmentCreate>,
    service: State<EnrollmentsService>,
    id: PathId<EnrollmentImportId>,
    csv: WantsCsv,
    paging: Paging,
) -> Result<ListingOrCsv<ImportFault>, EnrollmentError> {
    if csv.0 {
        let rows = service.export_import_faults(&caller, id.0).await?;
        return Ok(ListingOrCsv::Csv(Csv::new("enrollment-errors.csv", &ImportFault::COLUMNS, rows)));
    }
    service.list_import_faults(&caller, id.0, &paging).await.map(Into::into)
}

fn cancel_route() -> Route {
    post("/v1/enrollment-imports/{id}/cancel", cancel_enrollment_import)
        .summary("Call an import of enrolments off")
        .describe("What it has applied so far stays; `result` tells.")
        .versioned()
        .problem("import-ended", 409, "It has ended already.")
}

async fn cancel_enrollment_import(
    caller: Caller<EnrollmentCreate>,
    service: State<EnrollmentsService>,
    work: UnitOfWork,
    id: PathId<EnrollmentImportId>,
) -> Result<Committed<EnrollmentImport>, EnrollmentError> {
    service.cancel_import(&caller, work, id.0).await
}
