//! Requests and views of people: in the directory and as members of a school.

mod changes;
mod creation;
mod views;

pub use changes::{PatchMember, PatchUser, PutMember, PutRoles, PutUser, UserFilter};
pub use creation::CreateUser;
pub use views::{Mailed, Member, MemberRow, User, UserRoles};
