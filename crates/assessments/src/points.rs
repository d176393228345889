//! Points as exact decimals.
//!
//! A number of points is kept as whole millionths in an `i64`: in the database, in sums, in comparisons. What a share of a
//! question is worth is computed over integers and rounded once, half away from zero. In JSON it is a number with at most six
//! places; a million points have fifteen significant digits, which a double carries without loss.

use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use sea_orm::DeriveValueType;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Millionths in a point.
const ONE: i64 = 1_000_000;

/// A number of points, exact to the millionth. May be negative where wrong answers cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Points(i64);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);

    /// So many whole points.
    pub const fn whole(points: i64) -> Self {
        Self(points * ONE)
    }

    /// So many millionths.
    pub const fn of_millionths(millionths: i64) -> Self {
        Self(millionths)
    }

    /// In millionths.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// This share of them, rounded once, half away from zero.
    #[must_use]
    pub fn share(self, share: Share) -> Self {
        let (product, by) = (i128::from(self.0) * i128::from(share.part), i128::from(share.whole));
        let half = if product < 0 { -by / 2 } else { by / 2 };
        Self(i64::try_from((product + half) / by).unwrap_or(i64::MAX))
    }

    /// The mean of a sum over so many, rounded half away from zero.
    #[must_use]
    pub fn over(self, count: i64) -> Self {
        self.share(Share { part: 1, whole: count.max(1) })
    }

    /// As a double, for statistics.
    #[expect(clippy::cast_precision_loss, reason = "tests have far less than 2^53 millionths")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// From a double: the nearest millionth.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "rounded to whole millionths before; out of range it saturates"
    )]
    pub fn from_f64(points: f64) -> Self {
        Self((points * ONE as f64).round() as i64)
    }
}

impl Add for Points {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Points {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Points {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % ONE == 0 { serializer.serialize_i64(self.0 / ONE) } else { serializer.serialize_f64(self.as_f64()) }
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::from_f64)
    }
}

impl PartialSchema for Points {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Number).examples([1.5]);
        number.description(Some("Points: a decimal with at most six places.")).build().into()
    }
}

impl ToSchema for Points {
    fn name() -> std::borrow::Cow<'static, str> {
        "Points".into()
    }
}

/// What a question is worth: 0 to 1000 points, to the millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Worth(Points);

impl Worth {
    /// As points.
    pub const fn points(self) -> Points {
        self.0
    }
}

impl Default for Worth {
    fn default() -> Self {
        Self(Points::whole(1))
    }
}

impl From<Points> for Worth {
    fn from(points: Points) -> Self {
        Self(points)
    }
}

impl<'de> Deserialize<'de> for Worth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let points = f64::deserialize(deserializer)?;
        let fits = (0.0..=1000.0).contains(&points);
        if fits { Ok(Self(Points::from_f64(points))) } else { Err(serde::de::Error::custom("must be from 0 to 1000")) }
    }
}

impl PartialSchema for Worth {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0)).maximum(Some(1000)).examples([2]);
        number.description(Some("0 to 1000 points, rounded to six places.")).build().into()
    }
}

impl ToSchema for Worth {
    fn name() -> std::borrow::Cow<'static, str> {
        "Worth".into()
    }
}

/// A share of a whole, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    part: i64,
    whole: i64,
}

impl Share {
    /// Nothing.
    pub const NONE: Self = Self { part: 0, whole: 1 };
    /// All.
    pub const FULL: Self = Self { part: 1, whole: 1 };

    /// So many out of so many; nothing out of none.
    pub fn of(part: usize, whole: usize) -> Self {
        match (i64::try_from(part), i64::try_from(whole)) {
            (Ok(part), Ok(whole)) if whole > 0 => Self { part, whole },
            _ => Self::NONE,
        }
    }

    /// So many per cent.
    pub const fn percent(percent: u8) -> Self {
        Self { part: percent as i64, whole: 100 }
    }

    /// All or nothing.
    pub const fn all_if(right: bool) -> Self {
        if right { Self::FULL } else { Self::NONE }
    }

    /// Whether it is all.
    pub const fn is_full(self) -> bool {
        self.part == self.whole
    }

    /// Whether it is nothing.
    pub const fn is_none(self) -> bool {
        self.part == 0
    }

    /// The weighted mean of shares.
    pub fn weighted(parts: impl IntoIterator<Item = (u8, Self)>) -> Self {
        let (mut part, mut whole, mut weights) = (0_i128, 1_i128, 0_i128);
        for (weight, share) in parts {
            // part/whole + weight × share, over the greatest common divisor.
            let (p, w) = (i128::from(weight) * i128::from(share.part), i128::from(share.whole));
            (part, whole) = reduced(part * w + p * whole, whole * w);
            weights += i128::from(weight);
        }
        if weights == 0 {
            return Self::NONE;
        }
        let (part, whole) = reduced(part, whole * weights);
        match (i64::try_from(part), i64::try_from(whole)) {
            (Ok(part), Ok(whole)) => Self { part, whole },
            _ => Self::NONE,
        }
    }
}

fn reduced(part: i128, whole: i128) -> (i128, i128) {
    let (mut a, mut b) = (part.unsigned_abs(), whole.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let by = i128::try_from(a.max(1)).unwrap_or(1);
    (part / by, whole / by)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_third_is_rounded_once_and_tenths_do_not_drift() {
        assert_eq!(Points::whole(1).share(Share::of(1, 3)).millionths(), 333_333);
        assert_eq!(Points::whole(1).share(Share::of(2, 3)).millionths(), 666_667);
        assert_eq!((-Points::whole(1)).share(Share::of(2, 3)).millionths(), -666_667);
        let tenth = Points::from_f64(0.1);
        assert_eq!(std::iter::repeat_n(tenth, 10).sum::<Points>(), Points::whole(1));
        assert_eq!(serde_json::to_string(&(tenth + tenth + tenth)).unwrap(), "0.3");
        assert_eq!(serde_json::to_string(&Points::whole(7)).unwrap(), "7");
    }

    #[test]
    fn means_of_shares() {
        assert_eq!(Share::weighted([(1, Share::FULL), (1, Share::NONE)]), Share::of(1, 2));
        assert_eq!(Share::weighted([(2, Share::of(1, 3)), (1, Share::FULL)]), Share::of(5, 9));
        assert!(Share::weighted([(3, Share::FULL), (5, Share::FULL)]).is_full());
        assert!(Share::weighted([]).is_none());
    }

    proptest! {
        #[test]
        fn json_carries_every_number_of_points(millionths in -1_000_000_000_000_i64..1_000_000_000_000) {
            let points = Points::of_millionths(millionths);
            let text = serde_json::to_string(&points).unwrap();
            prop_assert_eq!(serde_json::from_str::<Points>(&text).unwrap(), points);
        }
    }
}
