//! Questions as their authors send them: one flat object, the members of its type among those that all have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use lyceum_kernel::Fault;
use lyceum_web::MergeField;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};
use validator::{Validate, ValidationErrors};

use super::text::QuestionTag;
use crate::error::AssessmentError;
use crate::model::question::Content;
use crate::points::Worth;
use crate::question::{Body, Flaw, read_part};

/// What every question has.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Common {
    /// What is asked, in Markdown. In a cloze `{{id}}` stands for a gap.
    #[validate(length(min = 1, max = 20000))]
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
    /// What everybody is told afterwards.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(max_length = 5000)]
    feedback: Option<String>,
    /// What it is worth unless a test says otherwise; 1 if left out.
    #[serde(default)]
    #[schema(required = false)]
    points: Worth,
    /// From 1, easy, to 5.
    #[serde(default)]
    #[validate(range(min = 1, max = 5))]
    #[schema(minimum = 1, maximum = 5)]
    difficulty: Option<i16>,
    /// What it is filed under; each counts once, whatever its case.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20, required = false)]
    tags: Vec<QuestionTag>,
}

/// The names of the members that all have.
const COMMON: [&str; 5] = ["text", "feedback", "points", "difficulty", "tags"];

/// A question to be made, or the whole of what can be changed about one.
#[derive(Debug, Clone)]
pub struct PutQuestion {
    common: Common,
    body: Body,
}

/// A question taken apart and checked.
#[derive(Debug, Clone)]
pub struct Settled {
    /// What it says.
    pub content: Content,
    /// What it is worth.
    pub points: Worth,
    /// From 1 to 5.
    pub difficulty: Option<i16>,
    /// What it is filed under.
    pub tags: Vec<QuestionTag>,
}

impl PutQuestion {
    /// The question with all ids, or what is wrong with it beyond its shape.
    pub fn settle(self) -> Result<Settled, Flaw> {
        let Self { common: Common { text, feedback, points, difficulty, tags }, mut body } = self;
        body.settle(&text)?;
        Ok(Settled { content: Content { text, feedback, body }, points, difficulty, tags })
    }

    /// Reads the one flat object. The fault says where.
    pub fn read(mut members: Map<String, Value>) -> Result<Self, String> {
        let Some(kind) = members.remove("type") else { return Err("must have type".to_owned()) };
        let kind = kind.as_str().unwrap_or_default().to_owned();
        let own: Map<_, _> = COMMON.iter().filter_map(|name| members.remove_entry(*name)).collect();
        let common = read_part(Value::Object(own))?;
        let types = Body::NAMES.join(", ");
        let body = Body::read(&kind, Value::Object(members)).ok_or(format!("must have a type out of {types}"))??;
        Ok(Self { common, body })
    }
}

impl<'de> Deserialize<'de> for PutQuestion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(Map::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Validate for PutQuestion {
    fn validate(&self) -> Result<(), ValidationErrors> {
        match (self.common.validate(), self.body.validate()) {
            (Ok(()), other) | (other, Ok(())) => other,
            (Err(mut all), Err(more)) => {
                all.errors_mut().extend(more.into_errors());
                Err(all)
            }
        }
    }
}

impl PartialSchema for PutQuestion {
    fn schema() -> RefOr<Schema> {
        Body::schema_with(&Common::schema())
    }
}

impl ToSchema for PutQuestion {
    fn name() -> std::borrow::Cow<'static, str> {
        "PutQuestion".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Common::schemas(schemas);
        Body::schemas(schemas);
    }
}

/// The patchable members that all have.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct CommonPatch {
    /// What is asked, in Markdown.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(length(min = 1, max = 20000))]
    #[schema(value_type = String, min_length = 1, max_length = 20000, required = false)]
    text: Option<String>,
    /// What everybody is told afterwards.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(value_type = Option<String>, max_length = 5000)]
    feedback: MergeField<String>,
    /// What it is worth unless a test says otherwise.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[schema(value_type = Worth, required = false)]
    points: Option<Worth>,
    /// From 1, easy, to 5.
    #[serde(default)]
    #[validate(range(min = 1, max = 5))]
    #[schema(value_type = Option<i16>, minimum = 1, maximum = 5)]
    difficulty: MergeField<i16>,
    /// What it is filed under.
    #[serde(default, deserialize_with = "lyceum_web::extract::present")]
    #[validate(length(max = 20))]
    #[schema(value_type = Vec<QuestionTag>, max_items = 20, required = false)]
    tags: Option<Vec<QuestionTag>>,
}

/// The names of all members that some type has.
static OF_TYPES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let empty = ObjectBuilder::new().build().into();
    let RefOr::T(Schema::OneOf(types)) = Body::schema_with(&empty) else { return BTreeSet::new() };
    let objects = types.items.into_iter().filter_map(|one| match one {
        RefOr::T(Schema::Object(object)) => Some(object.properties.into_iter().map(|(name, _)| name)),
        _ => None,
    });
    objects.flatten().filter(|name| name != "type").collect()
});

/// A merge patch (RFC 7396) of a question. Lists, of options for one, are replaced as a whole. What then is no question of its type
/// any more is 409.
#[derive(Debug, Clone)]
pub struct PatchQuestion {
    common: CommonPatch,
    own: BTreeMap<String, Value>,
}

impl PatchQuestion {
    /// The question as it is afterwards, to be settled.
    pub fn apply_to(self, before: Settled) -> Result<PutQuestion, AssessmentError> {
        let CommonPatch { text, feedback, points, difficulty, tags } = self.common;
        let kind = before.content.body.kind().name();
        let mut members = json!(before.content.body);
        if let Some(members) = members.as_object_mut() {
            members.remove("type");
            for (name, value) in self.own {
                if value.is_null() {
                    members.remove(&name)
                } else {
                    members.insert(name, value)
                };
            }
        }
        let refused = |what: String| AssessmentError::QuestionFlawed(vec![Fault::new("", "contradiction", what)]);
        let body = Body::read(kind, members).ok_or(AssessmentError::TypeFixed)?.map_err(refused)?;
        body.validate().map_err(|errors| {
            let at = errors.into_errors().into_keys().next().unwrap_or_default().into_owned();
            AssessmentError::QuestionFlawed(vec![Fault::new(format!("/{at}"), "value", "is not acceptable")])
        })?;
        let common = Common {
            text: text.unwrap_or(before.content.text),
            feedback: feedback.apply_to(before.content.feedback),
            points: points.unwrap_or(before.points),
            difficulty: difficulty.apply_to(before.difficulty),
            tags: tags.unwrap_or(before.tags),
        };
        Ok(PutQuestion { common, body })
    }
}

impl<'de> Deserialize<'de> for PatchQuestion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Map::deserialize(deserializer)?;
        let own: Vec<_> = members.keys().filter(|name| OF_TYPES.contains(*name)).cloned().collect();
        let own = own.into_iter().filter_map(|name| members.remove_entry(&name)).collect();
        let common = read_part(Value::Object(members)).map_err(D::Error::custom)?;
        Ok(Self { common, own })
    }
}

impl Validate for PatchQuestion {
    fn validate(&self) -> Result<(), ValidationErrors> {
        self.common.validate()
    }
}

impl PartialSchema for PatchQuestion {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut whole)) = CommonPatch::schema() else { return CommonPatch::schema() };
        for name in OF_TYPES.iter() {
            let any = ObjectBuilder::new().schema_type(utoipa::openapi::schema::SchemaType::AnyValue);
            let any = any.description(Some("A member of the question's type.")).build();
            whole.properties.insert(name.clone(), any.into());
        }
        whole.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        Schema::Object(whole).into()
    }
}

impl ToSchema for PatchQuestion {
    fn name() -> std::borrow::Cow<'static, str> {
        "PatchQuestion".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CommonPatch::schemas(schemas);
    }
}

/// A question for the audit log: what it says, without the key's feedback.
#[derive(Debug, Serialize)]
pub struct Facts<'a> {
    /// Its type.
    pub kind: &'a str,
    /// The revision.
    pub revision: i32,
    /// What it is worth.
    pub points: crate::points::Points,
    /// How hard.
    pub difficulty: Option<i16>,
    /// What it is filed under.
    pub tags: &'a [String],
    /// What it says.
    pub content: &'a Content,
}
