//! What handlers can ask of a request. Each type says in the API document what it takes and how it can fail.

mod body;
mod form;
mod merge;
mod paging;
pub(crate) mod pairs;
mod path;
mod preconditions;
mod query;
mod shared;
mod stream;

pub use crate::edge::body_clock::Pulse;
pub use body::{Patch, Valid};
pub use form::Form;
pub use merge::{MergeField, present};
pub use paging::{CURSOR_PATTERN, DEFAULT_LIMIT, MAX_LIMIT, Paging, decode_cursor, encode_cursor};
pub use path::{PathId, PathParams};
pub use preconditions::{IfMatch, IfNoneMatch, Stale};
pub(crate) use preconditions::{describe_if_none_match, read_if_none_match};
pub use query::Query;
pub use shared::State;
pub use stream::{ByteStream, Multipart, OnlyPart};

/// Lets a wrapper be used as what it wraps.
macro_rules! deref {
    ($wrapper:ident) => {
        impl<T> std::ops::Deref for $wrapper<T> {
            type Target = T;

            fn deref(&self) -> &T {
                &self.0
            }
        }

        impl<T> $wrapper<T> {
            /// What was sent.
            pub fn into_inner(self) -> T {
                self.0
            }
        }
    };
}
pub(crate) use deref;
