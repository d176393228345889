//! Who sees and who changes a course: pure rules. That the caller holds the permission of the route is settled before.

use lyceum_kernel::{PermissionMarker as _, Principal, SchoolId, Scope, UserId};

use crate::model::block::{Completion, Kind};
use crate::model::course::{self, Status, Visibility};
use crate::perm::{CourseManage, CourseRead};

/// Why an act is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Courses are changed by those who own or teach them.
    #[error("this course is neither yours nor do you teach it")]
    NotYours,
    /// Who owns and who teaches a course its owner says.
    #[error("only its owner gives a course away or says who teaches it")]
    OwnerOnly,
    /// A rating is its author's.
    #[error("this rating is somebody else's")]
    NotYourRating,
    /// What is for members is listed for members.
    #[error("courses for members are listed for members of a school")]
    MembershipNeeded,
    /// What was deleted is listed for those who may restore it.
    #[error("deleted ones are listed for those who may restore them")]
    DeletedForRestorers,
}

impl Refusal {
    /// The stable code of the problem.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotYours => "not-your-course",
            Self::OwnerOnly => "owner-only",
            Self::NotYourRating => "not-your-rating",
            Self::MembershipNeeded => "membership-needed",
            Self::DeletedForRestorers => "not-allowed",
        }
    }
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The account.
    pub user: UserId,
    /// Whose courses are within reach: the active school's, all of them for platform staff, or only what is public.
    pub scope: Scope,
    /// Whether the school's courses for its members are theirs to read.
    pub reads: bool,
    /// Whether every course of the school is theirs.
    pub manages: bool,
}

impl Viewer {
    /// The caller.
    pub fn of(who: &Principal) -> Self {
        Self {
            user: who.user_id,
            scope: who.scope(),
            reads: who.may(CourseRead::PERMISSION),
            manages: who.may(CourseManage::PERMISSION),
        }
    }

    /// The school that they act in.
    pub const fn school(&self) -> Option<SchoolId> {
        self.scope.school()
    }

    /// Whether a course is theirs to change: they own it, teach it, or run the school.
    pub fn teaches(&self, course: &course::Model) -> bool {
        let mine = course.owner_id == self.user || course.teacher_ids.0.contains(&self.user);
        self.school() == Some(course.school_id) && (self.manages || mine)
    }

    /// Whether a course that was not deleted is there for them. `takes_part`: whether they are enrolled in it.
    pub fn sees(&self, course: &course::Model, takes_part: bool) -> bool {
        let open = course.status == Status::Published;
        match self.scope {
            Scope::None => open && course.visibility == Visibility::Public && course.offered,
            Scope::Platform => self.reads,
            Scope::School(school) => {
                let for_them = match course.visibility {
                    Visibility::Public => open,
                    Visibility::Member => open && self.reads,
                    Visibility::Private => false,
                };
                let attended = takes_part && course.status != Status::Draft;
                school == course.school_id && (for_them || attended || self.teaches(course))
            }
        }
    }

    /// Whether it depends on their taking part that they see a course.
    pub fn sees_only_if_enrolled(&self, course: &course::Model) -> bool {
        !self.sees(course, false) && self.sees(course, true)
    }

    /// Changes to a course are for those who teach it.
    pub fn may_edit(&self, course: &course::Model) -> Result<(), Refusal> {
        if self.teaches(course) { Ok(()) } else { Err(Refusal::NotYours) }
    }

    /// Who owns and who teaches a course is its owner's to say, and of those who run the school.
    pub fn may_hand_over(&self, course: &course::Model) -> Result<(), Refusal> {
        let theirs = self.school() == Some(course.school_id) && (self.manages || course.owner_id == self.user);
        if theirs { Ok(()) } else { Err(Refusal::OwnerOnly) }
    }
}

/// What a block of some type must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// An address.
    pub url: bool,
    /// A file.
    pub file: bool,
}

/// Whether a block has what its type needs: a link leads somewhere, a film and a document are somewhere.
pub const fn is_whole(kind: Kind, has: Parts) -> bool {
    match kind {
        Kind::Link => has.url,
        Kind::Video | Kind::Document => has.url || has.file,
        Kind::Lesson | Kind::Quiz | Kind::Assignment => true,
    }
}

/// Whether a block of some type can be completed so: only quizzes are passed, and only assignments are handed in.
pub const fn fits(kind: Kind, completion: Completion) -> bool {
    match completion {
        Completion::Manual | Completion::Viewed => true,
        Completion::Passed => matches!(kind, Kind::Quiz),
        Completion::Submitted => matches!(kind, Kind::Quiz | Kind::Assignment),
    }
}

#[cfg(test)]
mod tests {
    use lyceum_kernel::CourseId;
    use uuid::Uuid;

    use super::*;
    use crate::model::course::{Tags, Teachers};

    fn school(number: u128) -> SchoolId {
        SchoolId(Uuid::from_u128(number))
    }

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    const OWNER: u128 = 1;
    const TEACHER: u128 = 2;
    const OTHER: u128 = 3;

    fn course(visibility: Visibility, status: Status, offered: bool) -> course::Model {
        course::Model {
            school_id: school(1),
            id: CourseId(Uuid::from_u128(1)),
            owner_id: user(OWNER),
            title: String::new(),
            title_key: String::new(),
            description: None,
            code: None,
            code_key: None,
            slug: None,
            level: None,
            tags: Tags::default(),
            teacher_ids: Teachers(vec![user(TEACHER)]),
            visibility,
            status,
            starts_at: None,
            ends_at: None,
            cover_file_id: None,
            offered,
            rating_count: 0,
            rating_sum: 0,
            outline_version: 1,
            version: 1,
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
            published_at: None,
            archived_at: None,
            deleted_at: None,
            deletion_id: None,
        }
    }

    /// Every course there can be, as far as the rules can tell them apart.
    fn courses() -> Vec<course::Model> {
        let mut all = Vec::new();
        for visibility in [Visibility::Public, Visibility::Member, Visibility::Private] {
            for status in [Status::Draft, Status::Published, Status::Archived] {
                for offered in [true, false] {
                    all.push(course(visibility, status, offered));
                }
            }
        }
        all
    }

    /// Everybody there can be.
    fn viewers() -> Vec<Viewer> {
        let mut all = Vec::new();
        for scope in [Scope::None, Scope::Platform, Scope::School(school(1)), Scope::School(school(2))] {
            for who in [OWNER, TEACHER, OTHER] {
                for (reads, manages) in [(false, false), (true, false), (true, true), (false, true)] {
                    all.push(Viewer { user: user(who), scope, reads, manages });
                }
            }
        }
        all
    }

    #[test]
    fn who_sees_what() {
        for viewer in viewers() {
            for course in courses() {
                for takes_part in [false, true] {
                    let sees = viewer.sees(&course, takes_part);
                    let published = course.status == Status::Published;
                    let expected = if viewer.scope == Scope::None {
                        published && course.visibility == Visibility::Public && course.offered
                    } else if viewer.scope == Scope::Platform {
                        viewer.reads
                    } else if viewer.scope == Scope::School(school(2)) {
                        false
                    } else {
                        let attended = takes_part && course.status != Status::Draft;
                        let theirs = viewer.manages || viewer.user != user(OTHER) || attended;
                        theirs
                            || published
                                && (course.visibility == Visibility::Public
                                    || (course.visibility == Visibility::Member && viewer.reads))
                    };
                    assert_eq!(sees, expected, "{viewer:?} {course:?} {takes_part}");
                }
            }
        }
    }

    #[test]
    fn whoever_may_change_a_course_sees_it() {
        for viewer in viewers() {
            for course in courses() {
                let edits = viewer.may_edit(&course).is_ok();
                assert!(!edits || viewer.sees(&course, false), "{viewer:?} {course:?}");
                let here = viewer.scope == Scope::School(school(1));
                assert_eq!(edits, here && (viewer.manages || viewer.user != user(OTHER)));
                let hands_over = viewer.may_hand_over(&course).is_ok();
                assert_eq!(hands_over, here && (viewer.manages || viewer.user == user(OWNER)));
                assert_eq!(
                    viewer.sees_only_if_enrolled(&course),
                    !viewer.sees(&course, false) && viewer.sees(&course, true)
                );
            }
        }
    }

    #[test]
    fn blocks_have_what_their_type_needs() {
        let kinds = [Kind::Lesson, Kind::Video, Kind::Document, Kind::Link, Kind::Quiz, Kind::Assignment];
        let whole = |url, file| kinds.map(|kind| is_whole(kind, Parts { url, file }));
        assert_eq!(whole(false, false), [true, false, false, false, true, true]);
        assert_eq!(whole(true, false), [true; 6]);
        assert_eq!(whole(false, true), [true, true, true, false, true, true]);
        assert_eq!(whole(true, true), [true; 6]);
        let fit = |completion| kinds.map(|kind| fits(kind, completion));
        assert_eq!((fit(Completion::Manual), fit(Completion::Viewed)), ([true; 6], [true; 6]));
        assert_eq!(fit(Completion::Passed), [false, false, false, false, true, false]);
        assert_eq!(fit(Completion::Submitted), [false, false, false, false, true, true]);
    }
}
