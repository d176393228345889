//! Adapters: what one context asks of another, answered.

#![expect(unreachable_pub, reason = "modules are private; what is public in one is for the composition")]

pub(crate) mod accounts;
pub(crate) mod assessments;
pub(crate) mod belonging;
pub(crate) mod billing;
pub(crate) mod courses;
pub(crate) mod directory;
pub(crate) mod enrollments;
pub(crate) mod exports;
pub(crate) mod files;
pub(crate) mod permissions;
pub(crate) mod progress;
pub(crate) mod roles;
pub(crate) mod schools;
