//! How questions of a test are marked where that is not by the revision that was seen.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attempt::PaperItem;
use super::question::QuestionId;
use crate::points::Points;

/// What is done about a question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RegradeAction)]
pub enum Action {
    /// By the key of the revision that the test asks now, whichever was seen.
    #[default]
    CorrectedKey,
    /// By that key or by the one that was seen, whichever is worth more.
    EitherKey,
    /// The question counts for nothing, and there is less to have.
    Void,
    /// Everybody who had the question gets all its points.
    FullCredit,
    /// By the key that was seen: whatever was done about it before ends.
    AsSeen,
}

/// What is done about a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// The question.
    #[serde(rename = "q")]
    pub question_id: QuestionId,
    /// What is done.
    #[serde(rename = "a")]
    pub action: Action,
    /// The revision whose key counts, where one is corrected.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i32>,
}

/// What is done about the questions of a test; each at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Adjustments(pub Vec<Adjustment>);

impl Adjustments {
    /// What is done about a question.
    pub fn of(&self, question: QuestionId) -> Option<&Adjustment> {
        self.0.iter().find(|one| one.question_id == question)
    }

    /// What there is to have for a question.
    pub fn worth(&self, item: &PaperItem) -> Points {
        let void = self.of(item.question_id).is_some_and(|one| one.action == Action::Void);
        if void { Points::ZERO } else { item.points }
    }

    /// The corrected revision by which an attempt's question is marked: none if it saw that, or a later one.
    pub fn corrected(&self, item: &PaperItem) -> Option<(Action, i32)> {
        let one = self.of(item.question_id)?;
        let revision = one.revision.filter(|revision| *revision > item.revision)?;
        matches!(one.action, Action::CorrectedKey | Action::EitherKey).then_some((one.action, revision))
    }

    /// The same with something else done about some questions.
    #[must_use]
    pub fn with(&self, changes: &[Adjustment]) -> Self {
        let kept = self.0.iter().filter(|one| changes.iter().all(|change| change.question_id != one.question_id));
        let changes = changes.iter().filter(|change| change.action != Action::AsSeen);
        Self(kept.chain(changes).copied().collect())
    }
}
