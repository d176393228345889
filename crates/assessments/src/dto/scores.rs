//! Views of scores: of courses, groups and people.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, TestId, UserId};
use lyceum_web::reply::csv::{self, Cell};
use serde::Serialize;
use utoipa::ToSchema;

use crate::scores::Spread;
use crate::statistics::HistogramBar;

/// How percentages of what there was to have spread; null where there are too few.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct PercentSpread {
    /// How many people.
    pub n: u64,
    /// The mean.
    pub mean: Option<f64>,
    /// The median.
    pub median: Option<f64>,
    /// The standard deviation of the sample.
    pub sd: Option<f64>,
    /// The lowest.
    pub min: Option<f64>,
    /// The highest.
    pub max: Option<f64>,
}

impl From<Spread> for PercentSpread {
    fn from(spread: Spread) -> Self {
        let Spread { n, mean, median, sd, min, max } = spread;
        Self { n, mean, median, sd, min, max }
    }
}

/// What people have of one test, by its grading method.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TestScores {
    /// The test.
    pub test_id: TestId,
    /// What it is called.
    pub title: String,
    /// The course that it belongs to.
    pub course_id: Option<CourseId>,
    /// Attempts that are marked to the last question.
    pub attempts: u64,
    /// Percentages of what there was to have, a person each.
    pub percent: PercentSpread,
    /// People for whom it is enough; null where the test has no pass mark.
    pub passed: Option<u64>,
    /// People for whom it is not enough.
    pub failed: Option<u64>,
}

/// What the tests of a course, or of a group, come to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "percent": {"n": 2, "mean": 75, "median": 75, "sd": 7.07, "min": 70, "max": 80},
    "histogram": [{"from_percent": 0, "to_percent": 5, "count": 0}], "tests": [{
        "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001", "title": "Light", "course_id": null, "attempts": 3,
        "percent": {"n": 2, "mean": 75, "median": 75, "sd": 7.07, "min": 70, "max": 80}, "passed": 2, "failed": 0
    }]
}))]
pub struct ScoresView {
    /// Of each person, the mean of their percentages over the tests that they took.
    pub percent: PercentSpread,
    /// The same in twenty bars.
    pub histogram: Vec<HistogramBar>,
    /// Test by test, the oldest first.
    pub tests: Vec<TestScores>,
}

impl ScoresView {
    /// The columns of [`Self::table`].
    pub const COLUMNS: [&str; 12] = [
        "row",
        "test_id",
        "title",
        "attempts",
        "n",
        "mean_percent",
        "median_percent",
        "sd_percent",
        "min_percent",
        "max_percent",
        "passed",
        "failed",
    ];

    /// As rows of a table: the whole, then test by test.
    pub fn table(&self) -> String {
        let mut table = String::new();
        let spread = |percent: &PercentSpread| {
            let PercentSpread { n, mean, median, sd, min, max } = *percent;
            [Cell::Count(n), mean.into(), median.into(), sd.into(), min.into(), max.into()]
        };
        let whole = [Cell::Text("all"), Cell::Empty, Cell::Empty, Cell::Empty];
        csv::write_figures(&mut table, whole.into_iter().chain(spread(&self.percent)).chain([Cell::Empty; 2]));
        for row in &self.tests {
            let id = row.test_id.to_string();
            let count = |count: Option<u64>| count.map_or(Cell::Empty, Cell::Count);
            let head = [Cell::Text("test"), Cell::Text(&id), Cell::Text(&row.title), Cell::Count(row.attempts)];
            let tail = [count(row.passed), count(row.failed)];
            csv::write_figures(&mut table, head.into_iter().chain(spread(&row.percent)).chain(tail));
        }
        table
    }
}

/// What somebody has of one test.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OwnScore {
    /// The test.
    pub test_id: TestId,
    /// What it is called.
    pub title: String,
    /// The course that it belongs to.
    pub course_id: Option<CourseId>,
    /// Attempts that are marked to the last question.
    pub attempts: u64,
    /// In per cent of what there was to have, by the grading method.
    pub percent: f64,
    /// Whether it is enough; null where the test has no pass mark.
    pub passed: Option<bool>,
    /// When the last of the attempts was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A month.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MonthOfScores {
    /// Year and month, in UTC.
    pub month: String,
    /// Attempts that were handed in or closed in it.
    pub attempts: u64,
    /// The mean of their percentages.
    pub mean_percent: Option<f64>,
    /// Seconds from the starts to the ends of the attempts.
    pub seconds: i64,
}

/// What somebody's tests come to. For themselves: as far as the review policies of the tests let them see their scores.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "attempts": 2, "seconds": 1200, "passed": 1, "failed": 0,
    "percent": {"n": 1, "mean": 80, "median": 80, "sd": null, "min": 80, "max": 80},
    "months": [{"month": "2026-11", "attempts": 2, "mean_percent": 75, "seconds": 1200}], "tests": [{
        "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001", "title": "Light", "course_id": null, "attempts": 2, "percent": 80,
        "passed": true, "finished_at": "2026-11-21T08:10:00Z"
    }]
}))]
pub struct PersonScores {
    /// Whose they are.
    pub user_id: UserId,
    /// Attempts that are marked to the last question, the latest 5,000 of them.
    pub attempts: u64,
    /// Seconds from the starts to the ends of these attempts.
    pub seconds: i64,
    /// Tests that they have passed.
    pub passed: u64,
    /// Tests that they have taken and not passed.
    pub failed: u64,
    /// Percentages of what there was to have, a test each.
    pub percent: PercentSpread,
    /// Month by month, the latest 24 in which there was anything, the oldest first.
    pub months: Vec<MonthOfScores>,
    /// Test by test, the one that was taken last first.
    pub tests: Vec<OwnScore>,
}

impl PersonScores {
    /// The columns of [`Self::table`].
    pub const COLUMNS: [&str; 7] = ["test_id", "title", "course_id", "attempts", "percent", "passed", "finished_at"];

    /// Test by test, as rows of a table.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for row in &self.tests {
            let (id, course) = (row.test_id.to_string(), row.course_id.map(|id| id.to_string()).unwrap_or_default());
            let passed = row.passed.map_or("", |passed| if passed { "true" } else { "false" });
            let finished = row.finished_at.map(|at| at.to_rfc3339()).unwrap_or_default();
            csv::write_figures(
                &mut table,
                [
                    Cell::Text(&id),
                    Cell::Text(&row.title),
                    Cell::Text(&course),
                    Cell::Count(row.attempts),
                    Cell::Number(row.percent),
                    Cell::Text(passed),
                    Cell::Text(&finished),
                ],
            );
        }
        table
    }
}
