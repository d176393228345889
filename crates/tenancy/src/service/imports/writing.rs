//! What a batch writes about people: as [`TenancyService::join`] would, one after the other, but with a constant number of
//! statements for all who are added.

use std::collections::HashMap;

use lyceum_kernel::UserId;
use lyceum_kernel::events::tenancy::{GroupMemberAdded, MemberJoined, MemberLeft, MemberRolesChanged};
use lyceum_platform::cache::CacheTag;
use lyceum_platform::uow::{Audit, Tx};
use serde_json::{Map, Value, json};

use super::judging::{Added, Changed};
use super::row::Person;
use crate::error::TenancyError;
use crate::letters::{self, OFFER_LIFE};
use crate::model::membership::{Column, Model, Status};
use crate::model::{family_key, fold, membership_role, school};
use crate::ports::{Account, HashedPassword, NewAccount, PERMISSIONS_TAG};
use crate::repo::memberships::{self, Change};
use crate::repo::{groups, schools};
use crate::service::TenancyService;
use crate::service::joining::{Joining, NewPerson, Newcomer, blank, sort_key};

/// How people came, for the audit log.
const MEANS: &str = "imported";

/// Somebody who is added.
pub(super) struct Arrival {
    pub(super) person: Person,
    pub(super) added: Added,
    pub(super) password: Option<HashedPassword>,
}

impl TenancyService {
    /// Adds people, whose seats are taken already. An address that the deployment knows gets an offer by mail, an unknown one an
    /// account with an invitation; nothing that is answered or counted tells which.
    pub(super) async fn add_people(
        &self,
        tx: &mut Tx,
        school: &school::Model,
        arrivals: Vec<Arrival>,
    ) -> Result<(), TenancyError> {
        if arrivals.is_empty() {
            return Ok(());
        }
        let emails: Vec<_> = arrivals.iter().filter_map(|arrival| arrival.person.email.clone()).collect();
        let known: HashMap<String, Account> = self
            .accounts
            .by_emails(tx, &emails)
            .await?
            .into_iter()
            .filter_map(|account| Some((fold(account.email.as_deref()?), account)))
            .collect();
        let (mut rows, mut opened, mut opening) = (Vec::new(), Vec::new(), Vec::new());
        for arrival in &arrivals {
            let mut row = waiting(tx, school, arrival);
            if let Some(account) = row.email_key.as_ref().and_then(|key| known.get(key)) {
                row.claimant_id = Some(account.id);
                row.offer_expires_at = Some(tx.now() + OFFER_LIFE);
            } else {
                row.joined_at = arrival.password.is_some().then(|| tx.now());
                row.status = Status::Active;
                opened.push(rows.len());
                opening.push(NewAccount {
                    username: row.username.clone(),
                    email: row.email.clone(),
                    full_name: row.full_name.clone(),
                    password: arrival.password.clone(),
                    opened_by: Some(school.id),
                });
            }
            rows.push(row);
        }
        let ids = self.accounts.open_many(tx, opening).await?;
        for (place, id) in opened.into_iter().zip(ids) {
            rows[place].user_id = id;
        }
        memberships::insert_many(tx.conn(), &rows, roles_of(&rows, &arrivals)).await?;
        let pairs: Vec<_> =
            rows.iter().zip(&arrivals).flat_map(|(row, arrival)| in_groups(row, &arrival.added)).collect();
        groups::add_many(tx.conn(), school.id, &pairs, tx.now()).await?;
        for (row, arrival) in rows.iter().zip(&arrivals) {
            tell_of(tx, row, &arrival.added);
            if let Some(account) = row.email_key.as_ref().and_then(|key| known.get(key)) {
                letters::offer(tx, school, account, row);
            }
        }
        Ok(())
    }

    /// Changes a member.
    pub(super) async fn change_imported(&self, tx: &mut Tx, changed: Changed) -> Result<(), TenancyError> {
        let Changed { before, mut after, roles_before, new_roles, new_groups, renamed } = changed;
        let (school_id, user_id) = (before.school_id, before.user_id);
        if renamed {
            if before.claimant_id.is_none() {
                self.accounts.rename(tx, user_id, after.username.clone(), after.full_name.clone()).await?;
            }
            after.username_key = after.username.as_deref().map(fold);
            after.family_key = family_key(after.full_name.as_deref());
            after.name_key = sort_key(after.full_name.as_deref(), after.username.as_deref(), after.email.as_deref());
        }
        let mut roles = roles_before.clone();
        for role in &new_roles {
            roles.push(role.name.clone());
            let rank = i16::from(role.rank.get());
            if rank > after.rank {
                (after.rank, after.role) = (rank, role.name.clone());
            }
        }
        roles.sort();
        if after != before || !new_roles.is_empty() {
            Change::of(&before, tx.now())
                .set(Column::Username, after.username.clone())
                .set(Column::UsernameKey, after.username_key.clone())
                .set(Column::FullName, after.full_name.clone())
                .set(Column::NameKey, after.name_key.clone())
                .set(Column::FamilyKey, after.family_key.clone())
                .set(Column::Level, after.level.clone())
                .set(Column::ExternalId, after.external_id.clone())
                .set(Column::Role, after.role.clone())
                .set(Column::Rank, after.rank)
                .apply(tx.conn())
                .await?;
        }
        let (mut was, mut is) = difference(&before, &after);
        if !new_roles.is_empty() {
            memberships::set_roles(tx.conn(), school_id, user_id, &roles).await?;
            was.insert("roles".to_owned(), json!(roles_before));
            is.insert("roles".to_owned(), json!(roles));
            tx.emit(&MemberRolesChanged { school_id, user_id, roles });
            tx.invalidate(CacheTag::new(PERMISSIONS_TAG, user_id.uuid()));
        }
        for group_id in groups::add_member(tx.conn(), school_id, &new_groups, user_id, tx.now()).await? {
            tx.emit(&GroupMemberAdded { school_id, group_id, user_id });
        }
        if !new_groups.is_empty() {
            is.insert("groups_added".to_owned(), json!(new_groups));
        }
        is.insert("means".to_owned(), json!(MEANS));
        let audit = Audit::of("tenancy.member_changed", "member", user_id).school(Some(school_id));
        tx.audit(audit.before(Value::Object(was)).after(Value::Object(is)));
        Ok(())
    }

    /// Keeps a member out, whose seat is free then.
    pub(super) async fn keep_out_imported(&self, tx: &mut Tx, row: &Model) -> Result<(), TenancyError> {
        let (school_id, user_id) = (row.school_id, row.user_id);
        Change::of(row, tx.now()).set(Column::Status, Status::Inactive).apply(tx.conn()).await?;
        schools::return_seats(tx.conn(), school_id, 1).await?;
        tx.emit(&MemberLeft { school_id, user_id });
        tx.invalidate(CacheTag::new(PERMISSIONS_TAG, user_id.uuid()));
        let audit = Audit::of("tenancy.member_changed", "member", user_id).school(Some(school_id));
        tx.audit(audit.before(json!({ "is_active": true })).after(json!({ "is_active": false, "means": MEANS })));
        Ok(())
    }
}

/// The membership of somebody who is added, waiting.
fn waiting(tx: &Tx, school: &school::Model, arrival: &Arrival) -> Model {
    let Arrival { person, added, password } = arrival;
    let nobody = Newcomer::Person(NewPerson::default());
    let joining = Joining {
        level: person.level.clone(),
        external_id: person.external_id.clone(),
        ..Joining::new(school.id, nobody, added.roles.clone(), MEANS)
    };
    let mut row = blank(tx, school, UserId::new(tx.now(), tx.entropy()), &joining);
    (row.username_key, row.email_key) = (person.username.as_deref().map(fold), person.email.as_deref().map(fold));
    (row.username, row.email) = (person.username.clone(), person.email.clone());
    row.family_key = family_key(person.full_name.as_deref());
    row.name_key = sort_key(person.full_name.as_deref(), person.username.as_deref(), person.email.as_deref());
    row.full_name.clone_from(&person.full_name);
    row.vouched = password.is_some();
    row
}

fn names(added: &Added) -> Vec<String> {
    let mut names: Vec<_> = added.roles.iter().map(|role| role.name.clone()).collect();
    names.sort();
    names
}

fn roles_of(rows: &[Model], arrivals: &[Arrival]) -> Vec<membership_role::Model> {
    let all = rows.iter().zip(arrivals).flat_map(|(row, arrival)| {
        let (school_id, user_id) = (row.school_id, row.user_id);
        names(&arrival.added).into_iter().map(move |role| membership_role::Model { school_id, user_id, role })
    });
    all.collect()
}

fn in_groups(row: &Model, added: &Added) -> impl Iterator<Item = (UserId, lyceum_kernel::GroupId)> + use<> {
    let user = row.user_id;
    added.groups.clone().into_iter().map(move |group| (user, group))
}

/// The audit row and the events of somebody who was added.
fn tell_of(tx: &mut Tx, row: &Model, added: &Added) {
    let (school_id, user_id, roles) = (row.school_id, row.user_id, names(added));
    tx.audit(Audit::of("tenancy.member_added", "member", user_id).school(Some(school_id)).after(json!({
        "roles": roles, "username": row.username, "email": row.email, "full_name": row.full_name,
        "level": row.level, "external_id": row.external_id, "means": MEANS,
    })));
    if row.claimant_id.is_none() {
        tx.emit(&MemberJoined { school_id, user_id, roles });
    }
    for group_id in &added.groups {
        tx.emit(&GroupMemberAdded { school_id, group_id: *group_id, user_id });
    }
}

/// The fields that differ, before and after.
fn difference(before: &Model, after: &Model) -> (Map<String, Value>, Map<String, Value>) {
    let (mut was, mut is) = (Map::new(), Map::new());
    for (name, old, new) in [
        ("username", &before.username, &after.username),
        ("full_name", &before.full_name, &after.full_name),
        ("level", &before.level, &after.level),
        ("external_id", &before.external_id, &after.external_id),
    ] {
        if old != new {
            was.insert(name.to_owned(), json!(old));
            is.insert(name.to_owned(), json!(new));
        }
    }
    (was, is)
}
