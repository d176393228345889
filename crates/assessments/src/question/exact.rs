//! Numbers that are compared exactly: 0.4 is within 0.1 of 0.3, whatever doubles make of it.

/// Places behind the point.
const PLACES: usize = 15;
/// One, in units of the last place.
const ONE: i128 = 1_000_000_000_000_000;
/// Largest number in size.
pub const LARGEST: f64 = 1e15;

/// A decimal with 15 places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact(i128);

impl Exact {
    /// The shortest decimal that the double stands for; none beyond 10^15.
    pub fn of(number: f64) -> Option<Self> {
        if number.is_finite() && number.abs() <= LARGEST { Self::parse(&format!("{number}")) } else { None }
    }

    /// A decimal as people write it: a sign, digits, a point or comma, digits, perhaps a power of ten.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace(',', ".");
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
            None => (text.as_str(), 0),
        };
        let (negative, digits) = match mantissa.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && part.is_empty()) || !plain(whole) || !plain(part) || whole.len() + part.len() > 60 {
            return None;
        }
        let shift = i32::try_from(PLACES).ok()? + power - i32::try_from(part.len()).ok()?;
        let mut value: i128 = format!("{whole}{part}")
            .trim_start_matches('0')
            .chars()
            .try_fold(0_i128, |value, digit| value.checked_mul(10)?.checked_add(i128::from(digit.to_digit(10)?)))?;
        for _ in 0..shift.clamp(0, 60) {
            value = value.checked_mul(10)?;
        }
        for _ in shift.clamp(-60, 0)..0 {
            value /= 10;
        }
        let fits = value <= ONE * ONE;
        fits.then_some(Self(if negative { -value } else { value }))
    }

    /// Whether another is at most so far away.
    pub fn is_within(self, tolerance: Self, of: Self) -> bool {
        (self.0 - of.0).abs() <= tolerance.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_do_not_drift() {
        let n = |text| Exact::parse(text).unwrap();
        assert!(n("0.4").is_within(n("0.1"), n("0.3")) && n("0,2").is_within(n("0.1"), n("0.3")));
        assert!(!n("0.4000001").is_within(n("0.1"), n("0.3")));
        assert_eq!(Exact::of(0.1), Some(n("1e-1")));
        assert_eq!((n("-2.50"), n("1.5E3"), n(".5")), (n("-2.5"), n("1500"), n("0.50")));
        assert_eq!(n("\u{2212}3"), n("-3"));
        for bad in ["", ".", "-", "1.2.3", "x", "1e", "1e99", "NaN", "inf", "12abc", "1 000"] {
            assert_eq!(Exact::parse(bad), None, "{bad}");
        }
        assert_eq!(Exact::of(f64::NAN), None);
        assert_eq!(Exact::of(1e16), None);
        assert!(Exact::of(1e15).is_some());
    }
}
