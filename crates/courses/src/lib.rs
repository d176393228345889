//! Courses: what teachers build and students open.
//!
//! # What holds
//!
//! - A course has sections, a section has blocks, both in a dense order from 0. Whoever changes the structure of a course holds
//!   its row; no two sections and no two blocks of a section ever stand in one place, and there is never a gap.
//! - What is deleted at one stroke carries one mark (`deletion_id`). Restoring brings back exactly what carries it; what was
//!   deleted before stays deleted. What is deleted takes no part in uniqueness.
//! - Who sees and who changes a course is decided by pure functions in `policy`, the same for one course and for lists of them.
//! - A block may hang on a [release rule](release::Rule). It is evaluated here; what is locked is never sent.
//! - What the search finds is written in the transaction of what it is about.
//!
//! # Events
//!
//! Out: [`lyceum_kernel::events::courses`]. In: `AccountErased`, `SchoolChanged`, `SchoolDeleted`, `SchoolRestored`, `TeachingChanged`, and whatever the gateway maps to
//! [`INDEX_FILE`].

#![expect(unreachable_pub, reason = "modules are private; what is public in one is what its neighbours may use")]

mod consumers;
mod dto;
mod error;
mod markdown;
mod model;
pub mod perm;
mod policy;
pub mod ports;
pub mod release;
mod repo;
mod router;
mod service;

pub use consumers::{ERASED, INDEX_FILE, PURGE, SCHOOL_CHANGED, SCHOOL_DELETED, SCHOOL_RESTORED, TEACHER_MOVED, jobs};
pub use dto::block::{BlockCompletion, BlockType};
pub use dto::course::Visibility;
pub use error::CourseError;
pub use model::entity_tables;
pub use router::routes;
pub use service::facts::CourseFacts;
pub use service::learning::{BlockStanding, CoursePlan, TestBlock};
pub use service::planting::{NewBlock, NewCourse, NewSection};
pub use service::ratings::NewRating;
pub use service::{CoursesService, Neighbours};
