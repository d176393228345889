//! Time-based one-time passwords as authenticator apps make them: RFC 6238 over HMAC-SHA-1, six digits, steps of 30 seconds.

use chrono::{DateTime, Utc};
use lyceum_kernel::Entropy;
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, TOTP};

/// Length of a step in seconds (RFC 6238's X).
pub const STEP_SECONDS: i64 = 30;

/// How many steps a code may be early or late: clocks of telephones are a little off.
const DRIFT_STEPS: i64 = 1;

/// Length of a secret: 160 bits, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// A new random secret.
pub fn new_secret(entropy: &dyn Entropy) -> Vec<u8> {
    let mut secret = vec![0_u8; SECRET_BYTES];
    entropy.fill(&mut secret);
    secret
}

/// The step that holds `now`.
pub const fn step_at(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(STEP_SECONDS)
}

/// The code of one step.
pub fn code_at(secret: &[u8], step: i64) -> String {
    let seconds = u64::try_from(step.saturating_mul(STEP_SECONDS)).unwrap_or_default();
    generator(secret, None, "").generate(seconds)
}

/// The step within one of now whose code this is. The caller must see to it that no step is used twice.
///
/// Every candidate is compared, in constant time each, whether or not an earlier one matched.
pub fn matching_step(secret: &[u8], code: &str, now: DateTime<Utc>) -> Option<i64> {
    let current = step_at(now);
    let mut found = None;
    for step in (current - DRIFT_STEPS)..=(current + DRIFT_STEPS) {
        if bool::from(code_at(secret, step).as_bytes().ct_eq(code.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// The secret in unpadded Base32 (RFC 4648), for typing it in.
pub fn base32(secret: &[u8]) -> String {
    generator(secret, None, "").get_secret_base32()
}

/// The `otpauth://` URI that authenticator apps read from a QR code.
pub fn otpauth_uri(secret: &[u8], issuer: &str, account: &str) -> String {
    let issuer = issuer.replace(':', " ");
    generator(secret, Some(issuer), &account.replace(':', " ")).get_url()
}

fn generator(secret: &[u8], issuer: Option<String>, account: &str) -> TOTP {
    let step = STEP_SECONDS.unsigned_abs();
    TOTP::new_unchecked(Algorithm::SHA1, 6, 0, step, secret.to_vec(), issuer, account.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// Appendix B of RFC 6238, cut to six digits.
    #[test]
    fn the_vectors_of_rfc_6238() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(SECRET, step_at(at(seconds))), code);
        }
    }

    #[test]
    fn one_step_off_is_taken_and_two_are_not() {
        let now = at(1_234_567_890);
        let step = step_at(now);
        for drift in -1..=1 {
            assert_eq!(matching_step(SECRET, &code_at(SECRET, step + drift), now), Some(step + drift));
        }
        for drift in [-3, -2, 2, 3] {
            assert_eq!(matching_step(SECRET, &code_at(SECRET, step + drift), now), None);
        }
        assert_eq!(matching_step(SECRET, "", now), None);
        assert_eq!(matching_step(SECRET, "not a code", now), None);
    }

    #[test]
    fn the_uri_names_issuer_and_account() {
        let uri = otpauth_uri(SECRET, "Lyceum: north", "ada@example.org");
        assert_eq!(
            uri,
            "otpauth://totp/Lyceum%20%20north:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Lyceum%20%20north"
        );
    }
}
