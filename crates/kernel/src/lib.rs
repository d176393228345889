//! The vocabulary of Lyceum: what every other crate speaks, and nothing that touches the world.
//!
//! Typed ids, the clock and randomness as traits, the [`Principal`] who acts, [`Permission`]s, the [`Scope`] of a query,
//! kinds of error, keyset paging and the payloads of events. No I/O happens here; the architecture test holds that.

pub mod clock;
pub mod entropy;
pub mod error;
pub mod events;
pub mod id;
pub mod notice;
pub mod page;
pub mod permission;
pub mod principal;
pub mod scope;
pub mod standing;

pub use clock::{Clock, SharedClock};
pub use entropy::{Entropy, SharedEntropy};
pub use error::{ErrorKind, Fault, ServiceError};
pub use id::{
    AttemptId, BlockId, CourseId, EmailId, EnrollmentId, EventId, FileId, GroupId, InviteId, JobId, RequestId,
    SchoolId, SectionId, SessionId, SignupRequestId, TestId, UserId,
};
pub use page::{Cursor, Page, PageRequest};
pub use permission::{Permission, PermissionMarker, PermissionSet};
pub use principal::{PlatformRole, Principal};
pub use scope::Scope;
pub use standing::{Rank, Standing};
