//! The permissions that the routes of courses demand.

lyceum_kernel::permissions! {
    /// Read the school's courses that are published for its members.
    CourseRead = "course:read",
    /// Create courses, and duplicate one's own.
    CourseCreate = "course:create",
    /// Change the courses that one owns or teaches: their settings, sections and blocks.
    CourseUpdate = "course:update",
    /// Publish and archive the courses that one owns or teaches.
    CoursePublish = "course:publish",
    /// Delete and restore the courses that one owns or teaches.
    CourseDelete = "course:delete",
    /// Act on every course of the school as if one owned it.
    CourseManage = "course:manage",
    /// Rate courses that one has completed.
    CourseRate = "course:rate",
}
