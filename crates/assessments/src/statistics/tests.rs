//! The figures of STATISTICS and what holds for all.

use proptest::prelude::*;

use lyceum_kernel::{AttemptId, UserId};
use uuid::Uuid;

use super::*;
use crate::model::attempt::{Mark, Marks, Paper, PaperItem};
use crate::model::settings::GradingMethod;
use crate::tally;

/// Patterns Q1 to Q5 and how often they occurred: LSAT6, Bock and Lieberman 1970.
const LSAT6: &str = "00000:3 00001:6 00010:2 00011:11 00100:1 00101:1 00110:3 00111:4 01000:1 01001:8 01010:0 01011:16 \
    01100:0 01101:3 01110:2 01111:15 10000:10 10001:29 10010:14 10011:81 10100:3 10101:28 10110:15 10111:80 11000:16 \
    11001:56 11010:21 11011:173 11100:11 11101:61 11110:28 11111:298";

fn question(number: usize) -> QuestionId {
    QuestionId(Uuid::from_u128(number as u128 + 1))
}

/// A test with so many questions of so many points.
fn sheet(most: &[i64]) -> Sheet {
    let fixed: Vec<_> = most.iter().enumerate().map(|(n, most)| (question(n), Points::of_millionths(*most))).collect();
    Sheet::of(&fixed, &[], GradingMethod::Highest)
}

/// An attempt of somebody with these points for questions, in millionths.
fn attempt(user: u128, version: i64, points: &[(usize, i64)]) -> Fresh {
    let item = |(n, _): &(usize, i64)| PaperItem {
        question_id: question(*n),
        revision: 1,
        points: Points::whole(1),
        section: 0,
    };
    let mark = |(_, points): &(usize, i64)| Mark {
        points: Some(Points::of_millionths(*points)),
        answered: true,
        full: false,
        chosen: Vec::new(),
    };
    let marks = Marks(points.iter().map(mark).collect());
    Fresh {
        id: AttemptId(Uuid::from_u128(user)),
        user_id: UserId(Uuid::from_u128(user)),
        number: 1,
        version,
        score: Some(points.iter().map(|(_, points)| Points::of_millionths(*points)).sum()),
        tally: tally::encode(&Paper(points.iter().map(item).collect()), &marks),
    }
}

/// The sums of a test, each row an attempt of somebody else.
fn sums<const N: usize>(most: [i64; N], rows: impl IntoIterator<Item = [i64; N]>) -> Sums {
    let mut sheet = sheet(&most);
    for (user, row) in rows.into_iter().enumerate() {
        sheet.put(&attempt(user as u128, 1, &row.into_iter().enumerate().collect::<Vec<_>>()));
    }
    sheet.sums()
}

fn lsat6() -> Sums {
    let patterns = LSAT6.split_whitespace().flat_map(|pattern| {
        let (pattern, times) = pattern.split_once(':').unwrap();
        let points: Vec<_> = pattern.bytes().map(|b| i64::from(b - b'0') * 1_000_000).collect();
        std::iter::repeat_n(<[i64; 5]>::try_from(points).unwrap(), times.parse().unwrap())
    });
    sums([1_000_000; 5], patterns)
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
    let none = sums([1_000_000], []);
    let whole = none.whole();
    assert_eq!((whole.n, whole.mean, whole.median, whole.sd, whole.cic), (0, None, None, None, None));
    assert!(none.questions()[0].facility.is_none());
    let alike = sums([1_000_000, 0], [[1_000_000, 0]; 5]);
    let (whole, questions) = (alike.whole(), alike.questions());
    close(whole.sd, 0.0);
    assert_eq!((whole.skewness, whole.kurtosis, whole.cic, whole.error_ratio), (None, None, None, None));
    assert_eq!((questions[0].discrimination_index, questions[0].effective_weight), (None, None));
    assert_eq!((questions[1].facility, questions[1].discriminative_efficiency), (None, None));
}

#[test]
fn a_question_against_the_rest_has_a_negative_alpha_and_no_weight() {
    let rows = [(1, 0), (0, 3), (1, 1), (0, 2)].map(|(a, b)| [a * 1_000_000, b * 1_000_000]);
    let sums = sums([1_000_000, 3_000_000], rows);
    let whole = sums.whole();
    assert!(whole.cic.unwrap() < 0.0 && whole.error_ratio.unwrap() > 100.0);
    assert_eq!(sums.questions()[0].effective_weight, None);
    assert!(sums.questions()[0].discrimination_index.unwrap() < 0.0);
}

proptest! {
    #[test]
    fn what_changed_leaves_no_trace(rows in prop::collection::vec((0_u128..20, prop::array::uniform3(-1_000_000_i64..9_000_000), 0_usize..4), 1..60)) {
        // Each is an attempt of somebody, or what it has become; the last place is drawn.
        let places = (&[(question(0), Points::whole(9)), (question(1), Points::whole(9))][..], &[Points::whole(9)][..]);
        let of = || Sheet::of(places.0, places.1, GradingMethod::Highest);
        let all = |row: &(u128, [i64; 3], usize), version| {
            let (user, [a, b, c], drawn) = row;
            attempt(*user, version, &[(1, *b), (0, *a), (2 + drawn, *c)])
        };
        let mut changed = of();
        let mut last = BTreeMap::new();
        for (version, row) in (1..).zip(&rows) {
            changed.put(&all(row, version));
            last.insert(row.0, row);
        }
        let mut once = of();
        for row in last.values() {
            once.put(&all(row, 1));
        }
        prop_assert_eq!(changed.sums(), once.sums());
        let everybody = (0..20).map(|user| UserId(Uuid::from_u128(user))).collect();
        prop_assert_eq!(changed.sums_of(&everybody), once.sums());
    }

    #[test]
    fn sums_say_what_the_formulas_say(rows in prop::collection::vec(prop::array::uniform3(0_i64..5), 4..30)) {
        let sums = sums([4_000_000; 3], rows.iter().map(|row| row.map(|points| points * 1_000_000)));
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

#[test]
fn a_question_that_is_drawn_is_held_against_the_whole() {
    let mut sheet = Sheet::of(&[(question(0), Points::whole(1))], &[Points::whole(1)], GradingMethod::Highest);
    for (user, (fixed, drawn, points)) in [(1, 1, 1), (0, 1, 0), (1, 1, 0), (0, 2, 1)].into_iter().enumerate() {
        sheet.put(&attempt(user as u128, 1, &[(0, fixed * 1_000_000), (drawn, points * 1_000_000)]));
    }
    let sums = sheet.sums();
    let drawn: Vec<_> = sums.drawn().collect();
    assert_eq!(
        drawn.iter().map(|(id, found)| (*id, found.n)).collect::<Vec<_>>(),
        [(question(1), 3), (question(2), 1)]
    );
    // Points 1, 0, 0 of totals 2, 0, 1.
    close(drawn[0].1.facility, 1.0 / 3.0);
    close(drawn[0].1.discrimination_index, 86.602_540_378);
    close(drawn[0].1.discriminative_efficiency, 100.0);
    assert_eq!((drawn[0].1.effective_weight, drawn[1].1.discrimination_index), (None, None));
    assert_eq!(sums.questions()[1].n, 4);
}

#[test]
fn of_several_attempts_those_count_that_the_method_says() {
    for (method, expected) in [
        (GradingMethod::Highest, &[3][..]),
        (GradingMethod::Latest, &[2]),
        (GradingMethod::First, &[1]),
        (GradingMethod::Average, &[1, 3, 2]),
    ] {
        let mut sheet = Sheet::of(&[(question(0), Points::whole(9))], &[], method);
        for (number, points) in (1..).zip([1, 3, 3, 2]) {
            let fresh = attempt(7, 1, &[(0, points * 1_000_000)]);
            let id = AttemptId(Uuid::from_u128(u128::try_from(number).unwrap()));
            // The third is not marked yet.
            sheet.put(&Fresh { id, number, score: fresh.score.filter(|_| number != 3), ..fresh });
        }
        let found = sheet.sums().totals.into_keys().collect::<Vec<_>>();
        let mut expected = expected.iter().map(|points| points * 1_000_000).collect::<Vec<i64>>();
        expected.sort_unstable();
        assert_eq!(found, expected, "{method:?}");
    }
}
