//! The tests of the whole system. One binary; each test a system of its own on a database of its own.

#![expect(unreachable_pub, reason = "nothing is outside of this program: what a module shows, its siblings may use")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on says so; times are shown"
)]
#![expect(
    clippy::similar_names,
    clippy::too_many_lines,
    clippy::format_collect,
    clippy::disallowed_methods,
    clippy::needless_for_each,
    reason = "tests tell a story from top to bottom and make ids as they like"
)]

mod architecture;
mod assessments;
mod asyncapi;
mod audit;
mod authorisation;
mod billing;
mod conventions;
mod courses;
mod enrollments;
mod faults;
mod files;
mod grants;
mod identity;
mod logs;
mod nodes;
mod openapi;
mod operations;
mod oracle;
mod processes;
mod rbac;
mod schema;
mod sockets;
mod support;
mod tenancy;
mod tenant_leaks;
