//! Requests and views of files.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use lyceum_kernel::{FileId, SchoolId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::model::file::{Model, State};
use crate::model::variant::Kind;
use crate::store::SignedRequest;

/// A file. `filename` and `url` are its own for ever; `name` is what its owner calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04", "filename": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04.pdf",
    "url": "https://lyceum.example/v1/files/019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04.pdf", "name": "Timetable.pdf", "size": 48213,
    "content_type": "application/pdf", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "state": "ready", "refusal": null, "width": null, "height": null,
    "key": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03/019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04",
    "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "owner_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "version": 2,
    "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T07:55:00Z", "expires_at": null, "deleted_at": null
}))]
pub struct File {
    /// The file.
    pub id: FileId,
    /// The name under which it can be asked for: the id and an ending.
    pub filename: String,
    /// Where its bytes are.
    pub url: String,
    /// What its owner calls it.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// The media type, told by the bytes.
    pub content_type: String,
    /// SHA-256 in hexadecimal; unknown until the bytes have arrived, unless it was announced.
    pub sha256: Option<String>,
    /// How far it has come; others than its owner only see it when it is `ready`.
    pub state: State,
    /// Why it was refused: the code of a problem.
    pub refusal: Option<String>,
    /// Pixels across, of a picture.
    pub width: Option<i32>,
    /// Pixels down, of a picture.
    pub height: Option<i32>,
    /// Its key in the store, for `GET /v1/storage/sign`.
    pub key: String,
    /// Its school.
    pub school_id: SchoolId,
    /// Who uploaded it.
    pub owner_id: UserId,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Until when an announced upload must be completed.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was deleted; such files are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl File {
    /// As its readers see it; `base` is the program's public URL.
    pub(crate) fn of(row: Model, base: &str) -> Self {
        let (filename, key) = (row.stored_name(), row.key().to_string());
        let Model {
            school_id,
            id,
            owner_id,
            state,
            name,
            content_type,
            extension: _,
            size,
            sha256,
            width,
            height,
            staging_id: _,
            upload_id: _,
            part_size: _,
            reserved: _,
            personal: _,
            refusal,
            expires_at,
            version,
            created_at,
            updated_at,
            deleted_at,
        } = row;
        let url = format!("{base}/v1/files/{filename}");
        Self {
            id,
            filename,
            url,
            name,
            size,
            content_type,
            sha256,
            state,
            refusal,
            width,
            height,
            key,
            school_id,
            owner_id,
            version,
            created_at,
            updated_at,
            expires_at,
            deleted_at,
        }
    }
}

/// A form with one file.
#[derive(Debug, Clone, ToSchema)]
pub struct UploadForm {
    /// The bytes, with the name and the media type that the client knows.
    #[schema(value_type = String, format = Binary)]
    #[expect(dead_code, reason = "it is read as a stream, and described here")]
    file: (),
}

/// A file by its id, or by its stored name: the id and an ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRef(pub FileId);

impl FromStr for FileRef {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (id, ending) = text.split_once('.').map_or((text, None), |(id, ending)| (id, Some(ending)));
        let fits = |ending: &str| {
            (1..=16).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if id.len() != uuid::fmt::Hyphenated::LENGTH || !ending.is_none_or(fits) {
            return Err(());
        }
        Uuid::parse_str(id).map(|id| Self(FileId(id))).map_err(drop)
    }
}

impl fmt::Display for FileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialSchema for FileRef {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\\.[0-9a-z]{1,16})?$"))
            .into()
    }
}

impl ToSchema for FileRef {}

lyceum_kernel::id!(OwnerId, "Whose an object is: a school, or an account.");
lyceum_kernel::id!(ObjectId, "An object in the store.");

/// Which bytes of a file, and how.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DownloadQuery {
    /// A smaller copy of a picture; 404 while there is none.
    #[param(inline)]
    pub variant: Option<Kind>,
    /// `inline` asks that a browser show it, which it may only with types that hold no script; `attachment` if left out.
    #[param(inline)]
    pub disposition: Option<Shown>,
}

/// Shown or saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Saved.
    Attachment,
    /// Shown.
    Inline,
}

/// Which side of deletion to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeletedFiles {
    /// The deleted ones.
    Only,
}

/// The orders of the list of files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum FileSort {
    /// Oldest first.
    #[default]
    #[serde(rename = "created_at")]
    CreatedAt,
    /// Newest first.
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
}

/// Which files to list, and in which order.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileFilter {
    /// Part of the name, whatever its case.
    #[param(min_length = 1, max_length = 100, required = false)]
    #[validate(length(min = 1, max = 100))]
    pub q: Option<String>,
    /// Only files that this person uploaded.
    pub owner_id: Option<UserId>,
    /// Only files whose media type begins so: `image/`.
    #[param(min_length = 1, max_length = 127, required = false)]
    #[validate(length(min = 1, max = 127))]
    pub content_type: Option<String>,
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<DeletedFiles>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order; `created_at` if left out.
    #[param(inline)]
    pub sort: Option<FileSort>,
}

/// A file that is going to be uploaded straight to the store.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"filename": "Timetable.pdf", "content_type": "application/pdf", "size": 48213}))]
pub struct PresignRequest {
    /// What its owner calls it.
    #[validate(length(min = 1, max = 255))]
    #[schema(min_length = 1, max_length = 255)]
    pub filename: String,
    /// Its media type: the bytes must bear it out.
    #[validate(length(max = 127), custom(function = "media_type"))]
    #[schema(max_length = 127, pattern = "^[a-z]{1,32}/[a-z0-9][a-z0-9.+-]{0,90}$")]
    pub content_type: String,
    /// Bytes: at most 5 GiB.
    #[validate(range(min = 1, max = 5_368_709_120_i64))]
    #[schema(minimum = 1, maximum = 5_368_709_120_i64)]
    pub size: i64,
    /// SHA-256 in hexadecimal, if it is known: the bytes must have it.
    #[serde(default)]
    #[validate(custom(function = "sha256_hex"))]
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sha256: Option<String>,
}

fn media_type(text: &str) -> Result<(), validator::ValidationError> {
    let fits = text.split_once('/').is_some_and(|(family, kind)| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        (1..=32).contains(&family.len())
            && family.bytes().all(|b| b.is_ascii_lowercase())
            && (1..=91).contains(&kind.len())
            && kind.bytes().next().is_some_and(plain)
            && kind.bytes().all(|b| plain(b) || matches!(b, b'.' | b'+' | b'-'))
    });
    if fits { Ok(()) } else { Err(validator::ValidationError::new("media_type")) }
}

fn sha256_hex(text: &str) -> Result<(), validator::ValidationError> {
    let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if fits { Ok(()) } else { Err(validator::ValidationError::new("sha256")) }
}

/// A header to be sent along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignedHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A request that may be made of the store itself until it expires: just this method, URL, headers and number of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "method": "GET", "url": "https://store.example/lyceum/019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03/019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04?X-Amz-Signature=…",
    "headers": [], "expires_at": "2026-11-21T08:00:00Z"
}))]
pub struct SignedUrl {
    /// `GET` or `PUT`.
    pub method: String,
    /// Where.
    pub url: String,
    /// What must be sent along, as it stands; no `Authorization`.
    pub headers: Vec<SignedHeader>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

impl SignedUrl {
    pub(crate) fn of(request: SignedRequest, expires_at: DateTime<Utc>) -> Self {
        let SignedRequest { method, url, headers } = request;
        let headers = headers.into_iter().map(|(name, value)| SignedHeader { name: name.to_owned(), value });
        Self { method: method.to_owned(), url, headers: headers.collect(), expires_at }
    }
}

/// An upload that was announced: how its bytes get into the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "file": {
        "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04", "filename": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04.pdf",
        "url": "https://lyceum.example/v1/files/019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04.pdf", "name": "Timetable.pdf", "size": 48213,
        "content_type": "application/pdf", "sha256": null, "state": "pending", "refusal": null, "width": null, "height": null,
        "key": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03/019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04",
        "school_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03", "owner_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "version": 1,
        "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T07:55:00Z", "expires_at": "2026-11-22T07:55:00Z", "deleted_at": null
    },
    "upload": {
        "method": "PUT", "url": "https://store.example/lyceum/019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03/019aa5d2-6f00-7c3e-8000-5d1f1f6f2e05?X-Amz-Signature=…",
        "headers": [{"name": "content-type", "value": "application/pdf"}], "expires_at": "2026-11-21T08:00:00Z"
    },
    "part_size": null, "part_count": null
}))]
pub struct Presigned {
    /// The file that it is going to be.
    pub file: File,
    /// For all bytes at once; nothing for an upload in parts.
    pub upload: Option<SignedUrl>,
    /// For an upload in parts: bytes of each part but the last.
    pub part_size: Option<i64>,
    /// For an upload in parts: how many there are. `POST /v1/files/{id}/parts` gives their URLs.
    pub part_count: Option<u32>,
}

/// Which parts are to be uploaded now.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"numbers": [1, 2, 3]}))]
pub struct PartsRequest {
    /// Numbers of parts, from 1.
    #[validate(length(min = 1, max = 100), custom(function = "part_numbers"))]
    #[schema(value_type = Vec<i32>, min_items = 1, max_items = 100, schema_with = part_numbers_schema)]
    pub numbers: Vec<u32>,
}

fn part_numbers(numbers: &[u32]) -> Result<(), validator::ValidationError> {
    let fit = numbers.iter().all(|number| (1..=10_000).contains(number));
    if fit { Ok(()) } else { Err(validator::ValidationError::new("range")) }
}

fn part_numbers_schema() -> utoipa::openapi::schema::Array {
    use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(10_000));
    ArrayBuilder::new().items(number).min_items(Some(1)).max_items(Some(100)).build()
}

/// The URL of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "number": 1, "size": 67_108_864,
    "upload": {
        "method": "PUT", "url": "https://store.example/lyceum/019aa5d2-6f00-7c3e-8000-5d1f1f6f2c03/019aa5d2-6f00-7c3e-8000-5d1f1f6f2d04?partNumber=1",
        "headers": [], "expires_at": "2026-11-21T08:00:00Z"
    }
}))]
pub struct PartUrl {
    /// Which part.
    pub number: u32,
    /// Just so many bytes.
    pub size: i64,
    /// Where to put them.
    pub upload: SignedUrl,
}

/// Which object is to be signed for.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SignQuery {
    /// The `key` of a file.
    #[param(min_length = 1, max_length = 200)]
    #[validate(length(min = 1, max = 200))]
    pub key: String,
}

/// What a signed URL of the folder carries.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GrantQuery {
    /// What it allows.
    #[param(min_length = 1, max_length = 4096)]
    #[validate(length(min = 1, max = 4096))]
    pub grant: String,
    /// That it does.
    #[param(min_length = 1, max_length = 128)]
    #[validate(length(min = 1, max = 128))]
    pub signature: String,
}

/// Somebody's picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "avatar_url": "https://lyceum.example/v1/users/019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01/avatar", "size": 21043, "width": 512, "height": 512
}))]
#[expect(clippy::struct_field_names, reason = "profiles call it so too")]
pub struct Avatar {
    /// Where it is, for members of the person's schools.
    pub avatar_url: String,
    /// Bytes.
    pub size: i64,
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
}
