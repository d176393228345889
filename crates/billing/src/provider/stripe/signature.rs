//! `Stripe-Signature`: `t=<seconds>,v1=<hex>[,v1=<hex>…]`, where v1 is HMAC-SHA256 of `<t>.<raw body>` under the webhook's secret.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// How far a signature's time may be from ours.
const TOLERANCE_S: i64 = 300;

/// Most signatures in one header: one for each secret that is being rolled.
const MOST: usize = 8;

fn mac(secret: &SecretString, time: &str, body: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac.finalize().into_bytes().into())
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Whether the header signs the body, now.
pub(super) fn holds(secret: &SecretString, body: &[u8], header: &str, now: DateTime<Utc>) -> bool {
    if secret.expose_secret().is_empty() {
        return false;
    }
    let pairs = || header.split(',').filter_map(|pair| pair.trim().split_once('='));
    let Some((_, time)) = pairs().find(|(name, _)| *name == "t") else { return false };
    let Ok(seconds) = time.parse::<i64>() else { return false };
    if now.timestamp().abs_diff(seconds) > TOLERANCE_S.unsigned_abs() {
        return false;
    }
    let Some(expected) = mac(secret, time, body) else { return false };
    let given = pairs().filter(|(name, _)| *name == "v1").take(MOST).filter_map(|(_, hex)| unhex(hex));
    given.fold(false, |holds, given| holds | bool::from(expected.ct_eq(&given)))
}

/// The header that Stripe sends with a body: for servers that stand in for it.
pub fn sign(secret: &SecretString, body: &[u8], now: DateTime<Utc>) -> String {
    use std::fmt::Write as _;
    let time = now.timestamp().to_string();
    let mut header = format!("t={time},v1=");
    for byte in mac(secret, &time, body).unwrap_or_default() {
        let _ = write!(header, "{byte:02x}");
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fresh_signature_of_the_very_bytes_holds() {
        let (secret, other) = (SecretString::from("whsec_one"), SecretString::from("whsec_two"));
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let header = sign(&secret, b"{}", now);
        assert!(holds(&secret, b"{}", &header, now));
        assert!(holds(&secret, b"{}", &format!("v0=aa,{header},v1={}", "0".repeat(64)), now));
        assert!(!holds(&secret, b"{} ", &header, now));
        assert!(!holds(&other, b"{}", &header, now));
        assert!(holds(&secret, b"{}", &header, now + chrono::Duration::seconds(300)));
        for off in [301, -301] {
            assert!(!holds(&secret, b"{}", &header, now + chrono::Duration::seconds(off)));
        }
        for bad in ["", "t=,v1=", "t=1", "v1=00", "t=1800000000,v1=zz", "t=99999999999999999999,v1=00"] {
            assert!(!holds(&secret, b"{}", bad, now), "{bad}");
        }
        let unset = SecretString::from("");
        assert!(!holds(&unset, b"{}", &sign(&unset, b"{}", now), now));
    }

    /// The vector that Stripe's documentation describes: signed payload `1492774577.{}`.
    #[test]
    fn it_is_hmac_sha256_of_time_dot_body() {
        let now = DateTime::from_timestamp(1_492_774_577, 0).unwrap();
        let header = sign(&SecretString::from("whsec_test"), b"{}", now);
        assert!(header.starts_with("t=1492774577,v1=") && header.len() == 16 + 64);
    }
}
