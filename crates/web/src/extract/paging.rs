//! Keyset paging: `?limit=`, `?cursor=`, `?total=`.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use lyceum_kernel::{Cursor, Fault, PageRequest};
use serde_json::Value;
use utoipa::openapi::Required;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use uuid::Uuid;

use crate::describe::{Describe, Description};
use crate::problem::Problem;
use crate::route::{Extract, Incoming};

/// Rows on a page unless the client says otherwise.
pub const DEFAULT_LIMIT: u32 = 20;
/// Most rows on a page.
pub const MAX_LIMIT: u32 = 100;
/// Longest cursor in characters.
const MAX_CURSOR: usize = 504;
/// What a cursor looks like: any text that matches is a cursor.
pub const CURSOR_PATTERN: &str = "^[A-Za-z0-9_-]{20}([A-Za-z0-9_-]{4}){0,120}[A-Za-z0-9_-]{2,4}$";

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Which part of a list is wanted. Dereferences to the [`PageRequest`] that finders take.
#[derive(Debug, Clone)]
pub struct Paging(pub PageRequest);

impl std::ops::Deref for Paging {
    type Target = PageRequest;

    fn deref(&self) -> &PageRequest {
        &self.0
    }
}

/// A cursor as clients see it: base64url of the id's 16 bytes and the sort key.
pub fn encode_cursor(cursor: &Cursor) -> String {
    let mut bytes = Vec::with_capacity(16 + cursor.key.len());
    bytes.extend_from_slice(cursor.id.as_bytes());
    bytes.extend_from_slice(&cursor.key);
    ENGINE.encode(bytes)
}

/// Reads a cursor; every text that matches [`CURSOR_PATTERN`] is one.
pub fn decode_cursor(text: &str) -> Option<Cursor> {
    if text.len() > MAX_CURSOR {
        return None;
    }
    let bytes = ENGINE.decode(text).ok()?;
    let (id, key) = bytes.split_first_chunk::<16>()?;
    Some(Cursor { id: Uuid::from_bytes(*id), key: key.to_vec() })
}

impl Extract for Paging {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Problem> {
        let mut request = PageRequest { limit: DEFAULT_LIMIT, cursor: None, total: false };
        let mut faults = Vec::new();
        for pair in incoming.query() {
            match pair.name.as_str() {
                "limit" => match pair.value.parse() {
                    Ok(limit @ 1..=MAX_LIMIT) if !pair.value.starts_with('+') => request.limit = limit,
                    _ => faults.push(Fault::new("limit", "range", "must be a whole number from 1 to 100")),
                },
                "cursor" => match decode_cursor(&pair.value) {
                    Some(cursor) => request.cursor = Some(cursor),
                    None => faults.push(Fault::new("cursor", "cursor", "is not a cursor that a list has given")),
                },
                "total" => match pair.value.parse() {
                    Ok(total) => request.total = total,
                    Err(_) => faults.push(Fault::new("total", "type", "must be true or false")),
                },
                _ => {}
            }
        }
        if faults.is_empty() { Ok(Self(request)) } else { Err(Problem::invalid(faults)) }
    }
}

impl Describe for Paging {
    fn describe(description: &mut Description) {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(i64::from(MAX_LIMIT)))
            .default(Some(Value::from(DEFAULT_LIMIT)));
        let cursor =
            ObjectBuilder::new().schema_type(Type::String).pattern(Some(CURSOR_PATTERN)).max_length(Some(MAX_CURSOR));
        let total = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(Value::Bool(false)));
        let parameters = [
            ("limit", "How many rows at most.", limit),
            ("cursor", "Where to go on: from the `Link` header of the page before.", cursor),
            ("total", "Whether to count all rows for `X-Total-Count`.", total),
        ];
        for (name, text, schema) in parameters {
            description.parameter(
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Query)
                    .required(Required::False)
                    .description(Some(text))
                    .schema(Some(schema.build()))
                    .build(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_round_trip() {
        for key in [&b""[..], b"a", b"ab", b"abc", &[0xff; 300]] {
            let cursor = Cursor { id: Uuid::from_u128(7), key: key.to_vec() };
            assert_eq!(decode_cursor(&encode_cursor(&cursor)), Some(cursor));
        }
    }

    #[test]
    fn whatever_matches_the_pattern_is_a_cursor() {
        for length in 0..=MAX_CURSOR + 4 {
            for c in ["A", "_", "z", "9"] {
                let middle = (20..=500).step_by(4).any(|whole| (2..=4).contains(&length.saturating_sub(whole)));
                assert_eq!(decode_cursor(&c.repeat(length)).is_some(), middle, "{length}");
            }
        }
        for bad in ["AAAAAAAAAAAAAAAAAAAAA+", "AAAAAAAAAAAAAAAAAAAAAA==", "é"] {
            assert_eq!(decode_cursor(bad), None);
        }
    }
}
