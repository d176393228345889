//! Views of statistics.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::question::QuestionId;
use crate::points::Points;
use crate::statistics::{HistogramBar, OptionCount, QuestionStatistics, TestStatistics};

/// What the scores of a test say, by classical test theory. Scores are points; null where too few attempts, or scores that are all
/// alike, say nothing. Negative coefficients and error ratios above 100 stand as they are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TestStatisticsView {
    /// The revision of the test whose attempts these are: its present one.
    pub revision: i32,
    /// Attempts that count by the grading method, marked to the last question.
    pub n: u64,
    /// What there is to have.
    pub max_score: Points,
    /// The mean score.
    pub mean: Option<f64>,
    /// The median score.
    pub median: Option<f64>,
    /// The standard deviation of the sample.
    pub sd: Option<f64>,
    /// Skewness, k₃/k₂^1.5.
    pub skewness: Option<f64>,
    /// Excess kurtosis, k₄/k₂².
    pub kurtosis: Option<f64>,
    /// Coefficient of internal consistency: 100 × Cronbach's alpha.
    pub cic: Option<f64>,
    /// In per cent.
    pub error_ratio: Option<f64>,
    /// In points.
    pub standard_error: Option<f64>,
    /// Scores in twenty bars.
    pub histogram: Vec<HistogramBar>,
    /// Place by place: the fixed questions in order, then one place for each question that is drawn.
    pub questions: Vec<TestQuestionStatistics>,
}

impl TestStatisticsView {
    /// The statistics of a revision.
    pub fn of(revision: i32, whole: TestStatistics, questions: Vec<TestQuestionStatistics>) -> Self {
        let TestStatistics {
            n,
            max_score,
            mean,
            median,
            sd,
            skewness,
            kurtosis,
            cic,
            error_ratio,
            standard_error,
            histogram,
        } = whole;
        Self {
            revision,
            n,
            max_score,
            mean,
            median,
            sd,
            skewness,
            kurtosis,
            cic,
            error_ratio,
            standard_error,
            histogram,
            questions,
        }
    }
}

/// What the scores say of a question.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TestQuestionStatistics {
    /// The question; null where it is drawn.
    pub question_id: Option<QuestionId>,
    /// Attempts that had it.
    pub n: u64,
    /// Those that answered it.
    pub answered: u64,
    /// What there is to have.
    pub max_points: Points,
    /// The mean of its points.
    pub mean: Option<f64>,
    /// The mean as a share of the most.
    pub facility: Option<f64>,
    /// The standard deviation of the sample.
    pub sd: Option<f64>,
    /// What chance alone would be worth, as a share; null where that cannot be said.
    pub random_guess: Option<f64>,
    /// The correlation with the rest of the test, in per cent.
    pub discrimination_index: Option<f64>,
    /// The covariance with the rest as a share of the largest it could be, in per cent.
    pub discriminative_efficiency: Option<f64>,
    /// How much of the spread of scores comes from it, in per cent; null if it goes against the rest.
    pub effective_weight: Option<f64>,
    /// How often each option was chosen.
    pub options: Vec<OptionCount>,
}

impl TestQuestionStatistics {
    /// The statistics of a question.
    pub fn of(question_id: Option<QuestionId>, random_guess: Option<f64>, found: QuestionStatistics) -> Self {
        let QuestionStatistics {
            n,
            answered,
            max_points,
            mean,
            facility,
            sd,
            discrimination_index,
            discriminative_efficiency,
            effective_weight,
            options,
        } = found;
        Self {
            question_id,
            n,
            answered,
            max_points,
            mean,
            facility,
            sd,
            random_guess,
            discrimination_index,
            discriminative_efficiency,
            effective_weight,
            options,
        }
    }
}
