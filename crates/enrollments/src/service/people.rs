//! What enrolments keep of a person, and what becomes of them when somebody joins a school, leaves it, or is forgotten.

use lyceum_kernel::events::tenancy::InviteRedeemed;
use lyceum_kernel::{CourseId, SchoolId, Scope, UserId};
use lyceum_platform::uow::Tx;
use serde_json::{Value, json};

use super::EnrollmentsService;
use super::desk::{Desk, Wish};
use super::enrollments::take_in;
use crate::error::EnrollmentError;
use crate::model::enrollment::{Means, Model, Role, Status};
use crate::policy::Actor;
use crate::ports::MemberFacts;
use crate::repo::{completions, enrollments};

/// What is noted of all this.
const CHANGED: &str = "enrollments.enrollment_changed";

impl EnrollmentsService {
    /// Everything that enrolments keep about a person, for the export of personal data.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn personal_data(&self, person: UserId) -> Result<Value, EnrollmentError> {
        let db = self.platform.db.read(Scope::Platform);
        let rows = enrollments::all_of_person(&db, Scope::Platform, person).await?;
        let rows = rows.iter().map(|row| {
            json!({
                "id": row.id, "school_id": row.school_id, "course_id": row.course_id, "role": row.role,
                "status": row.status, "starts_at": row.starts_at, "ends_at": row.ends_at,
                "enrolled_at": row.enrolled_at, "completed_at": row.completed_at, "withdrawn_at": row.withdrawn_at,
                "created_at": row.created_at, "deleted_at": row.deleted_at,
            })
        });
        let done = completions::of_person(&db, person).await?;
        let done = done.iter().map(|row| {
            json!({
                "id": row.id, "school_id": row.school_id, "course_id": row.course_id, "block_id": row.block_id,
                "means": row.means, "url": row.url, "feedback": row.feedback, "grade": row.grade,
                "teacher_feedback": row.teacher_feedback, "graded_at": row.graded_at,
                "completed_at": row.completed_at, "deleted_at": row.deleted_at,
            })
        });
        let (enrollments, completions) = (rows.collect::<Vec<_>>(), done.collect::<Vec<_>>());
        Ok(json!({ "enrollments": enrollments, "completions": completions }))
    }

    /// Brings somebody's enrolments in a school in line with whether they belong to it now, whatever was said last: who does not is
    /// withdrawn from all courses, who does gets back what they had when they left.
    pub(crate) async fn follow_member(
        &self,
        tx: &mut Tx,
        school: SchoolId,
        user: UserId,
    ) -> Result<(), EnrollmentError> {
        let rows = enrollments::all_of_person(tx.conn(), Scope::School(school), user).await?;
        let mut desks = Vec::new();
        for course in courses_of(&rows) {
            desks.push(Desk::open(tx, school, course).await?);
        }
        if desks.is_empty() {
            return Ok(());
        }
        // Asked now that nobody else follows them: whoever comes next, asks again.
        let member = self.neighbours.people.members(school, &[user]).await?.remove(&user);
        for mut desk in desks {
            let row = enrollments::of_person(tx.conn(), (school, desk.row.course_id), user).await?;
            if let Some(row) = row {
                match member {
                    Some(member) => give_back(&mut desk, tx, &row, member).await?,
                    None => withdraw(&mut desk, tx, &row, true).await?,
                }
            }
            desk.close(tx).await?;
        }
        Ok(())
    }

    /// A member who waited got the id of their account: what was kept for the one is the other's.
    pub(crate) async fn rename_member(
        &self,
        tx: &mut Tx,
        school: SchoolId,
        (from, to): (UserId, UserId),
    ) -> Result<(), EnrollmentError> {
        let rows = enrollments::all_of_person(tx.conn(), Scope::School(school), from).await?;
        for course in courses_of(&rows) {
            let mut desk = Desk::open(tx, school, course).await?;
            let held = enrollments::of_person(tx.conn(), (school, course), from).await?;
            let theirs = enrollments::of_person(tx.conn(), (school, course), to).await?;
            if let Some(row) = held {
                let after = match theirs {
                    Some(_) => Model { deleted_at: Some(tx.now()), number: None, ..row.clone() },
                    None => Model { user_id: to, ..row.clone() },
                };
                desk.change(tx, CHANGED, &row, after).await?;
            }
            desk.close(tx).await?;
        }
        Ok(())
    }

    /// Withdraws somebody who is forgotten from all courses everywhere, and takes the words out of what they completed. The rows stay:
    /// once the account is anonymous the id in them says nothing.
    pub(crate) async fn forget_person(&self, tx: &mut Tx, user: UserId) -> Result<(), EnrollmentError> {
        let mut rows = enrollments::all_of_person(tx.conn(), Scope::Platform, user).await?;
        completions::forget_words(tx.conn(), user).await?;
        rows.retain(|row| row.deleted_at.is_none());
        rows.sort_by_key(|row| (row.school_id, row.course_id));
        for row in rows {
            let mut desk = Desk::open(tx, row.school_id, row.course_id).await?;
            let row = enrollments::of_person(tx.conn(), (row.school_id, row.course_id), user).await?;
            if let Some(row) = row {
                withdraw(&mut desk, tx, &row, false).await?;
            }
            desk.close(tx).await?;
        }
        Ok(())
    }

    /// Somebody came in by an invite that is for a course: they are enrolled in it. Where there is no place, and nobody waits,
    /// nothing happens.
    pub(crate) async fn follow_invite(&self, tx: &mut Tx, event: &InviteRedeemed) -> Result<(), EnrollmentError> {
        let Some(course) = event.course_id.map(CourseId) else { return Ok(()) };
        let (school, user) = (event.school_id, event.user_id);
        let Some(member) = self.neighbours.people.members(school, &[user]).await?.remove(&user) else { return Ok(()) };
        let found = self.neighbours.courses.course(school, course).await?;
        if found.is_none_or(|course| course.archived) {
            return Ok(());
        }
        let role = if member.staff && event.role != "student" { Role::Teacher } else { Role::Student };
        let wish = Wish { role, status: Status::Active, actor: Actor::Staff, by: None };
        let mut desk = Desk::open(tx, school, course).await?;
        let taken = take_in(&mut desk, tx, user, Means::Invite, wish, |_| ()).await;
        desk.close(tx).await?;
        match taken {
            Err(EnrollmentError::AlreadyEnrolled | EnrollmentError::CourseFull) => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// The courses of some enrolments, each once and always in the same order, so that two who hold several meet and do not block each
/// other.
fn courses_of(rows: &[Model]) -> Vec<CourseId> {
    let mut courses: Vec<_> = rows.iter().map(|row| row.course_id).collect();
    courses.sort_unstable();
    courses.dedup();
    courses
}

/// Somebody is withdrawn. `comes_back`: whether what they had is remembered.
async fn withdraw(desk: &mut Desk, tx: &mut Tx, row: &Model, comes_back: bool) -> Result<(), EnrollmentError> {
    if row.status == Status::Withdrawn {
        return Ok(());
    }
    let wish = Wish { role: row.role, status: Status::Withdrawn, actor: Actor::Program, by: None };
    let mut after = desk.granted(tx, row, wish)?;
    after.left_as = Some(row.status).filter(|_| comes_back);
    desk.change(tx, CHANGED, row, after).await?;
    Ok(())
}

/// Somebody gets back what they had when they left the school; where no place is left they wait, or stay withdrawn until they come
/// again.
async fn give_back(desk: &mut Desk, tx: &mut Tx, row: &Model, member: MemberFacts) -> Result<(), EnrollmentError> {
    let Some(status) = row.left_as else { return Ok(()) };
    if row.role == Role::Teacher && !member.staff {
        return Ok(());
    }
    let wish = Wish { role: row.role, status, actor: Actor::Program, by: None };
    match desk.granted(tx, row, wish) {
        Ok(after) => desk.change(tx, CHANGED, row, after).await.map(|_| ()),
        Err(EnrollmentError::CourseFull) => Ok(()),
        Err(error) => Err(error),
    }
}
