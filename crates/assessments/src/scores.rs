//! What somebody's attempts come to: which of them count, and how percentages spread.

use chrono::{DateTime, Utc};

use crate::model::settings::GradingMethod;
use crate::points::Points;

/// An attempt that is marked to the last question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sat {
    /// Which of theirs.
    pub number: i32,
    /// Its points.
    pub score: Points,
    /// What there was to have.
    pub max_score: Points,
    /// Whether it was enough, where the test has a pass mark.
    pub passed: Option<bool>,
    /// When it was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What somebody has of a test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// In per cent of what there was to have.
    pub percent: f64,
    /// Whether it is enough, where the test has a pass mark.
    pub passed: Option<bool>,
    /// When the last attempt was handed in or closed.
    pub finished_at: Option<DateTime<Utc>>,
}

impl Sat {
    /// In per cent of what there was to have; nothing of nothing is nothing.
    pub fn percent(&self) -> f64 {
        if self.max_score > Points::ZERO { 100.0 * self.score.as_f64() / self.max_score.as_f64() } else { 0.0 }
    }
}

/// What somebody has of a test by its grading method; nothing without attempts.
pub fn result(method: GradingMethod, pass_mark: Option<u8>, scores: &[Sat]) -> Option<Reached> {
    let finished_at = scores.iter().filter_map(|score| score.finished_at).max();
    let one = match method {
        GradingMethod::Highest => {
            scores.iter().max_by(|a, b| a.percent().total_cmp(&b.percent()).then(b.number.cmp(&a.number)))
        }
        GradingMethod::Latest => scores.iter().max_by_key(|score| score.number),
        GradingMethod::First => scores.iter().min_by_key(|score| score.number),
        GradingMethod::Average => {
            let percent = Spread::of(scores.iter().map(Sat::percent).collect()).mean?;
            let passed = pass_mark.map(|pass_mark| percent >= f64::from(pass_mark));
            return Some(Reached { percent, passed, finished_at });
        }
    }?;
    Some(Reached { percent: one.percent(), passed: one.passed, finished_at })
}

/// How numbers spread; null where there are too few.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spread {
    /// How many.
    pub n: u64,
    /// Their mean.
    pub mean: Option<f64>,
    /// The one in the middle.
    pub median: Option<f64>,
    /// The standard deviation of the sample.
    pub sd: Option<f64>,
    /// The least.
    pub min: Option<f64>,
    /// The most.
    pub max: Option<f64>,
}

impl Spread {
    /// Of these numbers.
    pub fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        let n = numbers.len();
        let (Some(min), Some(max)) = (numbers.first().copied(), numbers.last().copied()) else {
            return Self::default();
        };
        let count = u32::try_from(n).map_or(f64::MAX, f64::from);
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        let middle = numbers[n / 2];
        let median = if n % 2 == 1 { middle } else { f64::midpoint(numbers[n / 2 - 1], middle) };
        Self {
            n: n as u64,
            mean: Some(mean),
            median: Some(median),
            sd: (n > 1).then(|| (squares / (count - 1.0)).sqrt()),
            min: Some(min),
            max: Some(max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(number: i32, points: i64, most: i64) -> Sat {
        let (score, max_score) = (Points::whole(points), Points::whole(most));
        Sat { number, score, max_score, passed: Some(points * 2 >= most), finished_at: None }
    }

    #[test]
    fn the_grading_method_says_what_counts() {
        let scores = [score(1, 5, 10), score(2, 9, 10), score(3, 9, 10), score(4, 1, 10)];
        for (method, percent, passed) in [
            (GradingMethod::Highest, 90.0, true),
            (GradingMethod::Latest, 10.0, false),
            (GradingMethod::First, 50.0, true),
            (GradingMethod::Average, 60.0, true),
        ] {
            let found = result(method, Some(50), &scores).unwrap();
            assert_eq!((found.percent, found.passed), (percent, Some(passed)), "{method:?}");
        }
        assert_eq!(result(GradingMethod::Average, None, &[]), None);
        assert_eq!(score(1, 0, 0).percent().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn numbers_spread() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!((spread.n, spread.mean, spread.median), (4, Some(2.5), Some(2.5)));
        assert_eq!((spread.min, spread.max), (Some(1.0), Some(4.0)));
        assert!((spread.sd.unwrap() - 1.290_994_448_7).abs() < 1e-9);
        assert_eq!(Spread::of(vec![7.0]).sd, None);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
