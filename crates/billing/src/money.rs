//! Money: whole minor units of an ISO 4217 currency, never a float.
//!
//! Rounding happens in two places only, and each line is rounded by itself:
//! - tax of a line = amount × rate, rounded half up (for a negative line half away from zero, so that a credit takes back exactly
//!   what was charged);
//! - the price of a seat for the rest of a period = price × seconds left ÷ seconds of the period, rounded half up; the line is
//!   that price times the seats.
//!
//! Totals are sums of lines, so what is printed always adds up. Requests are bounded (quantity 100,000, price 10⁸, 90 lines), so that
//! sums stay below 2⁵³ and JSON readers keep them exact.

use std::fmt::Write as _;

/// ISO 4217 codes of currencies in circulation, in alphabetical order.
pub const CURRENCIES: [&str; 153] = [
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND",
    "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE",
    "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD",
    "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY",
    "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD",
    "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO",
    "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF",
    "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
    "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES", "VND", "VUV",
    "WST", "XAF", "XCD", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
];

/// Digits after the decimal point (ISO 4217, minor unit).
pub fn exponent(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// Whether it is a currency that invoices can be written in.
pub fn is_currency(code: &str) -> bool {
    CURRENCIES.binary_search(&code).is_ok()
}

/// An amount for people: `1,234.50 EUR`.
pub fn shown(amount: i64, currency: &str) -> String {
    let digits = exponent(currency);
    let scale = 10_u64.pow(u32::try_from(digits).unwrap_or_default());
    let magnitude = amount.unsigned_abs();
    let (whole, rest) = ((magnitude / scale).to_string(), magnitude % scale);
    let mut text = String::with_capacity(whole.len() + 12);
    if amount < 0 {
        text.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if digits > 0 {
        text.push('.');
        let _ = write!(text, "{rest:0digits$}");
    }
    text.push(' ');
    text.push_str(currency);
    text
}

/// A rate for people: `19 %`, `8.25 %`.
pub fn shown_rate(basis_points: i32) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    if rest == 0 { format!("{whole} %") } else { format!("{whole}.{rest:02} %").replace("0 %", " %") }
}

/// `numerator ÷ denominator`, rounded to the nearest; halves away from zero. Nothing if the denominator is not positive.
fn rounded(numerator: i128, denominator: i128) -> Option<i64> {
    if denominator <= 0 {
        return None;
    }
    let twice = numerator.unsigned_abs().checked_mul(2)?.checked_add(denominator.unsigned_abs())?;
    let magnitude = i64::try_from(twice / denominator.unsigned_abs().checked_mul(2)?).ok()?;
    Some(if numerator < 0 { -magnitude } else { magnitude })
}

/// The tax on an amount, rounded half up.
pub fn tax_of(amount: i64, basis_points: i32) -> Option<i64> {
    rounded(i128::from(amount) * i128::from(basis_points), 10_000)
}

/// A price for the rest of a period: `left` of `whole` seconds.
pub fn prorated(unit_amount: i64, left: i64, whole: i64) -> Option<i64> {
    let left = left.clamp(0, whole.max(0));
    rounded(i128::from(unit_amount) * i128::from(left), i128::from(whole))
}

/// What a line comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineSum {
    /// Without tax.
    pub amount: i64,
    /// The tax on it.
    pub tax: i64,
}

impl LineSum {
    /// `quantity × unit_amount` and the tax on it. Nothing if that is beyond all bounds.
    pub fn of(quantity: i64, unit_amount: i64, basis_points: i32) -> Option<Self> {
        let amount = quantity.checked_mul(unit_amount)?;
        Some(Self { amount, tax: tax_of(amount, basis_points)? })
    }
}

/// What an invoice comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// The amounts of all lines.
    pub subtotal: i64,
    /// The taxes of all lines.
    pub tax: i64,
    /// Both.
    pub total: i64,
}

impl Totals {
    /// The sum of lines. Nothing if it is beyond all bounds.
    pub fn of(lines: impl IntoIterator<Item = LineSum>) -> Option<Self> {
        lines.into_iter().try_fold(Self::default(), |sum, line| {
            let subtotal = sum.subtotal.checked_add(line.amount)?;
            let tax = sum.tax.checked_add(line.tax)?;
            Some(Self { subtotal, tax, total: subtotal.checked_add(tax)? })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Most of one thing on a line.
    const MOST_QUANTITY: i64 = 100_000;

    /// Most that one thing costs, in minor units.
    const MOST_UNIT_AMOUNT: i64 = 100_000_000;

    /// Most lines on an invoice. Sums stay below 2⁵³, so that JSON readers keep them exact.
    const MOST_LINES: usize = 90;

    /// The highest rate of tax, in hundredths of a per cent.
    const MOST_BASIS_POINTS: i32 = 10_000;

    #[test]
    fn currencies_are_sorted_and_known() {
        assert!(CURRENCIES.is_sorted());
        assert!(is_currency("EUR") && !is_currency("EUX") && !is_currency("eur"));
    }

    #[test]
    fn halves_go_up() {
        assert_eq!(tax_of(250, 1_000), Some(25));
        assert_eq!(tax_of(245, 1_000), Some(25)); // 24.5
        assert_eq!(tax_of(244, 1_000), Some(24)); // 24.4
        assert_eq!(tax_of(-245, 1_000), Some(-25));
        assert_eq!(prorated(1_000, 1, 3), Some(333));
        assert_eq!(prorated(1_000, 1, 2_000), Some(1)); // 0.5
    }

    #[test]
    fn amounts_are_shown_with_their_currency() {
        assert_eq!(shown(123_450, "EUR"), "1,234.50 EUR");
        assert_eq!(shown(-5, "USD"), "-0.05 USD");
        assert_eq!(shown(1_234_567, "JPY"), "1,234,567 JPY");
        assert_eq!(shown(1_500, "KWD"), "1.500 KWD");
        assert_eq!([shown_rate(1_900), shown_rate(825), shown_rate(750)], ["19 %", "8.25 %", "7.5 %"]);
    }

    fn line() -> impl Strategy<Value = (i64, i64, i32)> {
        (1..=MOST_QUANTITY, -MOST_UNIT_AMOUNT..=MOST_UNIT_AMOUNT, 0..=MOST_BASIS_POINTS)
    }

    proptest! {
        #[test]
        fn totals_add_up_and_do_not_hang_on_the_order(lines in prop::collection::vec(line(), 0..MOST_LINES)) {
            let sums: Vec<_> = lines.iter().map(|(q, u, t)| LineSum::of(*q, *u, *t).unwrap()).collect();
            let totals = Totals::of(sums.iter().copied()).unwrap();
            prop_assert_eq!(totals.total, totals.subtotal + totals.tax);
            prop_assert_eq!(totals.subtotal, lines.iter().map(|(q, u, _)| q * u).sum::<i64>());
            prop_assert_eq!(totals, Totals::of(sums.iter().rev().copied()).unwrap());
            prop_assert!(totals.total.unsigned_abs() < 1 << 54);
        }

        #[test]
        fn tax_is_within_half_a_unit_of_the_exact_one((quantity, unit, rate) in line()) {
            let sum = LineSum::of(quantity, unit, rate).unwrap();
            let exact = i128::from(sum.amount) * i128::from(rate);
            let off = (i128::from(sum.tax) * 10_000 - exact).abs();
            prop_assert!(off <= 5_000);
        }

        #[test]
        fn a_credit_takes_back_exactly_what_was_charged((quantity, unit, rate) in line()) {
            let charge = LineSum::of(quantity, unit, rate).unwrap();
            let credit = LineSum::of(quantity, -unit, rate).unwrap();
            let zero = Totals::of([charge, credit]).unwrap();
            prop_assert_eq!(zero, Totals::default());
        }

        #[test]
        fn the_rest_of_a_period_costs_no_more_than_the_whole(
            unit in 0..=MOST_UNIT_AMOUNT, whole in 1_i64..100_000_000, left in -10_i64..200_000_000, more in 0_i64..1_000,
        ) {
            let part = prorated(unit, left, whole).unwrap();
            prop_assert!((0..=unit).contains(&part));
            prop_assert!(prorated(unit, left + more, whole).unwrap() >= part);
            prop_assert_eq!(prorated(unit, whole, whole), Some(unit));
        }
    }
}
