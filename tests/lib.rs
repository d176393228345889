//! The tests live in `it/`; this empty library only gives the package a target.
