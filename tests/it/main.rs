//! The tests of the whole system. One binary; each test a system of its own on a database of its own.

#![expect(unreachable_pub, reason = "nothing is outside of this program: what a module shows, its siblings may use")]

mod architecture;
mod authorisation;
mod conventions;
mod faults;
mod identity;
mod logs;
mod nodes;
mod openapi;
mod operations;
mod schema;
mod support;
