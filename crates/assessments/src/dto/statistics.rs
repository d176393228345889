//! Views of the statistics of tests.

use std::collections::HashMap;

use lyceum_kernel::GroupId;
use lyceum_web::reply::csv::{self, Cell};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

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
    /// Question by question, those that were drawn: held against all points of the attempts that had them, and without a weight.
    pub drawn: Vec<TestQuestionStatistics>,
}

/// Whose attempts are looked at.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatisticsFilter {
    /// Only those of people who are in this group now.
    pub group_id: Option<GroupId>,
}

impl TestStatisticsView {
    /// The statistics of a revision.
    pub fn of(
        revision: i32,
        whole: TestStatistics,
        (questions, drawn): (Vec<TestQuestionStatistics>, Vec<TestQuestionStatistics>),
    ) -> Self {
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
            drawn,
        }
    }

    /// The columns of [`Self::table`].
    pub const COLUMNS: [&str; 20] = [
        "row",
        "question_id",
        "text",
        "n",
        "answered",
        "max",
        "mean",
        "median",
        "facility",
        "sd",
        "random_guess",
        "discrimination_index",
        "discriminative_efficiency",
        "effective_weight",
        "skewness",
        "kurtosis",
        "cic",
        "error_ratio",
        "standard_error",
        "options",
    ];

    /// As rows of a table: the test, then question by question.
    pub fn table(&self, texts: &HashMap<QuestionId, String>) -> String {
        let mut table = String::with_capacity(256 * (1 + self.questions.len()));
        let mut whole = [Cell::Empty; 20];
        whole[0] = Cell::Text("test");
        whole[3] = Cell::Count(self.n);
        whole[5] = Cell::Number(self.max_score.as_f64());
        for (place, figure) in [(6, self.mean), (7, self.median), (9, self.sd), (14, self.skewness)] {
            whole[place] = figure.into();
        }
        for (place, figure) in [(15, self.kurtosis), (16, self.cic), (17, self.error_ratio), (18, self.standard_error)]
        {
            whole[place] = figure.into();
        }
        csv::write_figures(&mut table, whole);
        for (kind, rows) in [("question", &self.questions), ("drawn question", &self.drawn)] {
            for row in rows {
                row.write(&mut table, kind, texts);
            }
        }
        table
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

    /// As a row of a table.
    fn write(&self, table: &mut String, kind: &str, texts: &HashMap<QuestionId, String>) {
        let id = self.question_id.map(|id| id.to_string()).unwrap_or_default();
        let text = self.question_id.and_then(|id| texts.get(&id)).map_or("", String::as_str);
        let counts: Vec<_> = self.options.iter().map(|option| format!("{}: {}", option.id, option.count)).collect();
        let counts = counts.join("; ");
        let mut cells = [Cell::Empty; 20];
        for (place, cell) in [(0, kind), (1, &id), (2, text), (19, &counts)] {
            cells[place] = Cell::Text(cell);
        }
        cells[3] = Cell::Count(self.n);
        cells[4] = Cell::Count(self.answered);
        cells[5] = Cell::Number(self.max_points.as_f64());
        for (place, figure) in [(6, self.mean), (8, self.facility), (9, self.sd), (10, self.random_guess)] {
            cells[place] = figure.into();
        }
        let discrimination = [self.discrimination_index, self.discriminative_efficiency, self.effective_weight];
        for (place, figure) in (11..).zip(discrimination) {
            cells[place] = figure.into();
        }
        csv::write_figures(table, cells);
    }
}
