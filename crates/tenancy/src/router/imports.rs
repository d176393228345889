//! Routes of imports.

use lyceum_web::reply::csv::Csv;
use lyceum_web::tabular::{Sample, Upload};
use lyceum_web::{
    Caller, Committed, Json, Listing, ListingOrCsv, Paging, PathId, Problem, Query, Route, State, Tagged, UnitOfWork,
    WantsCsv, etag, get, post,
};

use crate::dto::import::{Import, ImportFault, ImportOptions};
use crate::error::TenancyError;
use crate::model::import::ImportId;
use crate::perm::UserImport;
use crate::service::TenancyService;
use crate::service::imports::IMPORT;

/// A table of people.
struct People;

impl Sample for People {
    const TABLE: &'static str = "email,full_name,role\ngrace@example.org,Grace Hopper,teacher\n";
}

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![start_route(), list_route(), show_route(), faults_route(), cancel_route()]
}

fn start_route() -> Route {
    post("/v1/users/import", import_people)
        .summary("Import people from a file")
        .describe(
            "Adds and changes up to 50,000 people of the active school. The file is a table (`text/csv`), the `users.csv` of \
             OneRoster 1.1 or 1.2, or a OneRoster archive (`application/zip` or `application/octet-stream`, with `manifest.csv`, \
             `users.csv` and, if wanted, `roles.csv`, `classes.csv` and `enrollments.csv`: classes become groups, enrolments say who is in them); sent as the body \
             or as the part `file` of a form, at most 32 MiB of UTF-8. The answer names a job: look at it for progress, and for every \
             fault with line, column, value and reason. One import at a time is under way in a school.\n\n\
             **Columns** (in any order, headings in any case; comma, semicolon or tab): `external_id`, `username`, `email`, `full_name` \
             (or `given_name`, `family_name`), `role` (several divided by `|`), `level`, `groups` (names or external ids of groups that \
             are there, divided by `|`), `password`, `is_active`. Empty cells change nothing.\n\n\
             **Newcomers** need an address, or a username and a password. Without a password they are invited by mail; with one \
             they must choose another first (passwords are hashed one by one, some twenty a second). Whether an address was known to \
             the deployment is not told: its owner is asked by mail in any case.\n\n\
             **Members** are found by external id, else by address, else by username, so the same file once more changes nothing. \
             Names (of accounts that this school opened), level and a missing external id are changed, roles and groups are added, none \
             is ever taken; addresses and passwords are their owners'. `is_active` false, `enabledUser` false and `tobedeleted` keep \
             somebody out; nothing in a file lets anybody in again whom staff keep out. People who are not in the file stay as they \
             are.\n\n\
             **OneRoster roles**: administrators become `school_admin`, `aide`, `counselor` and `proctor` become `instructor`; \
             guardians, parents, relatives and mere users are left out; the other names are those of the school's roles.\n\n\
             Nothing is applied before every row was judged, and seats were taken for all newcomers. Then, by `on_error`, one faulty row \
             stops the whole (`abort`), or faulty rows are left out (`skip`). A row that becomes faulty while others are applied, \
             because somebody else took a name meanwhile, is left out and listed.",
        )
        .status(202)
        .idempotency_exempt()
        .versioned()
        .problem("school-needed", 403, "The caller acts in no school, and this is about one.")
        .problem("role-above-yours", 403, "The role has a rank above the caller's, or allows more.")
        .problem("not-found", 404, "The school is not there any more.")
        .problem("unknown-role", 409, "There is no such role in the school.")
        .problem("import-running", 409, "Another import is under way in the school.")
}

async fn import_people(
    caller: Caller<UserImport>,
    service: State<TenancyService>,
    work: UnitOfWork,
    options: Query<ImportOptions>,
    upload: Upload<People>,
) -> Result<Committed<Import>, Problem> {
    service.start_import(&caller, work, options.into_inner(), upload.0).await
}

fn list_route() -> Route {
    get("/v1/imports", list_imports)
        .summary("List imports")
        .describe(
            "The imports of the active school, the latest first; of all schools for platform staff without one. They are kept for 30 \
             days after they ended.",
        )
}

async fn list_imports(
    caller: Caller<UserImport>,
    service: State<TenancyService>,
    paging: Paging,
) -> Result<Listing<Import>, TenancyError> {
    service.list_imports(&caller, &paging).await.map(Listing)
}

fn show_route() -> Route {
    get("/v1/imports/{id}", show_import)
        .summary("Look at an import")
        .describe("How far it has come, what is wrong with its rows, and what came of it.")
}

async fn show_import(
    caller: Caller<UserImport>,
    service: State<TenancyService>,
    id: PathId<ImportId>,
) -> Result<Tagged<Import>, TenancyError> {
    let import = service.show_import(&caller, id.0).await?;
    let tag = etag(IMPORT, import.version);
    Ok(Json::new(import).etag(tag))
}

fn faults_route() -> Route {
    get("/v1/imports/{id}/errors", list_import_errors)
        .summary("List what is wrong with an import")
        .describe(
            "Every fault, as they were found. `Accept: text/csv` answers all of them as a table (RFC 4180), whatever `limit` and \
             `cursor` say; cells that a spreadsheet would take for formulas begin with an apostrophe.",
        )
}

async fn list_import_errors(
    caller: Caller<UserImport>,
    service: State<TenancyService>,
    id: PathId<ImportId>,
    csv: WantsCsv,
    paging: Paging,
) -> Result<ListingOrCsv<ImportFault>, TenancyError> {
    if csv.0 {
        let rows = service.export_import_faults(&caller, id.0).await?;
        return Ok(ListingOrCsv::Csv(Csv::new("import-errors.csv", &ImportFault::COLUMNS, rows)));
    }
    service.list_import_faults(&caller, id.0, &paging).await.map(Into::into)
}

fn cancel_route() -> Route {
    post("/v1/imports/{id}/cancel", cancel_import)
        .summary("Call an import off")
        .describe("What it has applied so far stays; `result` tells. Seats that nobody took are free again.")
        .versioned()
        .problem("not-found", 404, "There is no such import.")
        .problem("import-ended", 409, "It has ended already.")
}

async fn cancel_import(
    caller: Caller<UserImport>,
    service: State<TenancyService>,
    work: UnitOfWork,
    id: PathId<ImportId>,
) -> Result<Committed<Import>, TenancyError> {
    service.cancel_import(&caller, work, id.0).await
}
