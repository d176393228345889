//! What the school knows of the people and groups that some rows name: a constant number of queries, however many rows.

use std::collections::{BTreeSet, HashMap, HashSet};

use lyceum_kernel::{GroupId, SchoolId, Scope, UserId};
use lyceum_platform::uow::Tx;

use super::row::{Content, Person, Row};
use crate::error::TenancyError;
use crate::model::membership::{Column, Model};
use crate::model::{fold, group};
use crate::policy;
use crate::ports::RoleFacts;
use crate::repo::{groups, memberships};
use crate::service::TenancyService;

/// What is known.
#[derive(Default)]
pub(super) struct Known {
    members: Vec<Model>,
    by_external: HashMap<String, usize>,
    by_username: HashMap<String, usize>,
    by_email: HashMap<String, usize>,
    roles: HashMap<UserId, Vec<String>>,
    facts: HashMap<String, RoleFacts>,
    groups: HashMap<String, GroupId>,
    classes: HashMap<String, group::Model>,
    in_groups: HashSet<(UserId, GroupId)>,
    /// Members whose names are their own, or another school's, to change.
    unmanaged: HashSet<UserId>,
    /// Everybody who runs the school, where one of them is to be kept out.
    pub(super) administrators: Vec<UserId>,
}

/// The members who may be meant by a row, by each of what it says.
pub(super) struct Candidates<'k> {
    pub(super) external: Option<&'k Model>,
    pub(super) email: Option<&'k Model>,
    pub(super) username: Option<&'k Model>,
}

impl Known {
    pub(super) fn candidates(&self, person: &Person) -> Candidates<'_> {
        let member = |place: Option<&usize>| place.and_then(|place| self.members.get(*place));
        Candidates {
            external: member(person.external_id.as_ref().and_then(|id| self.by_external.get(id))),
            email: member(person.email.as_ref().and_then(|email| self.by_email.get(&fold(email)))),
            username: member(person.username.as_ref().and_then(|name| self.by_username.get(&fold(name)))),
        }
    }

    /// The member of this external id.
    pub(super) fn member(&self, external_id: &str) -> Option<&Model> {
        self.by_external.get(external_id).and_then(|place| self.members.get(*place))
    }

    /// The roles of a member, sorted.
    pub(super) fn roles_of(&self, user: UserId) -> &[String] {
        self.roles.get(&user).map_or(&[], Vec::as_slice)
    }

    /// What a role of the school allows.
    pub(super) fn role(&self, name: &str) -> Option<&RoleFacts> {
        self.facts.get(name)
    }

    /// The group of this name or external id.
    pub(super) fn group(&self, name: &str) -> Option<GroupId> {
        self.groups.get(name).or_else(|| self.groups.get(&fold(name))).copied()
    }

    /// The group that a class became.
    pub(super) fn class(&self, external_id: &str) -> Option<&group::Model> {
        self.classes.get(external_id)
    }

    /// A group that has come to be.
    pub(super) fn add_class(&mut self, row: group::Model) {
        self.groups.insert(row.name_key.clone(), row.id);
        if let Some(id) = row.external_id.clone() {
            self.classes.insert(id, row);
        }
    }

    pub(super) fn is_in(&self, user: UserId, group: GroupId) -> bool {
        self.in_groups.contains(&(user, group))
    }

    /// Notes that somebody is in a group from now on, or no more.
    pub(super) fn note_group(&mut self, user: UserId, group: GroupId, is_in: bool) {
        if is_in {
            self.in_groups.insert((user, group));
        } else {
            self.in_groups.remove(&(user, group));
        }
    }

    /// Whether the school may change the names of a member.
    pub(super) fn manages(&self, member: &Model) -> bool {
        !self.unmanaged.contains(&member.user_id)
    }

    fn add_members(&mut self, found: Vec<Model>) {
        for member in found {
            if self.members.iter().any(|known| known.user_id == member.user_id) {
                continue;
            }
            let place = self.members.len();
            member.external_id.clone().map(|id| self.by_external.insert(id, place));
            member.username_key.clone().map(|key| self.by_username.insert(key, place));
            member.email_key.clone().map(|key| self.by_email.insert(key, place));
            self.members.push(member);
        }
    }
}

/// Whether a row would change the names of a member.
pub(super) fn renames(person: &Person, member: &Model) -> bool {
    let differs = |new: &Option<String>, old: &Option<String>| new.is_some() && new != old;
    differs(&person.full_name, &member.full_name) || differs(&person.username, &member.username)
}

/// What some rows name, without doubles.
#[derive(Default)]
struct Named {
    externals: BTreeSet<String>,
    usernames: BTreeSet<String>,
    emails: BTreeSet<String>,
    roles: BTreeSet<String>,
    groups: BTreeSet<String>,
    classes: BTreeSet<String>,
    titles: BTreeSet<String>,
    enrolled: bool,
}

impl Named {
    fn of(rows: &[Row], default_role: &str) -> Self {
        let mut named = Self::default();
        for row in rows {
            match &row.content {
                Content::Person(person) => {
                    named.externals.extend(person.external_id.clone());
                    named.usernames.extend(person.username.as_deref().map(fold));
                    named.emails.extend(person.email.as_deref().map(fold));
                    named.roles.extend(person.roles.iter().cloned());
                    named.groups.extend(person.groups.iter().cloned());
                    named.roles.insert(default_role.to_owned());
                }
                Content::Class(class) => {
                    named.classes.insert(class.external_id.clone());
                    named.titles.extend(class.names().iter().map(|name| fold(name)));
                }
                Content::Enrolment(enrolment) => {
                    named.enrolled = true;
                    named.classes.insert(enrolment.class.clone());
                    named.externals.insert(enrolment.person.clone());
                }
                Content::Nothing => {}
            }
        }
        named
    }
}

fn list(set: BTreeSet<String>) -> Vec<String> {
    set.into_iter().collect()
}

impl TenancyService {
    /// Looks up what the rows name.
    pub(super) async fn known(
        &self,
        tx: &Tx,
        school: SchoolId,
        rows: &[Row],
        default_role: &str,
    ) -> Result<Known, TenancyError> {
        let named = Named::of(rows, default_role);
        let mut known = Known::default();
        for (column, values) in [
            (Column::ExternalId, named.externals),
            (Column::UsernameKey, named.usernames),
            (Column::EmailKey, named.emails),
        ] {
            known.add_members(memberships::find_many_by(tx.conn(), school, column, list(values)).await?);
        }
        let users: Vec<_> = known.members.iter().map(|member| member.user_id).collect();
        for role in memberships::roles_of_many(tx.conn(), Scope::School(school), &users).await? {
            known.roles.entry(role.user_id).or_default().push(role.role);
        }
        if !named.roles.is_empty() {
            let facts = self.known_roles(tx, school, &list(named.roles)).await?;
            known.facts = facts.into_iter().map(|role| (role.name.clone(), role)).collect();
        }
        let some_groups = !named.groups.is_empty() || named.enrolled;
        let keys = named.groups.iter().map(|name| fold(name)).chain(named.titles).collect();
        let externals = named.groups.into_iter().chain(named.classes).collect();
        for row in groups::find_named(tx.conn(), school, keys, externals).await? {
            known.groups.insert(row.name_key.clone(), row.id);
            if let Some(id) = &row.external_id {
                known.groups.insert(id.clone(), row.id);
                known.classes.insert(id.clone(), row);
            }
        }
        if some_groups {
            known.in_groups = groups::memberships_of(tx.conn(), school, users).await?.into_iter().collect();
        }
        self.learn_of_changes(tx, school, rows, &mut known).await?;
        Ok(known)
    }

    /// Whose names the school may change, and who runs it: only where rows would change that.
    async fn learn_of_changes(
        &self,
        tx: &Tx,
        school: SchoolId,
        rows: &[Row],
        known: &mut Known,
    ) -> Result<(), TenancyError> {
        let (mut renamed, mut administrators) = (Vec::new(), false);
        for row in rows {
            let Content::Person(person) = &row.content else { continue };
            let Candidates { external, email, username } = known.candidates(person);
            let Some(member) = external.or(email).or(username) else { continue };
            if person.keep_out {
                administrators |= member.rank() >= policy::ADMINISTRATOR && member.may_enter();
            } else if member.claimant_id.is_none() && renames(person, member) {
                renamed.push(member.user_id);
            }
        }
        if !renamed.is_empty() {
            let accounts = self.accounts.by_ids(tx, &renamed).await?;
            let managed = |id: &UserId| accounts.iter().any(|a| a.id == *id && a.opened_by == Some(school));
            known.unmanaged = renamed.iter().filter(|id| !managed(id)).copied().collect();
        }
        if administrators {
            known.administrators = memberships::lock_administrators(tx.conn(), school).await?;
        }
        Ok(())
    }
}
