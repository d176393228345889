//! The permissions that the routes of enrolments demand.

lyceum_kernel::permissions! {
    /// Read one's own enrolments, and those in the courses that one teaches.
    EnrollmentRead = "enrollment:read",
    /// Enrol oneself in courses that allow it, accept invitations to courses, and leave them.
    EnrollmentSelf = "enrollment:self",
    /// Enrol people in the courses that one teaches, one by one or many at once.
    EnrollmentCreate = "enrollment:create",
    /// Change the enrolments in the courses that one teaches, and how people come into them.
    EnrollmentUpdate = "enrollment:update",
    /// Delete and restore the enrolments in the courses that one teaches.
    EnrollmentDelete = "enrollment:delete",
    /// Act on the enrolments in every course of the school as if one taught it.
    EnrollmentManage = "enrollment:manage",
    /// Complete blocks of the courses that one takes part in.
    CompletionCreate = "completion:create",
    /// Read one's own completions, and those in the courses that one teaches.
    CompletionRead = "completion:read",
    /// Grade and comment completions in the courses that one teaches.
    CompletionGrade = "completion:grade",
    /// Read one's own progress, and that in the courses that one teaches.
    ProgressRead = "progress:read",
}
