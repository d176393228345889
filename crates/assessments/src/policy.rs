//! Who sees and who changes what: pure rules. That the caller holds the permission of the route is settled before.

use lyceum_kernel::{PermissionMarker as _, Principal, Scope, UserId};

use crate::model::bank;
use crate::perm::QuestionManage;

/// Why an act is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Banks are changed by those who own them.
    #[error("this question bank is somebody else's")]
    NotYourBank,
    /// Tests are changed by those who own or teach them.
    #[error("this test is neither yours nor do you teach it")]
    NotYourTest,
    /// Statistics of a course are for those who teach it.
    #[error("this course is not yours to teach")]
    NotYourCourse,
    /// Who sees a course does not take part in it for that.
    #[error("tests of a course are taken by those who take part in it")]
    NotTakingPart,
    /// The test is taken from elsewhere.
    #[error("this test cannot be taken from where you are")]
    WrongPlace,
    /// The code that has to be typed is another.
    #[error("this test needs its access code")]
    WrongAccessCode,
    /// What was deleted is listed for those who may restore it.
    #[error("deleted ones are listed for those who may restore them")]
    DeletedForRestorers,
}

impl Refusal {
    /// The stable code of the problem.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotYourBank => "not-your-bank",
            Self::NotYourTest => "not-your-test",
            Self::NotYourCourse => "not-your-course",
            Self::NotTakingPart => "not-taking-part",
            Self::WrongPlace => "wrong-place",
            Self::WrongAccessCode => "wrong-access-code",
            Self::DeletedForRestorers => "not-allowed",
        }
    }
}

/// What somebody is to a test that is there for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Staff of the test: it is theirs to change.
    Teaches,
    /// Staff of the platform: they read all and change nothing.
    Reads,
    /// They may take it.
    Takes,
    /// It is there for them, and not theirs to take.
    Sees,
}

impl Standing {
    /// Whether they see the key.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Teaches | Self::Reads)
    }
}

/// Who looks at question banks. Whoever does holds `question:read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankViewer {
    /// The account.
    pub user: UserId,
    /// Whose banks are within reach.
    pub scope: Scope,
    /// Whether every bank of the school is theirs.
    pub manages: bool,
}

impl BankViewer {
    /// The caller.
    pub fn of(who: &Principal) -> Self {
        Self { user: who.user_id, scope: who.scope(), manages: who.may(QuestionManage::PERMISSION) }
    }

    /// Whether they are within reach of everything in the scope: managers, and staff of the platform.
    pub const fn sees_all(&self) -> bool {
        self.manages || matches!(self.scope, Scope::Platform)
    }

    /// Whether a bank is there for them: it is theirs, or shared with the school.
    pub fn sees(&self, bank: &bank::Model) -> bool {
        self.sees_all() || bank.shared || bank.owner_id == self.user
    }

    /// Banks are changed by their owners and by those who manage them all.
    pub fn may_change(&self, bank: &bank::Model) -> Result<(), Refusal> {
        let theirs = self.scope.school() == Some(bank.school_id) && (self.manages || bank.owner_id == self.user);
        if theirs { Ok(()) } else { Err(Refusal::NotYourBank) }
    }
}

#[cfg(test)]
mod tests {
    use lyceum_kernel::SchoolId;
    use uuid::Uuid;

    use super::*;
    use crate::model::bank::BankId;

    #[test]
    fn whoever_may_change_a_bank_sees_it() {
        let school = |n| SchoolId(Uuid::from_u128(n));
        let user = |n| UserId(Uuid::from_u128(n));
        for shared in [true, false] {
            let bank = bank::Model {
                school_id: school(1),
                id: BankId(Uuid::nil()),
                owner_id: user(1),
                test_id: None,
                name: String::new(),
                description: None,
                shared,
                version: 1,
                created_at: chrono::DateTime::UNIX_EPOCH,
                updated_at: chrono::DateTime::UNIX_EPOCH,
                deleted_at: None,
                deletion_id: None,
            };
            for scope in [Scope::None, Scope::Platform, Scope::School(school(1)), Scope::School(school(2))] {
                for (who, manages) in [(1, false), (2, false), (2, true)] {
                    let viewer = BankViewer { user: user(who), scope, manages };
                    let (sees, changes) = (viewer.sees(&bank), viewer.may_change(&bank).is_ok());
                    assert!(sees || !changes);
                    assert_eq!(changes, scope == Scope::School(school(1)) && (who == 1 || manages));
                    assert_eq!(sees, shared || who == 1 || manages || scope == Scope::Platform);
                }
            }
        }
    }
}
