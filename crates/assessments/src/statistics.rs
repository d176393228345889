//! Classical test theory over the finished attempts of a test, kept as sums.
//!
//! Nothing hangs on the number of attempts: a finished attempt is added, a regraded one taken out and added again, and what is
//! asked is computed from sums and from how often each score occurred. Sums are whole numbers of millionths, so nothing drifts,
//! however often it is added and taken out. Variances are of samples (n − 1); what would be divided by zero is null; negative
//! alphas and error ratios above 100 stand as they are.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::points::Points;

/// Bars of the histogram.
const BARS: usize = 20;

/// How often each value occurred.
type Counts = BTreeMap<i64, u64>;

/// What is kept of one question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Slot {
    /// Its most points.
    most: i64,
    /// Sums of its points, of their squares, and of their products with the attempts' totals.
    sum: i128,
    squares: i128,
    products: i128,
    /// Points, and the points of everything else in the attempt.
    scores: Counts,
    rests: Counts,
    answered: u64,
    chosen: BTreeMap<String, u64>,
}

/// The sums of a test whose attempts all have the same questions in the same places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    attempts: u64,
    total: i128,
    total_squares: i128,
    totals: Counts,
    slots: Vec<Slot>,
}

/// What one attempt got for one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark<'a> {
    /// Its points.
    pub points: Points,
    /// Whether there was an answer.
    pub answered: bool,
    /// The options that were chosen.
    pub chosen: &'a [String],
}

/// One direction of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Add,
    Remove,
}

impl Change {
    fn count(self, count: &mut u64) {
        *count = if self == Self::Add { *count + 1 } else { count.saturating_sub(1) };
    }

    fn count_in<K: Ord>(self, counts: &mut BTreeMap<K, u64>, key: K) {
        match self {
            Self::Add => *counts.entry(key).or_default() += 1,
            Self::Remove => {
                let left = counts.get_mut(&key).map(|count| {
                    *count = count.saturating_sub(1);
                    *count
                });
                if left == Some(0) {
                    counts.remove(&key);
                }
            }
        }
    }

    fn sum(self, sum: &mut i128, value: i128) {
        *sum += if self == Self::Add { value } else { -value };
    }
}

impl Sums {
    /// No attempts yet at questions of these most points.
    pub fn of(most: impl IntoIterator<Item = Points>) -> Self {
        let slots = most.into_iter().map(|most| Slot { most: most.millionths(), ..Slot::default() });
        Self { slots: slots.collect(), ..Self::default() }
    }

    /// Adds an attempt; one mark for each question.
    pub fn add(&mut self, marks: &[Mark<'_>]) {
        self.change(Change::Add, marks);
    }

    /// Takes an attempt out that was added with these marks.
    pub fn remove(&mut self, marks: &[Mark<'_>]) {
        self.change(Change::Remove, marks);
    }

    fn change(&mut self, change: Change, marks: &[Mark<'_>]) {
        let total: i64 = marks.iter().map(|mark| mark.points.millionths()).sum();
        change.count(&mut self.attempts);
        change.sum(&mut self.total, total.into());
        change.sum(&mut self.total_squares, square(total));
        change.count_in(&mut self.totals, total);
        for (slot, mark) in self.slots.iter_mut().zip(marks) {
            let points = mark.points.millionths();
            change.sum(&mut slot.sum, points.into());
            change.sum(&mut slot.squares, square(points));
            change.sum(&mut slot.products, i128::from(points) * i128::from(total));
            change.count_in(&mut slot.scores, points);
            change.count_in(&mut slot.rests, total - points);
            if mark.answered {
                change.count(&mut slot.answered);
            }
            for option in mark.chosen {
                change.count_in(&mut slot.chosen, option.clone());
            }
        }
    }

    /// n² × the covariance of a question's points with something, over n(n − 1) of it.
    fn spread(&self, products: i128, a: i128, b: i128) -> i128 {
        i128::from(self.attempts) * products - a * b
    }

    /// From n² × (n − 1)/n of a (co)variance to itself, in points².
    fn scaled(&self, spread: i128) -> f64 {
        let n = i128::from(self.attempts);
        real(spread) / real(n * (n - 1)) / 1e12
    }

    /// Everything there is to say of the test as a whole.
    pub fn whole(&self) -> TestStatistics {
        let most: i64 = self.slots.iter().map(|slot| slot.most).sum();
        let n = self.attempts;
        let mean = (n > 0).then(|| real(self.total) / float(n) / 1e6);
        let moments = mean.map(|mean| self.moments(mean)).unwrap_or_default();
        let k2 = (n > 1).then(|| float(n) * moments[0] / float(n - 1));
        let sd = k2.map(f64::sqrt);
        let varied = k2.filter(|_| self.totals.len() > 1);
        let skewness = varied.filter(|_| n > 2).map(|k2| {
            let k3 = float(n * n) * moments[1] / float((n - 1) * (n - 2));
            k3 / k2.powf(1.5)
        });
        let kurtosis = varied.filter(|_| n > 3).map(|k2| {
            let [m2, _, m4] = moments;
            let k4 = float(n) * float(n) * (float(n + 1) * m4 - 3.0 * float(n - 1) * m2 * m2);
            k4 / (float(n - 1) * float(n - 2) * float(n - 3)) / (k2 * k2)
        });
        let p = self.slots.len();
        let cic = varied.filter(|_| p > 1).map(|k2| {
            let spread = |slot: &Slot| self.scaled(self.spread(slot.squares, slot.sum, slot.sum));
            let variances: f64 = self.slots.iter().map(spread).sum();
            100.0 * float(p as u64) / float(p as u64 - 1) * (1.0 - variances / k2)
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
        let mut bars: Vec<_> = (0..BARS)
            .map(|bar| {
                let percent = |bar: usize| u8::try_from(bar * 100 / BARS).unwrap_or(100);
                HistogramBar { from_percent: percent(bar), to_percent: percent(bar + 1), count: 0 }
            })
            .collect();
        for (total, count) in &self.totals {
            let place = if most > 0 { i128::from(*total) * BARS as i128 / i128::from(most) } else { 0 };
            let place = usize::try_from(place.max(0)).unwrap_or(BARS).min(BARS - 1);
            bars[place].count += count;
        }
        bars
    }

    /// Everything there is to say of each question, in order.
    pub fn questions(&self) -> Vec<QuestionStatistics> {
        let n = self.attempts;
        let with_total: Vec<_> = self.slots.iter().map(|s| self.spread(s.products, s.sum, self.total)).collect();
        let roots: f64 = with_total.iter().filter(|c| **c >= 0).map(|c| real(*c).sqrt()).sum();
        let total_spread = self.spread(self.total_squares, self.total, self.total);
        let one = |(slot, with_total): (&Slot, &i128)| {
            let own = self.spread(slot.squares, slot.sum, slot.sum);
            let (with_rest, rest) = (with_total - own, total_spread + own - 2 * with_total);
            let best = self.spread(sorted_products(&slot.scores, &slot.rests), slot.sum, self.total - slot.sum);
            let mean = (n > 0).then(|| real(slot.sum) / float(n) / 1e6);
            let most = real(i128::from(slot.most)) / 1e6;
            QuestionStatistics {
                n,
                answered: slot.answered,
                max_points: Points::of_millionths(slot.most),
                mean,
                facility: mean.filter(|_| slot.most > 0).map(|mean| mean / most),
                sd: (n > 1).then(|| self.scaled(own).sqrt()),
                discrimination_index: (n > 1 && own > 0 && rest > 0)
                    .then(|| 100.0 * real(with_rest) / (real(own).sqrt() * real(rest).sqrt())),
                discriminative_efficiency: (n > 1 && best != 0).then(|| 100.0 * real(with_rest) / real(best)),
                effective_weight: (n > 1 && *with_total >= 0 && roots > 0.0)
                    .then(|| 100.0 * real(*with_total).sqrt() / roots),
                options: slot.chosen.iter().map(|(id, count)| OptionCount { id: id.clone(), count: *count }).collect(),
            }
        };
        self.slots.iter().zip(&with_total).map(one).collect()
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

fn square(value: i64) -> i128 {
    i128::from(value) * i128::from(value)
}

#[expect(clippy::cast_precision_loss, reason = "statistics are doubles")]
const fn real(value: i128) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "statistics are doubles")]
const fn float(value: u64) -> f64 {
    value as f64
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Patterns Q1 to Q5 and how often they occurred: LSAT6, Bock and Lieberman 1970.
    const LSAT6: &str = "00000:3 00001:6 00010:2 00011:11 00100:1 00101:1 00110:3 00111:4 01000:1 01001:8 01010:0 01011:16 \
        01100:0 01101:3 01110:2 01111:15 10000:10 10001:29 10010:14 10011:81 10100:3 10101:28 10110:15 10111:80 11000:16 \
        11001:56 11010:21 11011:173 11100:11 11101:61 11110:28 11111:298";

    fn mark(points: i64) -> Mark<'static> {
        Mark { points: Points::of_millionths(points), answered: true, chosen: &[] }
    }

    fn lsat6() -> Sums {
        let mut sums = Sums::of([Points::whole(1); 5]);
        for pattern in LSAT6.split_whitespace() {
            let (pattern, times) = pattern.split_once(':').unwrap();
            let marks: Vec<_> = pattern.bytes().map(|b| mark(i64::from(b - b'0') * 1_000_000)).collect();
            for _ in 0..times.parse::<u32>().unwrap() {
                sums.add(&marks);
            }
        }
        sums
    }

    fn close(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 6e-10, "{found} {expected}");
    }

    #[test]
    fn lsat6_of_bock_and_lieberman() {
        let sums = lsat6();
        let whole = sums.whole();
        assert_eq!(whole.n, 1_000);
        close(whole.mean, 3.819);
        close(whole.median, 4.0);
        close(whole.sd, 1.035_041_212);
        close(whole.skewness, -0.691_010_876);
        close(whole.kurtosis, 0.078_178_546);
        close(whole.cic, 29.499_719_222);
        close(whole.error_ratio, 83.964_445_320);
        close(whole.standard_error, 0.869_066_612);
        let expected = [
            (0.924, 11.283_268_892, 18.481_722_074, 13.883_093_944),
            (0.709, 15.317_812_012, 20.002_666_578, 22.742_770_121),
            (0.553, 17.277_894_329, 21.889_954_369, 24.854_852_401),
            (0.763, 14.442_809_525, 17.720_196_427, 21.367_967_668),
            (0.870, 12.159_640_255, 18.774_771_248, 17.151_315_865),
        ];
        for (question, (facility, index, efficiency, weight)) in sums.questions().iter().zip(expected) {
            close(question.facility, facility);
            close(question.discrimination_index, index);
            close(question.discriminative_efficiency, efficiency);
            close(question.effective_weight, weight);
        }
        assert_eq!(whole.histogram.iter().map(|bar| bar.count).sum::<u64>(), 1_000);
        assert_eq!(whole.histogram[BARS - 1].count, 298);
    }

    #[test]
    fn too_little_says_nothing() {
        let none = Sums::of([Points::whole(1)]);
        let whole = none.whole();
        assert_eq!((whole.n, whole.mean, whole.median, whole.sd, whole.cic), (0, None, None, None, None));
        assert!(none.questions()[0].facility.is_none());
        let mut alike = Sums::of([Points::whole(1), Points::ZERO]);
        for _ in 0..5 {
            alike.add(&[mark(1_000_000), mark(0)]);
        }
        let (whole, questions) = (alike.whole(), alike.questions());
        close(whole.sd, 0.0);
        assert_eq!((whole.skewness, whole.kurtosis, whole.cic, whole.error_ratio), (None, None, None, None));
        assert_eq!((questions[0].discrimination_index, questions[0].effective_weight), (None, None));
        assert_eq!((questions[1].facility, questions[1].discriminative_efficiency), (None, None));
    }

    #[test]
    fn a_question_against_the_rest_has_a_negative_alpha_and_no_weight() {
        let mut sums = Sums::of([Points::whole(1), Points::whole(3)]);
        for (a, b) in [(1, 0), (0, 3), (1, 1), (0, 2)] {
            sums.add(&[mark(a * 1_000_000), mark(b * 1_000_000)]);
        }
        let whole = sums.whole();
        assert!(whole.cic.unwrap() < 0.0 && whole.error_ratio.unwrap() > 100.0);
        assert_eq!(sums.questions()[0].effective_weight, None);
        assert!(sums.questions()[0].discrimination_index.unwrap() < 0.0);
    }

    proptest! {
        #[test]
        fn what_is_taken_out_leaves_no_trace(rows in prop::collection::vec(prop::array::uniform4(-1_000_000_i64..9_000_000), 1..40)) {
            let all = |rows: &[[i64; 4]]| {
                let mut sums = Sums::of([Points::whole(9); 4]);
                for row in rows {
                    sums.add(&row.map(mark));
                }
                sums
            };
            let (whole, half) = (all(&rows), all(&rows[..rows.len() / 2]));
            let mut back = whole.clone();
            for row in &rows[rows.len() / 2..] {
                back.remove(&row.map(mark));
            }
            prop_assert_eq!(back, half);
        }

        #[test]
        fn sums_say_what_the_formulas_say(rows in prop::collection::vec(prop::array::uniform3(0_i64..5), 4..30)) {
            let mut sums = Sums::of([Points::whole(4); 3]);
            for row in &rows {
                sums.add(&row.map(|points| mark(points * 1_000_000)));
            }
            let real = |values: Vec<i64>| values.into_iter().map(|v| f64::from(i32::try_from(v).unwrap())).collect::<Vec<_>>();
            let cov = |a: &[f64], b: &[f64]| {
                let n = float(a.len() as u64);
                let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
                a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum::<f64>() / (n - 1.0)
            };
            let totals = real(rows.iter().map(|row| row.iter().sum()).collect());
            for (slot, found) in sums.questions().iter().enumerate() {
                let mut x = real(rows.iter().map(|row| row[slot]).collect());
                let mut o: Vec<_> = totals.iter().zip(&x).map(|(t, x)| t - x).collect();
                let (c, vx, vo) = (cov(&x, &o), cov(&x, &x), cov(&o, &o));
                match found.discrimination_index {
                    Some(index) => prop_assert!((index - 100.0 * c / (vx * vo).sqrt()).abs() < 1e-6),
                    None => prop_assert!(vx * vo < 1e-12),
                }
                x.sort_by(f64::total_cmp);
                o.sort_by(f64::total_cmp);
                match found.discriminative_efficiency {
                    Some(efficiency) => prop_assert!((efficiency - 100.0 * c / cov(&x, &o)).abs() < 1e-6),
                    None => prop_assert!(cov(&x, &o).abs() < 1e-12),
                }
            }
        }
    }
}
