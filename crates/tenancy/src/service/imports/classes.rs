//! Classes, which become groups, and who is in them.

use lyceum_kernel::events::tenancy::{GroupMemberAdded, GroupMemberRemoved};
use lyceum_kernel::{PermissionMarker as _, SchoolId, UserId};
use lyceum_platform::uow::{Audit, Tx};
use serde_json::json;

use super::judging::Rules;
use super::known::Known;
use super::row::{Class, Enrolment, RowFault};
use crate::error::TenancyError;
use crate::model::fold;
use crate::model::group::{Column, Model};
use crate::perm::{GroupCreate, GroupUpdate};
use crate::repo::groups::{self, Change};
use crate::service::TenancyService;
use crate::service::groups::{NewGroup, blank, insert};

/// What becomes of a class.
pub(super) enum ClassDecision {
    /// A group is made.
    Create,
    /// Its group gets another name.
    Rename(Box<Model>),
    /// Its group is there.
    Leave,
}

/// Decides about a class.
pub(super) fn judge_class(class: &Class, known: &Known, rules: &Rules<'_>) -> Result<ClassDecision, RowFault> {
    let decision = match known.class(&class.external_id) {
        None => ClassDecision::Create,
        // A name with something behind it, because the title alone was taken.
        Some(row) if row.name == class.title || class.names().contains(&row.name) => ClassDecision::Leave,
        Some(row) => ClassDecision::Rename(Box::new(row.clone())),
    };
    let allowed = match decision {
        ClassDecision::Create => rules.who.may(GroupCreate::PERMISSION),
        ClassDecision::Rename(_) => rules.who.may(GroupUpdate::PERMISSION),
        ClassDecision::Leave => true,
    };
    if allowed {
        return Ok(decision);
    }
    Err(RowFault::new("permission-missing", "needs a permission: group:create for new groups, group:update for others"))
}

/// Somebody in a class, found.
pub(super) struct Seat {
    pub(super) user: UserId,
    pub(super) group: lyceum_kernel::GroupId,
}

/// Whom and what an enrolment means.
pub(super) fn judge_enrolment(enrolment: &Enrolment, known: &Known, rules: &Rules<'_>) -> Result<Seat, RowFault> {
    let class = known.class(&enrolment.class).ok_or_else(|| unknown_class(enrolment))?;
    let member = known.member(&enrolment.person).ok_or_else(|| unknown_person(enrolment))?;
    may_enrol(rules)?;
    Ok(Seat { user: member.user_id, group: class.id })
}

pub(super) fn unknown_class(enrolment: &Enrolment) -> RowFault {
    let fault = RowFault::new("unknown-class", "is not a class of the file or the school");
    fault.at("classSourcedId").value(&enrolment.class)
}

pub(super) fn unknown_person(enrolment: &Enrolment) -> RowFault {
    let fault = RowFault::new("unknown-person", "is not somebody of the file or the school");
    fault.at("userSourcedId").value(&enrolment.person)
}

/// Whether the importer may say who is in groups.
pub(super) fn may_enrol(rules: &Rules<'_>) -> Result<(), RowFault> {
    if rules.who.may(GroupUpdate::PERMISSION) {
        return Ok(());
    }
    Err(RowFault::new("permission-missing", "says who is in a group: that needs the permission group:update"))
}

impl TenancyService {
    /// Makes a group of a class, or gives its group another name.
    pub(super) async fn write_class(
        &self,
        tx: &mut Tx,
        school: SchoolId,
        (class, decision): (&Class, ClassDecision),
        known: &mut Known,
    ) -> Result<bool, TenancyError> {
        if matches!(decision, ClassDecision::Leave) {
            return Ok(false);
        }
        let name = class.names().into_iter().find(|name| known.group(name).is_none());
        let Some(name) = name else { return Err(TenancyError::GroupNameTaken) };
        match decision {
            ClassDecision::Leave => Ok(false),
            ClassDecision::Create => {
                let row = blank(tx, NewGroup { school, name });
                let row = Model { external_id: Some(class.external_id.clone()), ..row };
                insert(tx, &row).await?;
                known.add_class(row);
                Ok(true)
            }
            ClassDecision::Rename(row) => {
                Change::of(&*row, tx.now())
                    .set(Column::Name, name.clone())
                    .set(Column::NameKey, fold(&name))
                    .apply(tx.conn())
                    .await?;
                let audit = Audit::of("tenancy.group_changed", "group", row.id.uuid()).school(Some(school));
                tx.audit(audit.before(json!({ "name": row.name })).after(json!({ "name": name })));
                known.add_class(Model { name_key: fold(&name), name, ..*row });
                Ok(false)
            }
        }
    }

    /// Puts people into groups and takes them out. How many changes that makes.
    pub(super) async fn write_enrolments(
        &self,
        tx: &mut Tx,
        school_id: SchoolId,
        seats: Vec<(Seat, bool)>,
        known: &mut Known,
    ) -> Result<i64, TenancyError> {
        let (mut added, mut changes) = (Vec::new(), 0);
        for (Seat { user, group }, ends) in seats {
            if known.is_in(user, group) != ends {
                continue;
            }
            known.note_group(user, group, !ends);
            changes += 1;
            if !ends {
                added.push((user, group));
                continue;
            }
            added.retain(|pair| *pair != (user, group));
            groups::remove_member(tx.conn(), school_id, group, user).await?;
            tx.emit(&GroupMemberRemoved { school_id, group_id: group, user_id: user });
            let audit = Audit::of("tenancy.group_member_removed", "group", group.uuid()).school(Some(school_id));
            tx.audit(audit.before(json!({ "user_id": user })));
        }
        groups::add_many(tx.conn(), school_id, &added, tx.now()).await?;
        for (user_id, group_id) in added {
            tx.emit(&GroupMemberAdded { school_id, group_id, user_id });
            let audit = Audit::of("tenancy.group_member_added", "group", group_id.uuid()).school(Some(school_id));
            tx.audit(audit.after(json!({ "user_id": user_id })));
        }
        Ok(changes)
    }
}
