//! What statistics say.

use serde::Serialize;
use utoipa::ToSchema;

use crate::points::Points;

/// How many attempts have a score between two percentages of the most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HistogramBar {
    /// From here; the lowest bar has everything below as well.
    pub from_percent: u8,
    /// To here; only the highest bar has its end.
    pub to_percent: u8,
    /// How many.
    pub count: u64,
}

impl HistogramBar {
    /// Counts a percentage: what is below the lowest bar in that, what is above the highest in that.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "it is between none and all of them"
    )]
    pub fn count(bars: &mut [Self], percent: f64) {
        let place = (percent * bars.len() as f64 / 100.0).max(0.0) as usize;
        let last = bars.len().saturating_sub(1);
        if let Some(bar) = bars.get_mut(place.min(last)) {
            bar.count += 1;
        }
    }

    /// All bars, with nobody in them.
    pub fn none() -> Vec<Self> {
        let percent = |bar: usize| u8::try_from(bar * 100 / super::BARS).unwrap_or(100);
        let bar = |bar| Self { from_percent: percent(bar), to_percent: percent(bar + 1), count: 0 };
        (0..super::BARS).map(bar).collect()
    }
}

/// What the scores of a test say. Points are decimals; null where too few attempts, or scores that are all alike, say nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct TestStatistics {
    /// Attempts that count.
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
    /// Coefficient of internal consistency: 100 × Cronbach's alpha; may be negative.
    pub cic: Option<f64>,
    /// In per cent; above 100 where the coefficient is negative.
    pub error_ratio: Option<f64>,
    /// In points.
    pub standard_error: Option<f64>,
    /// Scores in twenty bars.
    pub histogram: Vec<HistogramBar>,
}

/// How often an option was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OptionCount {
    /// The option; of matching and cloze, with the prompt or gap before it.
    pub id: String,
    /// How often.
    pub count: u64,
}

/// What the scores say of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionStatistics {
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
    /// The correlation with the rest of the test, in per cent.
    pub discrimination_index: Option<f64>,
    /// The covariance with the rest as a share of the largest it could be, in per cent.
    pub discriminative_efficiency: Option<f64>,
    /// How much of the spread of scores comes from it, in per cent; null if it goes against the rest.
    pub effective_weight: Option<f64>,
    /// How often each option was chosen.
    pub options: Vec<OptionCount>,
}
