//! Files: their bytes in a folder or an S3 store, who may have them, and what is made of them.
//!
//! # What holds
//!
//! - A file is there for nobody before its bytes were looked at: size, SHA-256, and that they are of the type that was announced.
//! - Bytes stream: an upload costs two pieces of memory and a place in the spool, however long it is. What arrives through the program
//!   is written to the spool, hashed on the way, and moved into the store only once it was found good; whatever breaks off leaves
//!   nothing behind in store and database.
//! - Object keys are `<school>/<uuid>`, made here, never from what a client says. Signed URLs allow one method on one key for five
//!   minutes at most, and for uploads one size, type and checksum. What came by such a URL is copied to where no URL leads before it
//!   is a file, so that nobody can exchange it afterwards.
//! - Room is taken before bytes arrive and settled when they are there: the quotas of person and school hold however many upload at once.
//! - Who may read a file follows from what it hangs on, asked through [`ports::Holders`]; beside them its owner and staff may.
//! - Documents and pictures are decoded in a process of their own ([`reader`]) with bounds on memory and time.
//! - While the store is away bytes are 503, and everything else works.
//!
//! # Events
//!
//! Out: [`lyceum_kernel::events::files`]. In: `AccountErased`.

#![expect(unreachable_pub, reason = "modules are private; what is public in one is what its neighbours may use")]

mod content;
mod dto;
mod error;
mod jobs;
mod model;
pub mod perm;
pub mod ports;
pub mod reader;
mod repo;
mod router;
mod service;
mod spool;
mod store;

pub use dto::File;
pub use error::FilesError;
pub use jobs::{ERASED, jobs};
pub use model::entity_tables;
pub use router::routes;
pub use service::{FilesService, NewFile};
