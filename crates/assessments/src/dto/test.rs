//! Views of tests: with the key for those who teach it, without for those who take it.

use chrono::{DateTime, Utc};
use lyceum_kernel::{CourseId, GroupId, SchoolId, TestId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};
use validator::Validate;

use super::Deleted;
use crate::model::bank::BankId;
use crate::model::question::QuestionId;
use crate::model::settings::{GradingMethod, Settings};
use crate::model::test::{self, Section, Status};
use crate::model::test_override;
use crate::points::Points;
use crate::question::{Body, PublicBody};

/// What every question of a test has, for its staff.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TestQuestionMembers {
    /// The question.
    pub question_id: QuestionId,
    /// The revision that is asked.
    pub revision: i32,
    /// Whether the test stays at this revision.
    pub pinned: bool,
    /// The section, from 0.
    pub section: u8,
    /// What it is worth here.
    pub points: Points,
    /// What is asked, in Markdown.
    pub text: String,
    /// What everybody is told afterwards.
    pub feedback: Option<String>,
}

/// A question of a test, with its key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestQuestion {
    /// What every question has.
    #[serde(flatten)]
    pub members: TestQuestionMembers,
    /// What is special about its type.
    #[serde(flatten)]
    pub body: Body,
}

impl PartialSchema for TestQuestion {
    fn schema() -> RefOr<Schema> {
        Body::schema_with(&TestQuestionMembers::schema())
    }
}

impl ToSchema for TestQuestion {
    fn name() -> std::borrow::Cow<'static, str> {
        "TestQuestion".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        TestQuestionMembers::schemas(schemas);
        Body::schemas(schemas);
    }
}

/// What every question has for those who answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PublicQuestionMembers {
    /// The question: answers name it.
    pub question_id: QuestionId,
    /// The section, from 0.
    pub section: u8,
    /// What it is worth.
    pub points: Points,
    /// What is asked, in Markdown.
    pub text: String,
}

/// A question as those see it who answer: without its key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublicQuestion {
    /// What every question has.
    #[serde(flatten)]
    pub members: PublicQuestionMembers,
    /// What is shown of its type.
    #[serde(flatten)]
    pub body: PublicBody,
}

impl PartialSchema for PublicQuestion {
    fn schema() -> RefOr<Schema> {
        PublicBody::schema_with(&PublicQuestionMembers::schema())
    }
}

impl ToSchema for PublicQuestion {
    fn name() -> std::borrow::Cow<'static, str> {
        "PublicQuestion".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PublicQuestionMembers::schemas(schemas);
        PublicBody::schemas(schemas);
    }
}

/// A test with its key: for those who teach it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Test {
    /// The test.
    pub id: TestId,
    /// Its school.
    pub school_id: SchoolId,
    /// The course that it belongs to.
    pub course_id: Option<CourseId>,
    /// Whose it is.
    pub owner_id: UserId,
    /// Its own bank.
    pub bank_id: BankId,
    /// What it is called.
    pub title: String,
    /// What it is about, in Markdown.
    pub description: Option<String>,
    /// Whether it is open to those whom it is for.
    pub status: Status,
    /// Raised by every change of its questions; attempts keep those that they had.
    pub revision: i32,
    /// Its sections.
    pub sections: Vec<Section>,
    /// Its fixed questions in order.
    pub questions: Vec<TestQuestion>,
    /// What there is to have for the fixed questions.
    pub max_score: Points,
    /// How it is taken.
    pub settings: Settings,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was deleted; such tests are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Test {
    /// The row with its questions.
    pub fn of(row: test::Model, questions: Vec<TestQuestion>) -> Self {
        let test::Model {
            school_id,
            id,
            course_id,
            owner_id,
            bank_id,
            title,
            description,
            status,
            structure,
            adjustments: _,
            revision,
            settings,
            opens_at: _,
            closes_at: _,
            version,
            created_at,
            updated_at,
            published_at,
            deleted_at,
            deletion_id: _,
        } = row;
        Self {
            id,
            school_id,
            course_id,
            owner_id,
            bank_id,
            title,
            description,
            status,
            revision,
            sections: structure.sections,
            max_score: questions.iter().map(|question| question.members.points).sum(),
            questions,
            settings,
            version,
            created_at,
            updated_at,
            published_at,
            deleted_at,
        }
    }
}

/// How a test is taken, as far as it concerns those who take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicSettings {
    /// Nobody starts before.
    pub opens_at: Option<DateTime<Utc>>,
    /// Nobody answers after.
    pub closes_at: Option<DateTime<Utc>>,
    /// How long an attempt takes at most, in seconds.
    pub time_limit_s: Option<u32>,
    /// How often somebody may take it; 0 for any number.
    pub max_attempts: u32,
    /// How long after an attempt the next may be started, in seconds.
    pub attempt_delay_s: u32,
    /// Which attempt counts.
    pub grading_method: GradingMethod,
    /// The share of the points that it takes to pass, in per cent.
    pub pass_mark: Option<u8>,
    /// What a wrong answer costs, in per cent of the question's points.
    pub wrong_answer_percent: u8,
    /// Whether something has to be typed to start.
    pub needs_access_code: bool,
    /// Whether it can be taken in one step, by `POST /v1/tests/{id}/submit`.
    pub in_one_step: bool,
}

/// A test as those see it who take it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PublicTest {
    /// The test.
    pub id: TestId,
    /// The course that it belongs to.
    pub course_id: Option<CourseId>,
    /// What it is called.
    pub title: String,
    /// What it is about, in Markdown.
    pub description: Option<String>,
    /// Its sections.
    pub sections: Vec<Section>,
    /// Its questions, where it can be taken in one step and is open; else an attempt carries them.
    pub questions: Vec<PublicQuestion>,
    /// How it is taken.
    pub settings: PublicSettings,
    /// Raised by every change.
    pub version: i64,
}

impl PublicTest {
    /// The row with what may be shown of its questions.
    pub fn of(row: &test::Model, questions: Vec<PublicQuestion>) -> Self {
        let settings = &row.settings;
        Self {
            id: row.id,
            course_id: row.course_id,
            title: row.title.clone(),
            description: row.description.clone(),
            sections: row.structure.sections.clone(),
            questions,
            settings: PublicSettings {
                opens_at: settings.opens_at,
                closes_at: settings.closes_at,
                time_limit_s: settings.time_limit_s,
                max_attempts: settings.max_attempts,
                attempt_delay_s: settings.attempt_delay_s,
                grading_method: settings.grading_method,
                pass_mark: settings.pass_mark,
                wrong_answer_percent: settings.wrong_answer_percent,
                needs_access_code: settings.access_code.is_some(),
                in_one_step: settings.in_one_step(),
            },
            version: row.version,
        }
    }
}

/// A test: with its key for those who teach it, without for everybody else.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum TestView {
    /// With its key.
    Whole(Box<Test>),
    /// Without.
    Public(Box<PublicTest>),
}

/// A test in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001", "course_id": null, "title": "Light", "description": null,
    "status": "published", "opens_at": null, "closes_at": null, "time_limit_s": 3600, "version": 3,
    "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T07:55:00Z", "deleted_at": null
}))]
pub struct TestSummary {
    /// The test.
    pub id: TestId,
    /// The course that it belongs to.
    pub course_id: Option<CourseId>,
    /// What it is called.
    pub title: String,
    /// What it is about, in Markdown.
    pub description: Option<String>,
    /// Whether it is open to those whom it is for.
    pub status: Status,
    /// Nobody starts before.
    pub opens_at: Option<DateTime<Utc>>,
    /// Nobody answers after.
    pub closes_at: Option<DateTime<Utc>>,
    /// How long an attempt takes at most, in seconds.
    pub time_limit_s: Option<u32>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted; such tests are only seen with `?deleted=only`.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<test::Model> for TestSummary {
    fn from(row: test::Model) -> Self {
        Self {
            id: row.id,
            course_id: row.course_id,
            title: row.title,
            description: row.description,
            status: row.status,
            opens_at: row.opens_at,
            closes_at: row.closes_at,
            time_limit_s: row.settings.time_limit_s,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        }
    }
}

/// Which tests to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TestFilter {
    /// Only tests of this course.
    pub course_id: Option<CourseId>,
    /// Only tests in this status.
    #[param(inline)]
    pub status: Option<Status>,
    /// `only`: the deleted ones in place of the others; for those who may restore them.
    #[param(inline)]
    pub deleted: Option<Deleted>,
    /// Only those that changed at this moment or later.
    pub updated_since: Option<DateTime<Utc>>,
}

/// What is different in a test for a person or a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "test_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f5001", "user_id": "019aa5d2-6f00-7c3e-8000-5d1f1f6f2a01", "group_id": null,
    "opens_at": null, "closes_at": null, "time_limit_s": null, "added_minutes": null, "added_percent": 25,
    "max_attempts": null, "version": 1, "created_at": "2026-11-21T07:55:00Z", "updated_at": "2026-11-21T07:55:00Z"
}))]
pub struct TestOverride {
    /// The test.
    pub test_id: TestId,
    /// The person, if it is one.
    pub user_id: Option<UserId>,
    /// The group, if it is one.
    pub group_id: Option<GroupId>,
    /// Another beginning.
    pub opens_at: Option<DateTime<Utc>>,
    /// Another end.
    pub closes_at: Option<DateTime<Utc>>,
    /// Another limit, in seconds.
    pub time_limit_s: Option<u32>,
    /// Minutes more.
    pub added_minutes: Option<u32>,
    /// Per cent of the limit more.
    pub added_percent: Option<u32>,
    /// Another number of attempts; 0 for any.
    pub max_attempts: Option<u32>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<test_override::Model> for TestOverride {
    fn from(row: test_override::Model) -> Self {
        let allowance = row.allowance.0;
        Self {
            test_id: row.test_id,
            user_id: row.user_id,
            group_id: row.group_id,
            opens_at: allowance.opens_at,
            closes_at: allowance.closes_at,
            time_limit_s: allowance.time_limit_s,
            added_minutes: allowance.added_minutes,
            added_percent: allowance.added_percent,
            max_attempts: allowance.max_attempts,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
