//! Who and what there is in the tale.

use std::collections::BTreeSet;

pub type Set = BTreeSet<String>;

/// A role as it stands in one school, or as it is built in.
#[derive(Debug, Clone)]
pub struct Role {
    pub id: String,
    pub name: String,
    /// None: built in.
    pub school: Option<usize>,
    pub on_platform: bool,
    pub rank: u64,
    pub permissions: Set,
    pub deleted: bool,
}

/// Something that somebody made.
#[derive(Debug, Clone)]
pub struct Thing {
    pub id: String,
    pub kind: Kind,
    /// None: the account's, whatever the school.
    pub school: Option<usize>,
    pub owner: usize,
    /// What an invite grants; empty for others.
    pub role: String,
    /// Deleted, withdrawn, over.
    pub deleted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Group,
    Invite,
    Session,
}

impl Kind {
    pub const fn path(self) -> &'static str {
        match self {
            Self::Group => "/v1/groups",
            Self::Invite => "/v1/admin/invites",
            Self::Session => "/v1/auth/sessions",
        }
    }
}

/// Somebody, in the school that they act in.
#[derive(Debug, Clone)]
pub struct Actor {
    pub person: usize,
    pub school: Option<usize>,
    pub platform_role: &'static str,
}

/// What somebody tries to do to a role.
#[derive(Debug, Clone)]
pub enum Deed {
    Describe,
    Grant(String),
    Revoke(String),
    Delete,
    Restore,
}

/// A small linear congruential generator: the same tale every time.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("small") % bound
    }

    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
