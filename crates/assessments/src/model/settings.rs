//! How a test is taken: its settings, as they are stored and as the API has them.

use chrono::{DateTime, Utc};
use lyceum_web::text;
use lyceum_web::text::{LINE_PATTERN, is_line, string};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::bank::BankId;
use crate::deadline::Window;
use crate::points::Worth;

text!(
    /// What has to be typed to start.
    AccessCode,
    string("light-2026", (1, 64), LINE_PATTERN, "1 to 64 characters, not only spaces, no control characters."),
    |text| is_line(text, 64),
    "must be 1 to 64 characters, not only spaces, with no control characters"
);

text!(
    /// An address, or a network in CIDR notation.
    Network,
    string(
        "192.0.2.0/24",
        (2, 49),
        "^[0-9a-fA-F:.]{2,45}(/[0-9]{1,3})?$",
        "An IPv4 or IPv6 address, or a network in CIDR notation."
    ),
    |text| {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let digits = |prefix: &str| (1..=3).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_digit());
        (2..=45).contains(&address.len())
            && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.')
            && prefix.is_none_or(digits)
    },
    "must be an address or a network in CIDR notation"
);

/// Which attempt counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GradingMethod {
    /// The one with the most points.
    #[default]
    Highest,
    /// The last.
    Latest,
    /// The first.
    First,
    /// The mean of all.
    Average,
}

/// What becomes of an attempt that is still open when its time and the grace period are over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overdue {
    /// It is closed with what was saved, and counts.
    #[default]
    Submit,
    /// It is closed and counts for nothing.
    Abandon,
}

/// What is shown of an attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing to be shown or not")]
pub struct Shown {
    /// What was answered.
    #[schema(required = false)]
    pub answers: bool,
    /// The score, and whether it is enough.
    #[schema(required = false)]
    pub score: bool,
    /// The points of each question, and so whether it was right.
    #[schema(required = false)]
    pub points: bool,
    /// Feedback on options and questions, and comments.
    #[schema(required = false)]
    pub feedback: bool,
    /// The right answers.
    #[schema(required = false)]
    pub key: bool,
}

/// What whoever took the test is shown, and when. Staff of the test see all at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReviewPolicy {
    /// Within two minutes of handing in; answers, score and points if left out.
    #[schema(required = false)]
    pub right_after: Shown,
    /// Later, as long as the test is open; answers, score and points if left out.
    #[schema(required = false)]
    pub later: Shown,
    /// Once the test is closed for everybody; all if left out. A test without an end never is.
    #[schema(required = false)]
    pub after_close: Shown,
}

impl Default for ReviewPolicy {
    fn default() -> Self {
        let some = Shown { answers: true, score: true, points: true, ..Shown::default() };
        let all = Shown { answers: true, score: true, points: true, feedback: true, key: true };
        Self { right_after: some, later: some, after_close: all }
    }
}

/// Questions that are drawn from a bank for each attempt anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuestionDraw)]
pub struct Draw {
    /// The bank.
    pub bank_id: BankId,
    /// How many.
    #[validate(range(min = 1, max = 200))]
    #[schema(minimum = 1, maximum = 200)]
    pub count: u16,
    /// Only questions with this tag, whatever its case.
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub tag: Option<String>,
    /// Only questions of this difficulty.
    #[serde(default)]
    #[validate(range(min = 1, max = 5))]
    #[schema(minimum = 1, maximum = 5)]
    pub difficulty: Option<i16>,
    /// What each is worth; as the question says if left out.
    #[serde(default)]
    pub points: Option<Worth>,
    /// The section, from 0.
    #[serde(default)]
    #[validate(range(max = 49))]
    #[schema(maximum = 49, required = false)]
    pub section: u8,
}

/// How a test is taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema, FromJsonQueryResult)]
#[serde(deny_unknown_fields, default)]
#[schema(as = TestSettings)]
pub struct Settings {
    /// Nobody starts before.
    pub opens_at: Option<DateTime<Utc>>,
    /// Nobody answers after.
    pub closes_at: Option<DateTime<Utc>>,
    /// How long an attempt takes at most, in seconds.
    #[validate(range(min = 1, max = 31_536_000))]
    #[schema(minimum = 1, maximum = 31_536_000)]
    pub time_limit_s: Option<u32>,
    /// How long after the deadline answers are still taken, in seconds.
    #[validate(range(max = 86_400))]
    #[schema(maximum = 86_400, required = false)]
    pub grace_s: u32,
    /// What becomes of an attempt whose time is over; `submit` if left out.
    #[schema(required = false)]
    pub overdue: Overdue,
    /// How often somebody may take it; 0 for any number.
    #[validate(range(max = 1000))]
    #[schema(maximum = 1000, required = false)]
    pub max_attempts: u32,
    /// How long after an attempt the next may be started, in seconds.
    #[validate(range(max = 31_536_000))]
    #[schema(maximum = 31_536_000, required = false)]
    pub attempt_delay_s: u32,
    /// Which attempt counts; `highest` if left out.
    #[schema(required = false)]
    pub grading_method: GradingMethod,
    /// Whether questions stand in another order in each attempt, within their sections.
    #[schema(required = false)]
    pub shuffle_questions: bool,
    /// Whether options stand in another order in each attempt.
    #[schema(required = false)]
    pub shuffle_options: bool,
    /// Questions that are drawn for each attempt.
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50, required = false)]
    pub draws: Vec<Draw>,
    /// The share of the points that it takes to pass, in per cent; none if nobody passes or fails.
    #[validate(range(max = 100))]
    #[schema(maximum = 100)]
    pub pass_mark: Option<u8>,
    /// What a wrong answer costs, in per cent of the question's points. No answer costs nothing.
    #[validate(range(max = 100))]
    #[schema(maximum = 100, required = false)]
    pub wrong_answer_percent: u8,
    /// What has to be typed to start. Shown to staff of the test.
    pub access_code: Option<AccessCode>,
    /// From where the test may be taken; from anywhere if empty. Shown to staff of the test.
    #[validate(length(max = 50))]
    #[schema(max_items = 50, required = false)]
    pub addresses: Vec<Network>,
    /// What is shown, and when.
    #[schema(required = false)]
    pub review: ReviewPolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            opens_at: None,
            closes_at: None,
            time_limit_s: None,
            grace_s: 0,
            overdue: Overdue::Submit,
            max_attempts: 0,
            attempt_delay_s: 0,
            grading_method: GradingMethod::Highest,
            shuffle_questions: false,
            shuffle_options: false,
            draws: Vec::new(),
            pass_mark: None,
            wrong_answer_percent: 0,
            access_code: None,
            addresses: Vec::new(),
            review: ReviewPolicy::default(),
        }
    }
}

impl Settings {
    /// What has a say in deadlines.
    pub const fn window(&self) -> Window {
        Window {
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            time_limit_s: self.time_limit_s,
            grace_s: self.grace_s,
        }
    }

    /// Whether it can be taken in one step: nothing of it is secret before somebody starts.
    pub fn in_one_step(&self) -> bool {
        self.draws.is_empty()
            && self.time_limit_s.is_none()
            && self.access_code.is_none()
            && self.addresses.is_empty()
            && !self.shuffle_questions
            && !self.shuffle_options
    }
}
