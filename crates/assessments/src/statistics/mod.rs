//! Classical test theory over the finished attempts of a test.
//!
//! [`Sheet`] has every attempt in few bytes, and what the formulas want of them as whole numbers: sums of millionths and how often each
//! score occurred. So an attempt is added, or taken out and added again, without a look at the others, and nothing drifts. Variances
//! are of samples (n − 1); what would be divided by zero is null; negative alphas and error ratios above 100 stand as they are.

mod shape;
mod sheet;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::question::QuestionId;
use crate::points::Points;

pub use shape::{HistogramBar, OptionCount, QuestionStatistics, TestStatistics};
pub use sheet::{Fresh, Sheet};

/// Bars of the histogram.
const BARS: usize = 20;

/// How often each value occurred.
type Counts = BTreeMap<i64, u64>;

/// What the formulas want of a question, or of a place where questions are drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its most points.
    most: i64,
    /// Attempts that had it.
    n: u64,
    /// Sums of its points and of their squares.
    sum: i128,
    squares: i128,
    /// The same of what it is held against: the points of everything else in the attempt; of a question that was drawn, all of them.
    other_sum: i128,
    other_squares: i128,
    /// The sum of the products of both.
    cross: i128,
    scores: Counts,
    others: Counts,
    answered: u64,
    chosen: BTreeMap<String, u64>,
}

/// What the formulas want of a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    attempts: u64,
    totals: Counts,
    /// Place by place.
    items: Vec<Item>,
    /// Question by question, of those that are drawn.
    drawn: BTreeMap<QuestionId, Item>,
}

impl Item {
    /// n² × a covariance, over n(n − 1) of it.
    fn spread(&self, products: i128, a: i128, b: i128) -> i128 {
        i128::from(self.n) * products - a * b
    }

    fn own(&self) -> i128 {
        self.spread(self.squares, self.sum, self.sum)
    }

    fn with_other(&self) -> i128 {
        self.spread(self.cross, self.sum, self.other_sum)
    }

    /// From n² × (n − 1)/n of a (co)variance to itself, in points².
    fn scaled(&self, spread: i128) -> f64 {
        let n = i128::from(self.n);
        real(spread) / real(n * (n - 1)) / 1e12
    }

    /// Everything there is to say of it; `weight` is what it has to do with the spread of the whole, and the whole of that.
    fn statistics(&self, weight: Option<(i128, f64)>) -> QuestionStatistics {
        let n = self.n;
        let (own, with_other) = (self.own(), self.with_other());
        let other = self.spread(self.other_squares, self.other_sum, self.other_sum);
        let best = self.spread(sorted_products(&self.scores, &self.others), self.sum, self.other_sum);
        let mean = (n > 0).then(|| real(self.sum) / float(n) / 1e6);
        let most = real(i128::from(self.most)) / 1e6;
        let option = |(id, count): (&String, &u64)| OptionCount { id: id.clone(), count: *count };
        QuestionStatistics {
            n,
            answered: self.answered,
            max_points: Points::of_millionths(self.most),
            mean,
            facility: mean.filter(|_| self.most > 0).map(|mean| mean / most),
            sd: (n > 1).then(|| self.scaled(own).sqrt()),
            discrimination_index: (n > 1 && own > 0 && other > 0)
                .then(|| 100.0 * real(with_other) / (real(own).sqrt() * real(other).sqrt())),
            discriminative_efficiency: (n > 1 && best != 0).then(|| 100.0 * real(with_other) / real(best)),
            effective_weight: weight
                .filter(|(with_total, roots)| n > 1 && *with_total >= 0 && *roots > 0.0)
                .map(|(with_total, roots)| 100.0 * real(with_total).sqrt() / roots),
            options: self.chosen.iter().map(option).collect(),
        }
    }
}

impl Sums {
    /// Everything there is to say of the test as a whole.
    pub fn whole(&self) -> TestStatistics {
        let most: i64 = self.items.iter().map(|item| item.most).sum();
        let n = self.attempts;
        let total: i128 = self.totals.iter().map(|(total, count)| i128::from(*total) * i128::from(*count)).sum();
        let mean = (n > 0).then(|| real(total) / float(n) / 1e6);
        let moments = mean.map(|mean| self.moments(mean)).unwrap_or_default();
        let k2 = (n > 1).then(|| float(n) * moments[0] / float(n - 1));
        let sd = k2.map(f64::sqrt);
        let varied = k2.filter(|_| self.totals.len() > 1);
        let skewness = varied.filter(|_| n > 2).map(|k2| {
            let k3 = float(n) * float(n) * moments[1] / (float(n - 1) * float(n - 2));
            k3 / k2.powf(1.5)
        });
        let kurtosis = varied.filter(|_| n > 3).map(|k2| {
            let [m2, _, m4] = moments;
            let k4 = float(n) * float(n) * (float(n + 1) * m4 - 3.0 * float(n - 1) * m2 * m2);
            k4 / (float(n - 1) * float(n - 2) * float(n - 3)) / (k2 * k2)
        });
        let p = self.items.len() as u64;
        let cic = varied.filter(|_| p > 1).map(|k2| {
            let variances: f64 = self.items.iter().map(|item| item.scaled(item.own())).sum();
            100.0 * float(p) / float(p - 1) * (1.0 - variances / k2)
        });
        let error_ratio = cic.map(|cic| 100.0 * (1.0 - cic / 100.0).sqrt());
        TestStatistics {
            n,
            max_score: Points::of_millionths(most),
            mean,
            median: self.median(),
            sd,
            skewness,
            kurtosis,
            cic,
            error_ratio,
            standard_error: error_ratio.zip(sd).map(|(ratio, sd)| ratio * sd / 100.0),
            histogram: self.histogram(most),
        }
    }

    /// The second, third and fourth central moments of the totals, in points.
    fn moments(&self, mean: f64) -> [f64; 3] {
        let mut sums = [0.0; 3];
        for (total, count) in &self.totals {
            let away = real(i128::from(*total)) / 1e6 - mean;
            let weight = float(*count);
            for (sum, power) in sums.iter_mut().zip(2..) {
                *sum += weight * away.powi(power);
            }
        }
        sums.map(|sum| sum / float(self.attempts))
    }

    fn median(&self) -> Option<f64> {
        let at = |place: u64| {
            let mut seen = 0;
            self.totals.iter().find_map(|(total, count)| {
                seen += count;
                (seen > place).then(|| real(i128::from(*total)) / 1e6)
            })
        };
        let upper = at(self.attempts / 2)?;
        if self.attempts % 2 == 1 { Some(upper) } else { Some(f64::midpoint(at(self.attempts / 2 - 1)?, upper)) }
    }

    fn histogram(&self, most: i64) -> Vec<HistogramBar> {
        let mut bars = HistogramBar::none();
        for (total, count) in &self.totals {
            let place = if most > 0 { i128::from(*total) * BARS as i128 / i128::from(most) } else { 0 };
            let place = usize::try_from(place.max(0)).unwrap_or(BARS).min(BARS - 1);
            bars[place].count += count;
        }
        bars
    }

    /// Everything there is to say of each place, in order.
    pub fn questions(&self) -> Vec<QuestionStatistics> {
        let with_total = |item: &Item| item.with_other() + item.own();
        let roots: f64 = self.items.iter().map(with_total).filter(|c| *c >= 0).map(|c| real(c).sqrt()).sum();
        self.items.iter().map(|item| item.statistics(Some((with_total(item), roots)))).collect()
    }

    /// Everything there is to say of each question that was drawn.
    pub fn drawn(&self) -> impl Iterator<Item = (QuestionId, QuestionStatistics)> {
        self.drawn.iter().map(|(id, item)| (*id, item.statistics(None)))
    }
}

/// The sum of the products of two lists, both in rising order.
fn sorted_products(a: &Counts, b: &Counts) -> i128 {
    let (mut a, mut b) = (a.iter(), b.iter());
    let (mut x, mut y) = (a.next().map(|(v, c)| (*v, *c)), b.next().map(|(v, c)| (*v, *c)));
    let mut sum = 0;
    while let (Some((xv, xc)), Some((yv, yc))) = (x, y) {
        let both = xc.min(yc);
        sum += i128::from(both) * i128::from(xv) * i128::from(yv);
        x = if xc > both { Some((xv, xc - both)) } else { a.next().map(|(v, c)| (*v, *c)) };
        y = if yc > both { Some((yv, yc - both)) } else { b.next().map(|(v, c)| (*v, *c)) };
    }
    sum
}

#[expect(clippy::cast_precision_loss, reason = "statistics are doubles")]
const fn real(value: i128) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "statistics are doubles")]
const fn float(value: u64) -> f64 {
    value as f64
}
