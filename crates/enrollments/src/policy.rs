//! What may become of an enrolment, and whose it is to change: pure rules. That the caller holds the permission of the route is
//! settled before.

use lyceum_kernel::{CourseId, PermissionMarker as _, Principal, SchoolId, UserId};

use crate::model::enrollment::{Model, Status};
use crate::perm::EnrollmentManage;

/// Why an act is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Enrolments are changed by those who teach the course.
    #[error("you do not teach this course")]
    NotYours,
    /// How far somebody is, is theirs to see, and for those who teach them or run the school.
    #[error("this is not your progress, and you neither teach them nor run the school")]
    NotYourProgress,
    /// What was deleted is listed for those who may restore it.
    #[error("deleted ones are listed for those who may restore them")]
    DeletedForRestorers,
}

impl Refusal {
    /// The stable code of the problem.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotYours => "not-your-course",
            Self::NotYourProgress => "not-your-progress",
            Self::DeletedForRestorers => "not-allowed",
        }
    }
}

/// Who wants an enrolment to become something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Whoever it is about.
    Oneself,
    /// Somebody who teaches the course or runs the school.
    Staff,
    /// The program: a place fell free, everything is completed, somebody left the school or came back.
    Program,
}

/// Whether somebody may make an enrolment of one status one of another. Whether there is a place is another matter.
pub const fn may_become(actor: Actor, from: Status, to: Status) -> bool {
    use Status::{Active, Completed, Invited, Waiting, Withdrawn};
    match actor {
        // Whoever is invited accepts or declines; whoever withdrew may come again, or wait; nobody leaves what they have completed.
        Actor::Oneself => matches!(
            (from, to),
            (Invited, Active | Withdrawn) | (Active | Waiting, Withdrawn) | (Withdrawn, Active | Waiting)
        ),
        // Staff give places, complete and reopen, withdraw, and invite or take in again.
        Actor::Staff => matches!(
            (from, to),
            (Invited | Waiting | Completed, Active | Withdrawn)
                | (Active, Completed | Withdrawn)
                | (Withdrawn, Invited | Active | Waiting)
        ),
        // The program lets in who is next, completes and reopens, withdraws who left, and gives back what they had.
        Actor::Program => matches!(
            (from, to),
            (Invited, Withdrawn)
                | (Active, Completed | Withdrawn)
                | (Waiting | Completed, Active | Withdrawn)
                | (Withdrawn, Invited | Active | Waiting | Completed)
        ),
    }
}

/// Who looks at enrolments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The account.
    pub user: UserId,
    /// The school that they act in; none for platform staff, who see all.
    pub school: Option<SchoolId>,
    /// Whether every enrolment there is theirs to see.
    pub manages: bool,
    /// The courses that they teach.
    pub teaches: Vec<CourseId>,
}

impl Viewer {
    /// The caller, who teaches these.
    pub fn of(who: &Principal, teaches: Vec<CourseId>) -> Self {
        let manages = who.may(EnrollmentManage::PERMISSION) || who.school_id.is_none();
        Self { user: who.user_id, school: who.school_id, manages, teaches }
    }

    /// Whether an enrolment is there for them.
    pub fn sees(&self, row: &Model) -> bool {
        self.school.is_none_or(|school| school == row.school_id)
            && (row.user_id == self.user || self.oversees(row.course_id))
    }

    /// Whether the enrolments in a course are theirs to change.
    pub fn oversees(&self, course: CourseId) -> bool {
        self.manages || self.teaches.contains(&course)
    }

    /// Changes are for those who teach the course.
    pub fn may_change(&self, course: CourseId) -> Result<(), Refusal> {
        if self.school.is_some() && self.oversees(course) { Ok(()) } else { Err(Refusal::NotYours) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Status; 5] = [Status::Invited, Status::Active, Status::Waiting, Status::Completed, Status::Withdrawn];

    /// One line for each status that it has, one column for each that it would have.
    fn allowed(actor: Actor) -> [[bool; 5]; 5] {
        ALL.map(|from| ALL.map(|to| may_become(actor, from, to)))
    }

    /// As it is written: `x` may, `.` may not.
    fn table(lines: [&str; 5]) -> [[bool; 5]; 5] {
        lines.map(|line| {
            let mut row = [false; 5];
            for (cell, mark) in row.iter_mut().zip(line.split_whitespace()) {
                *cell = mark == "x";
            }
            row
        })
    }

    #[test]
    fn what_may_become_of_an_enrolment() {
        // To:     invited active waiting completed withdrawn
        let oneself = table([
            ". x . . x", // invited
            ". . . . x", // active
            ". . . . x", // waiting
            ". . . . .", // completed
            ". x x . .", // withdrawn
        ]);
        let staff = table([
            ". x . . x", //
            ". . . x x", //
            ". x . . x", //
            ". x . . x", //
            "x x x . .", //
        ]);
        let program = table([
            ". . . . x", //
            ". . . x x", //
            ". x . . x", //
            ". x . . x", //
            "x x x x .", //
        ]);
        assert_eq!(allowed(Actor::Oneself), oneself);
        assert_eq!(allowed(Actor::Staff), staff);
        assert_eq!(allowed(Actor::Program), program);
    }
}
