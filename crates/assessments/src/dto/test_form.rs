//! Tests as their authors send them.

use chrono::{DateTime, Utc};
use lyceum_kernel::CourseId;
use lyceum_web::MergeField;
use lyceum_web::extract::present;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use validator::{Validate, ValidationErrors};

use super::question_form::PutQuestion;
use super::text::TestTitle;
use crate::model::question::QuestionId;
use crate::model::settings::{AccessCode, Draw, GradingMethod, Network, Overdue, ReviewPolicy, Settings};
use crate::model::test::Section;
use crate::points::Worth;
use crate::question::read_part;

/// A question from a bank.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The question.
    pub question_id: QuestionId,
    /// The revision that it is to stay at; it follows the latest if left out.
    #[serde(default)]
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub revision: Option<i32>,
    /// What it is worth here; as the question says if left out.
    #[serde(default)]
    pub points: Option<Worth>,
    /// The section, from 0.
    #[serde(default)]
    #[validate(range(max = 49))]
    #[schema(maximum = 49, required = false)]
    pub section: u8,
}

/// A question of a test: one from a bank, or a new one for the test's own bank, in whole.
#[derive(Debug, Clone)]
pub enum TestItem {
    /// From a bank.
    Reference(Reference),
    /// In whole, and its section.
    Inline(Box<PutQuestion>, u8),
}

/// Sections are numbered up to here.
const LAST_SECTION: u8 = 49;

impl<'de> Deserialize<'de> for TestItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Map::deserialize(deserializer)?;
        if members.contains_key("question_id") {
            return read_part(Value::Object(members)).map(Self::Reference).map_err(D::Error::custom);
        }
        let section = members.remove("section").map_or(Some(0.0), |section| section.as_f64());
        let section = section
            .and_then(|section| (0..=LAST_SECTION).find(|place| (f64::from(*place) - section).abs() < f64::EPSILON));
        let section = section.ok_or_else(|| D::Error::custom("must have a section from 0 to 49"))?;
        let question = PutQuestion::read(members).map_err(D::Error::custom)?;
        Ok(Self::Inline(Box::new(question), section))
    }
}

/// The validator wants it of what a list holds; it is sent nowhere.
impl Serialize for TestItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl Validate for TestItem {
    fn validate(&self) -> Result<(), ValidationErrors> {
        match self {
            Self::Reference(reference) => reference.validate(),
            Self::Inline(question, _) => question.validate(),
        }
    }
}

impl PartialSchema for TestItem {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::OneOf(mut types)) = PutQuestion::schema() else { return Reference::schema() };
        let section = || {
            let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(LAST_SECTION));
            number.description(Some("The section, from 0.")).build()
        };
        for one in &mut types.items {
            if let RefOr::T(Schema::Object(object)) = one {
                object.properties.insert("section".to_owned(), section().into());
            }
        }
        if let RefOr::T(Schema::Object(mut reference)) = Reference::schema() {
            reference.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            types.items.insert(0, RefOr::T(Schema::Object(reference)));
        }
        RefOr::T(Schema::OneOf(types))
    }
}

impl ToSchema for TestItem {
    fn name() -> std::borrow::Cow<'static, str> {
        "PutTestQuestion".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Reference::schemas(schemas);
        PutQuestion::schemas(schemas);
    }
}

/// A test to be made, or the whole of what can be changed about one.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Light", "questions": [{"type": "true_false", "text": "Leaves are green.", "correct": true}],
    "settings": {"pass_mark": 50}
}))]
pub struct PutTest {
    /// What it is called.
    pub title: TestTitle,
    /// What it is about, in Markdown.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// The course that it belongs to: one that the caller teaches. Without one it is for all of the school.
    #[serde(default)]
    pub course_id: Option<CourseId>,
    /// Its sections.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50, required = false)]
    pub sections: Vec<Section>,
    /// Its questions in order. One that is given in whole goes to the test's own bank, unless the same is there already.
    #[serde(default)]
    #[validate(length(max = 500), nested)]
    #[schema(max_items = 500, required = false)]
    pub questions: Vec<TestItem>,
    /// How it is taken.
    #[serde(default)]
    #[validate(nested)]
    #[schema(required = false)]
    pub settings: Settings,
}

/// A merge patch (RFC 7396) of a test.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"settings": {"closes_at": "2026-12-01T12:00:00Z"}}))]
pub struct PatchTest {
    /// What it is called.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = TestTitle, required = false)]
    pub title: Option<TestTitle>,
    /// What it is about, in Markdown.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(value_type = Option<String>, max_length = 5000)]
    pub description: MergeField<String>,
    /// The course that it belongs to.
    #[serde(default)]
    #[schema(value_type = Option<CourseId>)]
    pub course_id: MergeField<CourseId>,
    /// Its sections.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = 50), nested)]
    #[schema(value_type = Vec<Section>, max_items = 50, required = false)]
    pub sections: Option<Vec<Section>>,
    /// Its questions in order, all of them.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = 500), nested)]
    #[schema(value_type = Vec<TestItem>, max_items = 500, required = false)]
    pub questions: Option<Vec<TestItem>>,
    /// How it is taken: what is named.
    #[serde(default, deserialize_with = "present")]
    #[validate(nested)]
    #[schema(value_type = PatchSettings, required = false)]
    pub settings: Option<PatchSettings>,
}

/// A merge patch of settings.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PatchTestSettings)]
pub struct PatchSettings {
    /// Nobody starts before.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub opens_at: MergeField<DateTime<Utc>>,
    /// Nobody answers after.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub closes_at: MergeField<DateTime<Utc>>,
    /// How long an attempt takes at most, in seconds.
    #[serde(default)]
    #[validate(range(min = 1, max = 31_536_000))]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 31_536_000)]
    pub time_limit_s: MergeField<u32>,
    /// How long after the deadline answers are still taken, in seconds.
    #[serde(default, deserialize_with = "present")]
    #[validate(range(max = 86_400))]
    #[schema(value_type = u32, maximum = 86_400, required = false)]
    pub grace_s: Option<u32>,
    /// What becomes of an attempt whose time is over.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Overdue, required = false)]
    pub overdue: Option<Overdue>,
    /// How often somebody may take it; 0 for any number.
    #[serde(default, deserialize_with = "present")]
    #[validate(range(max = 1000))]
    #[schema(value_type = u32, maximum = 1000, required = false)]
    pub max_attempts: Option<u32>,
    /// How long after an attempt the next may be started, in seconds.
    #[serde(default, deserialize_with = "present")]
    #[validate(range(max = 31_536_000))]
    #[schema(value_type = u32, maximum = 31_536_000, required = false)]
    pub attempt_delay_s: Option<u32>,
    /// Which attempt counts.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = GradingMethod, required = false)]
    pub grading_method: Option<GradingMethod>,
    /// Whether questions stand in another order in each attempt.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    pub shuffle_questions: Option<bool>,
    /// Whether options stand in another order in each attempt.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    pub shuffle_options: Option<bool>,
    /// Questions that are drawn for each attempt, all of them.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = 50), nested)]
    #[schema(value_type = Vec<Draw>, max_items = 50, required = false)]
    pub draws: Option<Vec<Draw>>,
    /// The share of the points that it takes to pass, in per cent.
    #[serde(default)]
    #[validate(range(max = 100))]
    #[schema(value_type = Option<u8>, maximum = 100)]
    pub pass_mark: MergeField<u8>,
    /// What a wrong answer costs, in per cent of the question's points.
    #[serde(default, deserialize_with = "present")]
    #[validate(range(max = 100))]
    #[schema(value_type = u8, maximum = 100, required = false)]
    pub wrong_answer_percent: Option<u8>,
    /// What has to be typed to start.
    #[serde(default)]
    #[schema(value_type = Option<AccessCode>)]
    pub access_code: MergeField<AccessCode>,
    /// From where the test may be taken.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = 50))]
    #[schema(value_type = Vec<Network>, max_items = 50, required = false)]
    pub addresses: Option<Vec<Network>>,
    /// What is shown, and when: the whole policy.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = ReviewPolicy, required = false)]
    pub review: Option<ReviewPolicy>,
}

impl PatchSettings {
    /// The settings as they are afterwards.
    pub fn apply_to(self, before: Settings) -> Settings {
        Settings {
            opens_at: self.opens_at.apply_to(before.opens_at),
            closes_at: self.closes_at.apply_to(before.closes_at),
            time_limit_s: self.time_limit_s.apply_to(before.time_limit_s),
            grace_s: self.grace_s.unwrap_or(before.grace_s),
            overdue: self.overdue.unwrap_or(before.overdue),
            max_attempts: self.max_attempts.unwrap_or(before.max_attempts),
            attempt_delay_s: self.attempt_delay_s.unwrap_or(before.attempt_delay_s),
            grading_method: self.grading_method.unwrap_or(before.grading_method),
            shuffle_questions: self.shuffle_questions.unwrap_or(before.shuffle_questions),
            shuffle_options: self.shuffle_options.unwrap_or(before.shuffle_options),
            draws: self.draws.unwrap_or(before.draws),
            pass_mark: self.pass_mark.apply_to(before.pass_mark),
            wrong_answer_percent: self.wrong_answer_percent.unwrap_or(before.wrong_answer_percent),
            access_code: self.access_code.apply_to(before.access_code),
            addresses: self.addresses.unwrap_or(before.addresses),
            review: self.review.unwrap_or(before.review),
        }
    }
}

/// What is different for a person or a group: what is left out stays as the test, or the group, has it.
#[derive(Debug, Clone, Copy, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"added_percent": 25}))]
pub struct PutOverride {
    /// Another beginning.
    #[serde(default)]
    pub opens_at: Option<DateTime<Utc>>,
    /// Another end.
    #[serde(default)]
    pub closes_at: Option<DateTime<Utc>>,
    /// Another limit, in seconds.
    #[serde(default)]
    #[validate(range(min = 1, max = 31_536_000))]
    #[schema(minimum = 1, maximum = 31_536_000)]
    pub time_limit_s: Option<u32>,
    /// Minutes more. The end of the test is as much later.
    #[serde(default)]
    #[validate(range(max = 100_000))]
    #[schema(maximum = 100_000)]
    pub added_minutes: Option<u32>,
    /// Per cent of the limit more. The end of the test is as much later.
    #[serde(default)]
    #[validate(range(max = 1000))]
    #[schema(maximum = 1000)]
    pub added_percent: Option<u32>,
    /// Another number of attempts; 0 for any.
    #[serde(default)]
    #[validate(range(max = 1000))]
    #[schema(maximum = 1000)]
    pub max_attempts: Option<u32>,
}
