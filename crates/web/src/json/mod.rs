//! What a JSON body must be before any type is made of it.

mod check;
mod shape;
mod strict;

pub use check::{Violation, check};
pub(crate) use shape::shape_fault;
pub use shape::{parse, value_faults};

/// Appends one reference token to an RFC 6901 pointer, escaped.
pub(crate) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}
