//! The database on a file.
