//! Routes of imports and exports of questions.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use lyceum_web::describe::header as header_doc;
use lyceum_web::reply::content_disposition;
use lyceum_web::{
    Caller, Committed, Describe, Description, Disposition, Extract, Incoming, PathId, Problem, Query, Reply, Route,
    State, UnitOfWork, get, post,
};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type};

use super::theirs;
use crate::dto::exchange::{QuestionExportOptions, QuestionImport, QuestionImportOptions, example};
use crate::error::AssessmentError;
use crate::exchange::MOST_BYTES;
use crate::model::bank::BankId;
use crate::perm::{QuestionCreate, QuestionRead};
use crate::service::AssessmentsService;
use crate::service::exchange::{Export, Sent};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![import_route(), export_route()]
}

fn import_route() -> Route {
    theirs(post("/v1/question-banks/{id}/import", import_questions))
        .summary("Import questions from a file")
        .describe(
            "Reads up to 5,000 questions from a file of at most 16 MiB, sent as the body: GIFT, Moodle XML, an item or a package of QTI 2.1, \
             2.2 or 3.0, Aiken, or a table. Each question is answered with its place in the file: `imported` with its id here, or \
             `rejected` with the reason; `notes` say what was lost or changed on the way. With `on_error=none` one that is rejected keeps \
             all others out; `dry_run=true` only tells. What was exported here comes back as it was.\n\n\
             **Texts** become Markdown; HTML is cleaned of all that could act. Files within a question, or in a package, are named, not \
             kept: upload them and point the text to them. Text is read as its byte order mark, `charset` or XML declaration says, else \
             as UTF-8, else as Windows-1252. The category becomes a tag; titles and external ids are answered, not kept.\n\n\
             **Moodle**: `multichoice`, `multichoiceset`, `truefalse`, `shortanswer`, `numerical`, `matching`, `ordering`, `essay` and `cloze`; other \
             types are rejected by name. Weights of options are not kept: one option is right, or all that are right count alike.\n\n\
             **QTI**: items with one choice, order, match, text entry or extended text interaction, or a text with text entries and \
             inline choices.\n\n\
             **Tables** (comma, semicolon or tab; a heading row): `type`, `text`, `option_1` to `option_50` (of `matching` as `prompt -> match`, \
             distractors as `-> match`; of `ordering` in their order), `correct` (numbers or letters of options, `true` or `false`, numbers or \
             patterns that are taken, divided by `|`; of an essay a sample answer), `tolerance`, `unit`, `case_sensitive`, `scoring`, \
             `option_feedback_1` …, `feedback`, `points`, `difficulty`, `tags` (divided by `|`), `category` (divided by `/`), `title`, `external_id`. The gaps \
             of a `cloze` stand in its text as Moodle writes them: `{1:SHORTANSWER:=Berlin~%50%Bonn}`.",
        )
        .largest_body(MOST_BYTES)
        .problem("full", 409, "The bank would have more than 10,000 questions.")
        .example_answer(&example())
}

async fn import_questions(
    caller: Caller<QuestionCreate>,
    service: State<AssessmentsService>,
    work: UnitOfWork,
    id: PathId<BankId>,
    options: Query<QuestionImportOptions>,
    file: QuestionFile,
) -> Result<Committed<QuestionImport>, AssessmentError> {
    service.import_questions(&caller, work, (id.0, options.into_inner()), file.0).await
}

fn export_route() -> Route {
    get("/v1/question-banks/{id}/export", export_questions)
        .summary("Export the questions of a bank")
        .describe(
            "All of them, keys included, oldest first, as a file: GIFT, Moodle XML, or a package of QTI 3.0. What a format cannot say (ids of \
             options, a rubric, difficulty) stands in an extension beside the question that other systems pass over: a comment `lyceum:` in \
             GIFT and Moodle XML, the attribute `data-lyceum` in QTI. Imported here again, the questions are as they were; a question whose \
             words were changed meanwhile is as its words say. In GIFT, which has no question with several gaps, a cloze is an essay beside \
             its extension.",
        )
}

async fn export_questions(
    caller: Caller<QuestionRead>,
    service: State<AssessmentsService>,
    id: PathId<BankId>,
    options: Query<QuestionExportOptions>,
) -> Result<ExportedFile, AssessmentError> {
    service.export_questions(&caller, id.0, options.into_inner().format).await.map(ExportedFile)
}

/// A file of questions, whole.
struct QuestionFile(Sent);

/// What is accepted: what the file is, `format` says.
const KINDS: [&str; 8] = [
    "application/octet-stream",
    "text/plain",
    "text/csv",
    "text/xml",
    "application/xml",
    "application/zip",
    "application/x-zip-compressed",
    "text/tab-separated-values",
];

impl Extract for QuestionFile {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let kind = incoming.header(&header::CONTENT_TYPE)?.unwrap_or_default();
        let (essence, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
        let essence = essence.trim().to_ascii_lowercase();
        // Without a media type it is octets of any kind (RFC 9110, section 8.3).
        if !essence.is_empty() && !KINDS.contains(&essence.as_str()) {
            let detail = format!("The file must be one of {}.", KINDS.join(", "));
            return Err(Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail));
        }
        let charset = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
        let charset = charset.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
        let charset = charset.map(|(_, charset)| charset.trim().trim_matches('"').to_owned());
        Ok(Self(Sent { bytes: incoming.body().await?, charset }))
    }
}

fn binary() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
}

impl Describe for QuestionFile {
    fn describe(description: &mut Description) {
        let example = "::Gas::Which gas do leaves take in? {~Oxygen =Carbon dioxide}";
        for kind in ["text/plain", "application/octet-stream"] {
            let file: Object = binary().examples([example]).build();
            description.body(kind, RefOr::T(Schema::Object(file)));
        }
        description.problem(400, "malformed-body", "The body broke off or was framed wrongly.");
        description.problem(400, "malformed-header", "A header is not what its specification says.");
        description.problem(413, "body-too-large", "The file is larger than 16 MiB.");
        description.problem(415, "unsupported-media-type", "The body is of another media type.");
        description.problem(415, "unsupported-encoding", "The body is compressed.");
    }
}

/// A file of questions to be kept, not shown.
struct ExportedFile(Export);

impl Reply for ExportedFile {
    fn reply(self, _: &Incoming) -> Result<HttpResponse, Problem> {
        let Export { format, name, bytes } = self.0;
        let disposition = HeaderValue::try_from(content_disposition(Disposition::Attachment, &name));
        let disposition = disposition.map_err(|_| Problem::internal("a file's name is not a header value"))?;
        let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(bytes));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
        headers.insert(header::CONTENT_DISPOSITION, disposition);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
        Ok(response)
    }
}

impl Describe for ExportedFile {
    fn describe(description: &mut Description) {
        let file = || RefOr::T(Schema::Object(binary().build()));
        let response = description.success_with(200, "The file.", "*/*", file());
        let text = "The bank's name as a name for the file (RFC 6266).";
        response.headers.insert("Content-Disposition".to_owned(), header_doc(text, Type::String));
    }
}
