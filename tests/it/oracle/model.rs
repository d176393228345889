//! Who may do what, said as plainly as possible and as slowly as it likes. Nothing in here knows how the server does it.
use std::collections::{BTreeMap, BTreeSet};

use super::cast::{Actor, Deed, Kind, Role, Set, Thing};

#[derive(Debug, Default)]
pub struct World {
    pub catalogue: Set,
    pub roles: Vec<Role>,
    pub things: Vec<Thing>,
    pub members: BTreeMap<(usize, usize), Set>,
    pub suspended: BTreeSet<usize>,
}

/// The status that goes with the first of these that does not hold.
fn first(conditions: &[(bool, u16)], otherwise: u16) -> u16 {
    conditions.iter().find(|(holds, _)| !holds).map_or(otherwise, |(_, status)| *status)
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
    fn writes(&self, who: &Actor, name: &str) -> bool {
        self.holds(who, name) && who.school.is_none_or(|school| !self.suspended.contains(&school))
    }
    fn below(&self, who: &Actor, role: &Role) -> bool {
        self.roles_of(who).iter().any(|own| own.rank >= role.rank)
    }
    pub fn dead(&self, who: &Actor, id: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id && role.school == who.school && role.deleted)
    }
    pub fn read(&self, who: &Actor, id: &str) -> u16 {
        let there = self.seen(who.school).iter().any(|role| role.id == id);
        first(&[(self.holds(who, "role:read"), 403), (there, 404)], 200)
    }
    pub fn write(&self, who: &Actor, id: &str, deed: &Deed) -> u16 {
        let (gate, named) = match deed {
            Deed::Describe => ("role:update", None),
            Deed::Grant(name) | Deed::Revoke(name) => ("permission:assign", Some(name)),
            Deed::Delete | Deed::Restore => ("role:delete", None),
        };
        let (living, dead) = (self.seen(who.school).into_iter().find(|role| role.id == id), self.dead(who, id));
        let again = !matches!(deed, Deed::Restore) || dead.is_some();
        let found = if matches!(deed, Deed::Restore) { dead.or(living) } else { living };
        let Some(role) = found else { return first(&[(self.writes(who, gate), 403)], 404) };
        let (root, everything) = (who.platform_role == "super_admin", role.name == "super_admin");
        let had = everything || !matches!(deed, Deed::Revoke(name) if !role.permissions.contains(name));
        let original = self.roles.iter().find(|role| role.id == id && role.school.is_none());
        let whole = original.map_or_else(|| role.permissions.clone(), |built| &role.permissions ^ &built.permissions);
        let moved: Set = match deed {
            Deed::Delete | Deed::Restore if role.school.is_some() => whole,
            Deed::Delete => role.permissions.clone(),
            Deed::Grant(name) if role.permissions.contains(name) => Set::new(),
            _ => named.into_iter().cloned().collect(),
        };
        let foreign = role.school.is_none() && if who.school.is_some() { role.on_platform } else { !root };
        let within = !foreign && self.below(who, role) && moved.iter().all(|name| self.holds(who, name));
        let has = |(_, at): &(usize, usize), names: &Set| Some(*at) == role.school && names.contains(&role.name);
        let grants = |it: &&Thing| it.kind == Kind::Invite && !it.deleted && it.role == role.name;
        let granted = self.things.iter().filter(grants).any(|invite| invite.school == role.school);
        let used = original.is_none() && (granted || self.members.iter().any(|(member, names)| has(member, names)));
        let lost = matches!(deed, Deed::Delete) && (role.school.is_none() || used);
        let free = !(lost || named.is_some() && everything);
        let order = [(self.writes(who, gate), 403), (again, 409), (had, 404), (within, 403), (free, 409)];
        first(&order, if matches!(deed, Deed::Delete) { 204 } else { 200 })
    }
    /// Sessions are their owner's alone; the rest is the school's, and all schools' to staff who act in none.
    pub fn sees(&self, who: &Actor, it: &Thing) -> u16 {
        let near = who.school.map_or(who.platform_role != "member", |school| it.school == Some(school));
        match it.kind {
            Kind::Session => first(&[(it.owner == who.person && !it.deleted, 404)], 200),
            Kind::Group => first(&[(self.holds(who, "group:read"), 403), (near && !it.deleted, 404)], 200),
            Kind::Invite => first(&[(self.holds(who, "user:invite"), 403), (near, 404)], 200),
        }
    }
    pub fn ends(&self, who: &Actor, it: &Thing, restored: bool) -> u16 {
        let (here, own) = (it.school.is_some() && it.school == who.school, it.owner == who.person);
        let lower = self.seen(who.school).iter().all(|role| role.name != it.role || self.below(who, role));
        match it.kind {
            Kind::Session => first(&[(own && !it.deleted, 404)], 204),
            Kind::Invite => first(&[(self.writes(who, "user:invite"), 403), (here, 404), (own || lower, 403)], 204),
            _ if !self.writes(who, "group:delete") => 403,
            _ if restored => first(&[(here, 404), (it.deleted, 409)], 200),
            Kind::Group => first(&[(here && !it.deleted, 404)], 204),
        }
    }
}
