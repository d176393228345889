//! Where somebody stands in the active school: rank, roles, permissions.

use std::sync::Arc;

use crate::{PermissionSet, PlatformRole};

/// How high a role stands. Nobody acts on a rank above their own, nor grants one.
///
/// The built-in ranks leave room between them for a school's own roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rank(u8);

impl Rank {
    /// Anybody with an account.
    pub const MEMBER: Self = Self(0);
    /// Learns in a school.
    pub const STUDENT: Self = Self(10);
    /// Teaches in a school: teachers and instructors.
    pub const TEACHER: Self = Self(20);
    /// Leads a school.
    pub const PRINCIPAL: Self = Self(30);
    /// Runs a school.
    pub const SCHOOL_ADMIN: Self = Self(40);
    /// Platform staff.
    pub const ADMIN: Self = Self(50);
    /// Runs the deployment.
    pub const SUPER_ADMIN: Self = Self(60);

    /// A rank by its number, as the database has it.
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// The number, as the database and the API have it.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// What an account may do in a school, or outside of any.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What its roles allow, taken together.
    pub permissions: PermissionSet,
    /// The highest of its roles' ranks, the platform's among them.
    pub rank: Rank,
    /// The names of its roles in the school, and last that of its role on the deployment.
    pub roles: Arc<[Box<str>]>,
    /// Whether the school may be written to; not while it is suspended or lapsed. True where there is no school.
    pub school_writable: bool,
}

impl Standing {
    /// Of somebody without a school who may do what `permissions` says.
    pub fn on_platform(role: PlatformRole, permissions: PermissionSet) -> Self {
        Self { permissions, rank: role.rank(), roles: Arc::new([role.as_str().into()]), school_writable: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_rise_as_the_roles_do() {
        let rising = [
            PlatformRole::Member.rank(),
            Rank::STUDENT,
            Rank::TEACHER,
            Rank::PRINCIPAL,
            Rank::SCHOOL_ADMIN,
            PlatformRole::Admin.rank(),
            PlatformRole::SuperAdmin.rank(),
        ];
        assert!(rising.is_sorted_by(|low, high| low < high));
    }
}
