//! Who may do what, said as plainly as possible and as slowly as it likes. Nothing in here knows how the server does it.
use std::collections::{BTreeMap, BTreeSet};

use super::{Actor, Deed};

pub type Set = BTreeSet<String>;

#[derive(Debug, Clone)]
pub struct Role {
    pub id: String,
    pub name: String,
    pub school: Option<usize>, // None: built in
    pub on_platform: bool,
    pub rank: u64,
    pub permissions: Set,
    pub deleted: bool,
}

#[derive(Debug, Default)]
pub struct World {
    pub catalogue: Set,
    pub roles: Vec<Role>,
    pub members: BTreeMap<(usize, usize), Set>,
    pub suspended: BTreeSet<usize>,
}

impl World {
    /// What is in force in a school: its own roles, and what is built in and has no version of its own there.
    pub fn seen(&self, school: Option<usize>) -> Vec<&Role> {
        let own = |role: &&Role| role.school.is_some() && role.school == school && !role.deleted;
        let own: Vec<_> = self.roles.iter().filter(own).collect();
        let as_built = |role: &&Role| role.school.is_none() && own.iter().all(|other| other.id != role.id);
        self.roles.iter().filter(as_built).chain(own.iter().copied()).collect()
    }
    fn roles_of(&self, who: &Actor) -> Vec<&Role> {
        let names = who.school.and_then(|school| self.members.get(&(who.person, school)));
        let given = |role: &&Role| !role.on_platform && names.is_some_and(|names| names.contains(&role.name));
        self.seen(who.school).into_iter().filter(|role| role.name == who.platform_role || given(role)).collect()
    }
    pub fn holds(&self, who: &Actor, name: &str) -> bool {
        who.platform_role == "super_admin" || self.roles_of(who).iter().any(|role| role.permissions.contains(name))
    }
    pub fn read(&self, who: &Actor, id: &str) -> u16 {
        let there = self.seen(who.school).iter().any(|role| role.id == id);
        if !self.holds(who, "role:read") {
            403
        } else if there {
            200
        } else {
            404
        }
    }
    pub fn dead(&self, who: &Actor, id: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id && role.school == who.school && role.deleted)
    }
    pub fn write(&self, who: &Actor, id: &str, deed: &Deed) -> u16 {
        let (gate, named) = match deed {
            Deed::Describe => ("role:update", None),
            Deed::Grant(name) | Deed::Revoke(name) => ("permission:assign", Some(name)),
            Deed::Delete | Deed::Restore => ("role:delete", None),
        };
        if !self.holds(who, gate) || who.school.is_some_and(|school| self.suspended.contains(&school)) {
            return 403;
        }
        let living = self.seen(who.school).into_iter().find(|role| role.id == id);
        let role = match (deed, living, self.dead(who, id)) {
            (Deed::Restore, _, Some(dead)) => dead,
            (Deed::Restore, Some(_), None) => return 409,
            (_, Some(living), _) => living,
            _ => return 404,
        };
        let (root, everything) = (who.platform_role == "super_admin", role.name == "super_admin");
        if matches!(deed, Deed::Revoke(name) if !role.permissions.contains(name) && !everything) {
            return 404;
        }
        let original = self.roles.iter().find(|role| role.id == id && role.school.is_none());
        let whole = original.map_or_else(|| role.permissions.clone(), |built| &role.permissions ^ &built.permissions);
        let moved: Set = match deed {
            Deed::Delete | Deed::Restore if role.school.is_some() => whole,
            Deed::Delete => role.permissions.clone(),
            Deed::Grant(name) if role.permissions.contains(name) => Set::new(),
            _ => named.into_iter().cloned().collect(),
        };
        let rank = self.roles_of(who).iter().map(|role| role.rank).max().unwrap_or_default();
        let foreign = role.school.is_none() && if who.school.is_some() { role.on_platform } else { !root };
        if foreign || role.rank > rank || moved.iter().any(|name| !self.holds(who, name)) {
            return 403;
        }
        let has =
            |(_, school): &(usize, usize), names: &Set| Some(*school) == role.school && names.contains(&role.name);
        let used = original.is_none() && self.members.iter().any(|(member, names)| has(member, names));
        match deed {
            Deed::Grant(_) | Deed::Revoke(_) if everything => 409,
            Deed::Delete if role.school.is_none() || used => 409,
            Deed::Delete => 204,
            _ => 200,
        }
    }
}
