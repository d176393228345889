//! The arithmetic of the chain: what is digested, and how. Pure; nothing here reads or writes.
//!
//! ```text
//! origin_n = SHA-256("lyceum audit origin 1" ‖ salt ‖ ip ‖ user agent)
//! values_n = SHA-256("lyceum audit values 1" ‖ salt ‖ before ‖ after)
//! link_n   = SHA-256("lyceum audit link 1" ‖ link_(n-1) ‖ chain ‖ n ‖ what never changes of the row ‖ origin_n ‖ values_n)
//! head     = Ed25519("lyceum audit head 1" ‖ chain ‖ n ‖ link_n)
//! ```
//!
//! `link_0` is 32 zero bytes. Every field is written as one byte 0 if it is absent, else as 1, its length in 8 bytes and itself, so
//! that no field runs over into the next. Integers are big-endian, times microseconds since the Unix epoch, JSON is written with
//! sorted keys and no white space.
//!
//! A row's personal values stand in the chain only as digests under 16 random bytes of salt. Without the salt nobody can find
//! out an address by trying all that there are; so deleting values and salt erases them, and the chain still holds.

use lyceum_platform::uow::AuditOutcome;
use lyceum_platform::uow::audit::Model;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A SHA-256 digest.
pub type Sum = [u8; 32];

/// What the first entry of a chain links to.
pub const GENESIS: Sum = [0; 32];

/// The bytes of a salt.
pub const SALT: usize = 16;

/// The digest of where a deed came from.
pub fn origin_digest(salt: &[u8], row: &Model) -> Sum {
    let mut sum = Fields::new("lyceum audit origin 1");
    sum.put(salt);
    sum.put_optional(row.ip.as_deref().map(str::as_bytes));
    sum.put_optional(row.user_agent.as_deref().map(str::as_bytes));
    sum.finish()
}

/// The digest of the fields as they were and as they became.
pub fn values_digest(salt: &[u8], row: &Model) -> Sum {
    let mut sum = Fields::new("lyceum audit values 1");
    sum.put(salt);
    for value in [&row.before, &row.after] {
        sum.put_optional(value.as_ref().map(canonical).as_deref().map(str::as_bytes));
    }
    sum.finish()
}

/// The link of a row at its place in a chain, given the link before it and the digests of its personal values.
pub fn link(previous: &Sum, (chain, seq): (Uuid, i64), row: &Model, origin: &[u8], values: &[u8]) -> Sum {
    let mut sum = Fields::new("lyceum audit link 1");
    sum.put(previous);
    sum.put(chain.as_bytes());
    sum.put(&seq.to_be_bytes());
    sum.put(row.id.as_bytes());
    sum.put(&row.at.timestamp_micros().to_be_bytes());
    sum.put_uuid(row.school_id.map(|id| id.0));
    sum.put_uuid(row.actor_id.map(|id| id.0));
    sum.put_uuid(row.actor_session.map(|id| id.0));
    sum.put(row.action.as_bytes());
    sum.put(row.target_type.as_bytes());
    sum.put_uuid(row.target_id);
    sum.put_uuid(row.subject_id.map(|id| id.0));
    sum.put(match row.outcome {
        AuditOutcome::Success => b"success",
        AuditOutcome::Denied => b"denied",
    });
    sum.put(row.request_id.as_bytes());
    sum.put(origin);
    sum.put(values);
    sum.finish()
}

/// What is signed of a chain's head or checkpoint.
pub fn head_message(chain: Uuid, seq: i64, link: &[u8]) -> Vec<u8> {
    [&b"lyceum audit head 1"[..], chain.as_bytes(), &seq.to_be_bytes(), link].concat()
}

/// The chain that a row belongs to: its school's, or the platform's.
pub fn chain_of(row: &Model) -> Uuid {
    row.school_id.map_or(Uuid::nil(), |school| school.0)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// JSON with sorted keys and no white space, so that a value read from any database has one form.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_canonical(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| name.as_str());
            text.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(member, text);
            }
            text.push('}');
        }
        // PostgreSQL keeps numbers as decimals: 100.0 and 1e2 are one value and must have one form.
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(float) => text.push_str(&float.to_string()),
            None => text.push_str(&number.to_string()),
        },
        other => text.push_str(&other.to_string()),
    }
}

/// Fields, each with its length, on their way into a digest.
struct Fields(Sha256);

impl Fields {
    fn new(purpose: &str) -> Self {
        let mut fields = Self(Sha256::new());
        fields.put(purpose.as_bytes());
        fields
    }

    fn put(&mut self, bytes: &[u8]) {
        self.0.update([1]);
        self.0.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(bytes);
    }

    fn put_optional(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.put(bytes),
            None => self.0.update([0]),
        }
    }

    fn put_uuid(&mut self, id: Option<Uuid>) {
        self.put_optional(id.as_ref().map(|id| &id.as_bytes()[..]));
    }

    fn finish(self) -> Sum {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use lyceum_kernel::{SchoolId, UserId};
    use serde_json::json;

    use super::*;

    fn row() -> Model {
        Model {
            id: Uuid::from_u128(1),
            at: DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
            school_id: Some(SchoolId(Uuid::from_u128(2))),
            actor_id: Some(UserId(Uuid::from_u128(3))),
            actor_session: None,
            action: "school.renamed".to_owned(),
            target_type: "school".to_owned(),
            target_id: Some(Uuid::from_u128(2)),
            outcome: AuditOutcome::Success,
            before: Some(json!({"name": "a"})),
            after: Some(json!({"name": "b", "rank": 1})),
            ip: Some("192.0.2.1".to_owned()),
            user_agent: Some("curl".to_owned()),
            request_id: "r".to_owned(),
            subject_id: None,
            chain_id: None,
            chain_seq: None,
            origin_salt: None,
            origin_digest: None,
            values_salt: None,
            values_digest: None,
            link: None,
            erased_at: None,
        }
    }

    fn link_of(row: &Model) -> Sum {
        link(&GENESIS, (chain_of(row), 1), row, &origin_digest(&[7; SALT], row), &values_digest(&[9; SALT], row))
    }

    #[test]
    fn json_has_one_form() {
        assert_eq!(
            canonical(&json!({"b": [1, {"d": null, "c": "ä\n"}], "a": 1e2})),
            r#"{"a":100,"b":[1,{"c":"ä\n","d":null}]}"#
        );
        let one: Value = serde_json::from_str(r#"{"x":1,"y":2}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{ "y": 2, "x": 1 }"#).unwrap();
        assert_eq!(canonical(&one), canonical(&other));
    }

    #[test]
    fn every_field_counts() {
        let original = link_of(&row());
        let changes: [fn(&mut Model); 15] = [
            |row| row.id = Uuid::from_u128(9),
            |row| row.at += chrono::TimeDelta::microseconds(1),
            |row| row.school_id = None,
            |row| row.actor_id = None,
            |row| row.actor_session = Some(lyceum_kernel::SessionId(Uuid::nil())),
            |row| row.action.push('x'),
            |row| row.target_type.push('x'),
            |row| row.target_id = None,
            |row| row.outcome = AuditOutcome::Denied,
            |row| row.before = None,
            |row| row.after = Some(json!({"name": "b", "rank": 2})),
            |row| row.ip = Some("192.0.2.2".to_owned()),
            |row| row.user_agent = None,
            |row| row.request_id.push('x'),
            |row| row.subject_id = row.actor_id,
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut other = row();
            change(&mut other);
            assert_ne!(link_of(&other), original, "change {index}");
        }
    }

    #[test]
    fn no_field_runs_over_into_the_next() {
        let (mut one, mut other) = (row(), row());
        (one.action, one.target_type) = ("ab".to_owned(), "c".to_owned());
        (other.action, other.target_type) = ("a".to_owned(), "bc".to_owned());
        assert_ne!(link_of(&one), link_of(&other));
        (one.ip, one.user_agent) = (None, Some("x".to_owned()));
        (other.ip, other.user_agent) = (Some("x".to_owned()), None);
        assert_ne!(origin_digest(&[], &one), origin_digest(&[], &other));
    }

    #[test]
    fn place_and_predecessor_count() {
        let row = row();
        let at = |previous: &Sum, seq| link(previous, (chain_of(&row), seq), &row, &[], &[]);
        assert_ne!(at(&GENESIS, 1), at(&GENESIS, 2));
        assert_ne!(at(&GENESIS, 1), at(&[1; 32], 1));
        assert_eq!(hex(&[0, 15, 255]), "000fff");
    }
}
