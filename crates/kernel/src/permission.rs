//! Permissions: `noun:verb` names that each context declares for itself and that routes demand by type.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;

/// One entry of the permission catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Permission {
    /// `noun:verb`, as in `course:create`. It is also the OAuth2 scope.
    pub name: &'static str,
    /// What it allows, for the catalogue and the API document.
    pub description: &'static str,
}

/// A permission as a type, so that a handler names what it needs in its signature.
pub trait PermissionMarker: 'static {
    /// The permission that the type stands for.
    const PERMISSION: Permission;
}

/// Declares a context's permission markers and its `ALL` list.
///
/// ```
/// lyceum_kernel::permissions! {
///     /// Reads people.
///     UserRead = "user:read",
///     /// Creates people.
///     UserCreate = "user:create",
/// }
/// assert_eq!(ALL[0].name, "user:read");
/// assert_eq!(ALL[0].description.trim(), "Reads people.");
/// ```
#[macro_export]
macro_rules! permissions {
    ($(#[doc = $doc:literal] $marker:ident = $name:literal),+ $(,)?) => {
        $(
            #[doc = $doc]
            #[derive(Debug, Clone, Copy)]
            pub struct $marker;

            impl $crate::PermissionMarker for $marker {
                const PERMISSION: $crate::Permission = $crate::Permission { name: $name, description: $doc.trim_ascii() };
            }
        )+

        /// Every permission that this context declares.
        pub const ALL: &[$crate::Permission] = &[$(<$marker as $crate::PermissionMarker>::PERMISSION),+];
    };
}

/// What somebody may do. Cheap to clone and to ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionSet(Held);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    All,
    Some(Arc<HashSet<Box<str>>>),
}

impl Default for Held {
    fn default() -> Self {
        Self::Some(Arc::default())
    }
}

impl PermissionSet {
    /// Every permission there is and ever will be: a super admin's.
    pub const fn all() -> Self {
        Self(Held::All)
    }

    /// Just these.
    pub fn of<I, S>(names: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<Box<str>>,
    {
        Self(Held::Some(Arc::new(names.into_iter().map(Into::into).collect())))
    }

    /// The names held, in no order; `None` for every permission there is.
    pub fn listed(&self) -> Option<impl Iterator<Item = &str>> {
        match &self.0 {
            Held::All => None,
            Held::Some(names) => Some(names.iter().map(AsRef::as_ref)),
        }
    }

    /// Whether the permission is held.
    pub fn holds(&self, permission: Permission) -> bool {
        self.holds_name(permission.name)
    }

    /// Whether the permission of this name is held.
    pub fn holds_name(&self, name: &str) -> bool {
        match &self.0 {
            Held::All => true,
            Held::Some(names) => names.contains(name),
        }
    }

    /// Whether everything that the other set holds is held here as well.
    pub fn covers(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Held::All, _) => true,
            (Held::Some(_), Held::All) => false,
            (Held::Some(mine), Held::Some(theirs)) => theirs.is_subset(mine),
        }
    }

    /// What is held here or there.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (Held::All, _) | (_, Held::All) => Self::all(),
            (Held::Some(mine), Held::Some(theirs)) => Self::of(mine.union(theirs).cloned()),
        }
    }

    /// The same set narrowed to the names in `scope`, as an OAuth2 token with scopes has it.
    #[must_use]
    pub fn narrowed<'a>(&self, scope: impl IntoIterator<Item = &'a str>) -> Self {
        match &self.0 {
            Held::All => Self::of(scope),
            Held::Some(names) => Self::of(scope.into_iter().filter(|name| names.contains(*name))),
        }
    }

    /// The names held, sorted, out of a catalogue.
    pub fn names<'a>(&self, catalogue: impl IntoIterator<Item = &'a Permission>) -> Vec<&'static str> {
        let mut names: Vec<_> = catalogue.into_iter().filter(|p| self.holds(**p)).map(|p| p.name).collect();
        names.sort_unstable();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Permission = Permission { name: "user:read", description: "" };
    const WRITE: Permission = Permission { name: "user:write", description: "" };

    #[test]
    fn narrowing_never_widens() {
        let some = PermissionSet::of(["user:read"]);
        assert!(!some.narrowed(["user:write"]).holds(WRITE));
        assert!(some.narrowed(["user:read", "user:write"]).holds(READ));
        assert!(!PermissionSet::all().narrowed(["user:read"]).holds(WRITE));
    }

    #[test]
    fn a_union_holds_both() {
        let (read, write) = (PermissionSet::of(["user:read"]), PermissionSet::of(["user:write"]));
        assert_eq!(read.union(&write), PermissionSet::of(["user:read", "user:write"]));
        assert_eq!(read.union(&PermissionSet::all()), PermissionSet::all());
    }

    #[test]
    fn covering_is_holding_all_of_it() {
        let (some, more) = (PermissionSet::of(["user:read"]), PermissionSet::of(["user:read", "user:write"]));
        assert!(more.covers(&some) && some.covers(&some) && PermissionSet::all().covers(&more));
        assert!(!some.covers(&more) && !more.covers(&PermissionSet::all()));
        assert!(PermissionSet::all().covers(&PermissionSet::all()) && some.covers(&PermissionSet::default()));
    }
}
