//! The tests of the whole system. One binary; each test a system of its own on a database of its own.

mod architecture;
mod conventions;
mod identity;
mod schema;
mod support;
