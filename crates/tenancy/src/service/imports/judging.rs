//! What becomes of a row: a pure rule over what it says, what is known, and what the importer may do.

use lyceum_kernel::{GroupId, PermissionMarker as _, Principal};

use super::known::{Candidates, Known, renames};
use super::row::{Person, RowFault};
use crate::model::membership::{Model, Status};
use crate::perm::UserManageRoles;
use crate::policy;
use crate::ports::RoleFacts;
use crate::service::members::keep_one;

/// Who imports, and what rows do not say.
pub(super) struct Rules<'r> {
    pub(super) who: &'r Principal,
    /// The role of newcomers whose row names none.
    pub(super) default_role: &'r str,
}

/// What becomes of somebody.
#[derive(Debug, Clone)]
pub(super) enum Decision {
    /// They are added.
    Add(Added),
    /// They are a member and change.
    Change(Box<Changed>),
    /// They are a member who may enter, and are kept out.
    KeepOut(Box<Model>),
    /// They are a member, and as the row says.
    Leave(Box<Model>),
    /// They are to be kept out, and are no member.
    Ignore,
}

impl Decision {
    /// The member who is meant.
    pub(super) fn member(&self) -> Option<&Model> {
        match self {
            Self::Change(changed) => Some(&changed.before),
            Self::KeepOut(member) | Self::Leave(member) => Some(member),
            Self::Add(_) | Self::Ignore => None,
        }
    }
}

/// With what somebody is added.
#[derive(Debug, Clone)]
pub(super) struct Added {
    pub(super) roles: Vec<RoleFacts>,
    pub(super) groups: Vec<GroupId>,
}

/// What changes about a member.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) before: Model,
    pub(super) after: Model,
    /// Sorted.
    pub(super) roles_before: Vec<String>,
    /// Roles that are added; none is ever taken.
    pub(super) new_roles: Vec<RoleFacts>,
    pub(super) new_groups: Vec<GroupId>,
    /// Whether the names of the account change.
    pub(super) renamed: bool,
}

/// Decides.
pub(super) fn judge(person: &Person, known: &Known, rules: &Rules<'_>) -> Result<Decision, RowFault> {
    match meant(person, known)? {
        Some(member) if person.keep_out => keep_out(member, known, rules),
        Some(member) => change(person, member, known, rules),
        None if person.keep_out => Ok(Decision::Ignore),
        None => add(person, known, rules),
    }
}

/// The member whom the row means: by external id, else by address, else by username.
fn meant<'k>(person: &Person, known: &'k Known) -> Result<Option<&'k Model>, RowFault> {
    let Candidates { external: by_external, email: by_email, username: by_username } = known.candidates(person);
    let other = |one: Option<&Model>, two: &Model| one.is_some_and(|one| one.user_id != two.user_id);
    let taken = |column: &str, value: &Option<String>, code, reason| {
        RowFault::new(code, reason).at(column).value(value.as_deref().unwrap_or_default())
    };
    let email_taken = || Err(taken("email", &person.email, "email-taken", "belongs to another member"));
    let username_taken = || Err(taken("username", &person.username, "username-taken", "belongs to another member"));
    if let Some(member) = by_external {
        return match (by_email, by_username) {
            (Some(one), _) if other(Some(member), one) => email_taken(),
            (_, Some(one)) if other(Some(member), one) => username_taken(),
            _ => Ok(Some(member)),
        };
    }
    let external_differs = |member: &Model| person.external_id.is_some() && member.external_id.is_some();
    if let Some(member) = by_email {
        if other(by_username, member) {
            return username_taken();
        }
        if external_differs(member) {
            let reason = "is not the id that this member has: change it there first";
            return Err(taken("external_id", &person.external_id, "external-id-differs", reason));
        }
        return Ok(Some(member));
    }
    // A username says who somebody is only where nothing says that it is somebody else.
    match by_username {
        Some(member) if external_differs(member) => username_taken(),
        Some(member) if person.email.is_some() && member.email.is_some() => username_taken(),
        found => Ok(found),
    }
}

fn add(person: &Person, known: &Known, rules: &Rules<'_>) -> Result<Decision, RowFault> {
    if person.email.is_none() {
        if person.username.is_none() {
            return Err(RowFault::new("missing", "is needed to add somebody: an address or a username").at("email"));
        }
        if person.password.is_none() {
            let reason = "is needed where there is no address that an invitation could go to";
            return Err(RowFault::new("missing", reason).at("password"));
        }
    }
    let default = [rules.default_role.to_owned()];
    let names = if person.roles.is_empty() { &default[..] } else { &person.roles[..] };
    let given = roles(names, known)?;
    if let Some(above) = given.iter().find(|role| !role.within(rules.who)) {
        return Err(above_yours(&above.name));
    }
    Ok(Decision::Add(Added { roles: given, groups: groups(person, known)? }))
}

fn above_yours(role: &str) -> RowFault {
    let reason = "is above the role of whoever imports, or allows what they may not do";
    RowFault::new("role-above-yours", reason).at("role").value(role)
}

fn roles(names: &[String], known: &Known) -> Result<Vec<RoleFacts>, RowFault> {
    let found = names.iter().map(|name| {
        known
            .role(name)
            .cloned()
            .ok_or_else(|| RowFault::new("unknown-role", "is not a role of the school").at("role").value(name))
    });
    found.collect()
}

fn groups(person: &Person, known: &Known) -> Result<Vec<GroupId>, RowFault> {
    let found = person.groups.iter().map(|name| {
        known
            .group(name)
            .ok_or_else(|| RowFault::new("unknown-group", "is not a group of the school").at("groups").value(name))
    });
    let mut groups: Vec<_> = found.collect::<Result<_, _>>()?;
    groups.sort_unstable();
    groups.dedup();
    Ok(groups)
}

fn rank_above() -> RowFault {
    RowFault::new("rank-above-yours", "is somebody of a rank above that of whoever imports")
}

fn keep_out(member: &Model, known: &Known, rules: &Rules<'_>) -> Result<Decision, RowFault> {
    if member.status == Status::Inactive {
        return Ok(Decision::Leave(Box::new(member.clone())));
    }
    policy::may_act_on(rules.who, member.rank()).map_err(|_| rank_above())?;
    policy::not_oneself(rules.who, member.user_id)
        .map_err(|_| RowFault::new("own-account", "is whoever imports: nobody keeps themselves out"))?;
    if member.rank() >= policy::ADMINISTRATOR && member.may_enter() {
        keep_one(&known.administrators, member.user_id)
            .map_err(|_| RowFault::new("last-administrator", "is the last who runs the school"))?;
    }
    Ok(Decision::KeepOut(Box::new(member.clone())))
}

fn change(person: &Person, member: &Model, known: &Known, rules: &Rules<'_>) -> Result<Decision, RowFault> {
    let mut after = member.clone();
    if person.level.is_some() {
        after.level.clone_from(&person.level);
    }
    if member.external_id.is_none() {
        after.external_id.clone_from(&person.external_id);
    }
    let renamed = renames(person, member) && known.manages(member);
    if renamed {
        after.full_name = person.full_name.clone().or(after.full_name);
        after.username = person.username.clone().or(after.username);
    }
    let held = known.roles_of(member.user_id);
    let mut new_roles = roles(&person.roles, known)?;
    new_roles.retain(|role| !held.contains(&role.name));
    let mut new_groups = groups(person, known)?;
    new_groups.retain(|group| !known.is_in(member.user_id, *group));
    if after == *member && new_roles.is_empty() && new_groups.is_empty() {
        return Ok(Decision::Leave(Box::new(member.clone())));
    }
    policy::may_act_on(rules.who, member.rank()).map_err(|_| rank_above())?;
    if let Some(role) = new_roles.first() {
        if !rules.who.may(UserManageRoles::PERMISSION) {
            let reason = "changes the roles of a member: that needs the permission user:manage_roles";
            return Err(RowFault::new("permission-missing", reason).at("role").value(&role.name));
        }
        policy::not_oneself(rules.who, member.user_id)
            .map_err(|_| RowFault::new("own-account", "changes the roles of whoever imports").at("role"))?;
        if let Some(above) = new_roles.iter().find(|role| !role.within(rules.who)) {
            return Err(above_yours(&above.name));
        }
    }
    let roles_before = held.to_vec();
    Ok(Decision::Change(Box::new(Changed {
        before: member.clone(),
        after,
        roles_before,
        new_roles,
        new_groups,
        renamed,
    })))
}
