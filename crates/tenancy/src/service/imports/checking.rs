//! The first step: every row is read and judged, nothing is changed.

use std::collections::{HashMap, HashSet};

use lyceum_kernel::{SchoolId, UserId};
use lyceum_platform::uow::Tx;

use super::classes::{ClassDecision, judge_class, may_enrol, unknown_class, unknown_person};
use super::judging::{Decision, Rules, judge};
use super::known::Known;
use super::row::{Content, Enrolment, Person, Placed, Row, RowFault};
use super::running::Counts;
use crate::error::TenancyError;
use crate::model::fold;
use crate::service::TenancyService;

/// What was seen of the file so far.
#[derive(Default)]
pub(super) struct Seen {
    externals: HashMap<String, u64>,
    usernames: HashMap<String, u64>,
    emails: HashMap<String, u64>,
    members: HashMap<UserId, u64>,
    /// External ids of people who are, or will be, in the school.
    people: HashSet<String>,
    classes: HashSet<String>,
    /// Rows in all.
    pub(super) rows: i64,
    /// What would come of it.
    pub(super) counts: Counts,
}

impl Seen {
    /// Two rows must not be about the same person.
    fn doubles(&mut self, row: &Row, person: &Person) -> Option<RowFault> {
        let line = row.line;
        let first = |known: &mut HashMap<String, u64>, key: Option<String>, column: &str, value: &Option<String>| {
            let before = *known.entry(key?).or_insert(line);
            let fault = || RowFault::new("duplicate", format!("stands on line {before} already"));
            (before != line).then(|| fault().at(column).value(value.as_deref().unwrap_or_default()))
        };
        let id = first(&mut self.externals, person.external_id.clone(), "external_id", &person.external_id);
        let name = first(&mut self.usernames, person.username.as_deref().map(fold), "username", &person.username);
        let mail = first(&mut self.emails, person.email.as_deref().map(fold), "email", &person.email);
        id.or(name).or(mail)
    }

    fn same_member(&mut self, row: &Row, user: UserId) -> Option<RowFault> {
        let before = *self.members.entry(user).or_insert(row.line);
        (before != row.line).then(|| RowFault::new("duplicate", format!("is about the same member as line {before}")))
    }
}

impl TenancyService {
    /// Judges some rows. What is wrong with them is given back.
    pub(super) async fn check_rows(
        &self,
        tx: &Tx,
        school: SchoolId,
        rows: &[Row],
        rules: &Rules<'_>,
        seen: &mut Seen,
    ) -> Result<Vec<Placed>, TenancyError> {
        let known = self.known(tx, school, rows, rules.default_role).await?;
        let mut faults = Vec::new();
        for row in rows {
            seen.rows += 1;
            let found = if row.faults.is_empty() {
                self.check_row(row, &known, rules, seen).err().into_iter().collect()
            } else {
                row.faults.clone()
            };
            if !found.is_empty() {
                seen.counts.skipped += 1;
            }
            faults.extend(found.into_iter().map(|fault| row.wrong(fault)));
        }
        Ok(faults)
    }

    fn check_row(&self, row: &Row, known: &Known, rules: &Rules<'_>, seen: &mut Seen) -> Result<(), RowFault> {
        match &row.content {
            Content::Nothing => seen.counts.skipped += 1,
            Content::Person(person) => self.check_person(row, person, (known, rules), seen)?,
            Content::Class(class) => {
                if !seen.classes.insert(class.external_id.clone()) {
                    let fault = RowFault::new("duplicate", "stands in the file already");
                    return Err(fault.at("sourcedId").value(&class.external_id));
                }
                if matches!(judge_class(class, known, rules)?, ClassDecision::Create) {
                    seen.counts.groups_created += 1;
                }
            }
            Content::Enrolment(enrolment) => check_enrolment(enrolment, (known, rules), seen)?,
        }
        Ok(())
    }

    fn check_person(
        &self,
        row: &Row,
        person: &Person,
        (known, rules): (&Known, &Rules<'_>),
        seen: &mut Seen,
    ) -> Result<(), RowFault> {
        if let Some(fault) = seen.doubles(row, person) {
            return Err(fault);
        }
        let decision = judge(person, known, rules)?;
        if let Some(member) = decision.member()
            && let Some(fault) = seen.same_member(row, member.user_id)
        {
            return Err(fault);
        }
        if matches!(decision, Decision::Add(_)) {
            self.judge_password(person)?;
        }
        if !matches!(decision, Decision::Ignore) {
            seen.people.extend(person.external_id.clone());
        }
        seen.counts.add(&decision, person);
        Ok(())
    }

    /// A password that is easily guessed is a fault, though it has the right form.
    fn judge_password(&self, person: &Person) -> Result<(), RowFault> {
        let Some(password) = &person.password else { return Ok(()) };
        let names = [&person.username, &person.email, &person.full_name];
        let names: Vec<&str> = names.into_iter().filter_map(Option::as_deref).collect();
        self.accounts.judge_password(&names, password).map_err(|error| {
            let reason =
                error.faults().into_iter().next().map_or_else(|| error.to_string().into(), |fault| fault.message);
            RowFault::new("password", reason).at("password")
        })
    }
}

/// Whom and what it means may come with the file itself.
fn check_enrolment(
    enrolment: &Enrolment,
    (known, rules): (&Known, &Rules<'_>),
    seen: &mut Seen,
) -> Result<(), RowFault> {
    let (class, member) = (known.class(&enrolment.class), known.member(&enrolment.person));
    if class.is_none() && !seen.classes.contains(&enrolment.class) {
        return Err(unknown_class(enrolment));
    }
    if member.is_none() && !seen.people.contains(&enrolment.person) {
        return Err(unknown_person(enrolment));
    }
    may_enrol(rules)?;
    let is_in = class.zip(member).is_some_and(|(class, member)| known.is_in(member.user_id, class.id));
    seen.counts.group_changes += i64::from(is_in == enrolment.ends);
    Ok(())
}
