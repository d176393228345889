//! The permissions that the routes of assessments demand.

lyceum_kernel::permissions! {
    /// Read question banks and questions, keys included.
    QuestionRead = "question:read",
    /// Create question banks, and questions in one's own.
    QuestionCreate = "question:create",
    /// Change one's own question banks and the questions in them.
    QuestionUpdate = "question:update",
    /// Delete and restore one's own question banks and the questions in them.
    QuestionDelete = "question:delete",
    /// Act on every question bank of the school as if one owned it.
    QuestionManage = "question:manage",
    /// Read the tests that one may take or teaches.
    TestRead = "test:read",
    /// Take tests.
    TestTake = "test:take",
    /// Create tests, for the school or for courses that one teaches.
    TestCreate = "test:create",
    /// Change the tests that one owns or teaches.
    TestUpdate = "test:update",
    /// Publish the tests that one owns or teaches.
    TestPublish = "test:publish",
    /// Delete and restore the tests that one owns or teaches.
    TestDelete = "test:delete",
    /// Mark attempts at the tests that one owns or teaches, and see their statistics.
    TestGrade = "test:grade",
    /// Watch, close and give time to attempts at the tests that one owns or teaches.
    TestInvigilate = "test:invigilate",
    /// Act on every test of the school as if one owned it.
    TestManage = "test:manage",
}
