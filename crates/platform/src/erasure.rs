//! Taking a person out of the platform's own tables: letters, jobs that have ended, and stored answers.
//!
//! The audit log is left to whoever seals it. Each function may be repeated, changes rows in small statements that block nobody, and
//! leaves a person's id, which says nothing once the account is anonymous.

#![expect(clippy::disallowed_methods, reason = "the platform's own tables, in which a person is found by text")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lyceum_kernel::UserId;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, TryGetable, Value};
use uuid::Uuid;

/// Rows looked at in one statement.
const WINDOW: i64 = 2_000;

/// What stands in the place of an address that was erased.
pub const ERASED_ADDRESS: &str = "erased@invalid";

/// By what a person is found.
#[derive(Debug, Clone)]
pub struct Traces {
    /// The account.
    pub person: UserId,
    /// E-mail addresses, lower case.
    pub addresses: BTreeSet<String>,
}

impl Traces {
    /// The account and the addresses that letters to it went to.
    pub async fn of(db: &impl ConnectionTrait, person: UserId) -> Result<Self, DbErr> {
        let sql = "SELECT DISTINCT to_address FROM emails WHERE user_id = $1 AND to_address <> $2";
        let values = [person.into(), ERASED_ADDRESS.into()];
        let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
        let addresses = rows.iter().map(|row| Ok(row.try_get::<String>("", "to_address")?.to_lowercase()));
        Ok(Self { person, addresses: addresses.collect::<Result<_, DbErr>>()? })
    }

    /// A condition on rows that mention the person's id or one of the addresses in `text`, an SQL expression of lower case.
    fn mentioned(&self, backend: DbBackend, text: &str, values: &mut Vec<Value>) -> String {
        let find = if backend == DbBackend::Postgres { "strpos" } else { "instr" };
        let words = std::iter::once(self.person.to_string()).chain(self.addresses.iter().cloned());
        let tests: Vec<String> = words
            .map(|word| {
                values.push(word.into());
                format!("{find}({text}, ${}) > 0", values.len())
            })
            .collect();
        format!("({})", tests.join(" OR "))
    }
}

/// Takes address, name and contents out of letters to the person that were sent or refused for good; `all`: out of those that wait
/// as well, which then are never sent. Whether any wait: their addresses stay until they have gone.
pub async fn letters(db: &impl ConnectionTrait, traces: &Traces, all: bool) -> Result<bool, DbErr> {
    let backend = db.get_database_backend();
    let mut values: Vec<Value> = vec![traces.person.into()];
    let places: Vec<String> = traces
        .addresses
        .iter()
        .map(|address| {
            values.push(address.as_str().into());
            format!("${}", values.len())
        })
        .collect();
    let whose = if places.is_empty() {
        "user_id = $1".to_owned()
    } else {
        format!("(user_id = $1 OR (user_id IS NULL AND lower(to_address) IN ({})))", places.join(", "))
    };
    let waiting = format!("SELECT id FROM emails WHERE {whose} AND state IN ('queued', 'sending') LIMIT 1");
    let waiting = Statement::from_sql_and_values(backend, waiting, values.clone());
    let wait = !all && db.query_one_raw(waiting).await?.is_some();
    values.push(Value::from(serde_json::json!({})));
    let data = values.len();
    let mut sql = format!("UPDATE emails SET to_name = NULL, last_error = NULL, data = ${data}");
    if !wait {
        // Only now: by these addresses the next pass finds the letters that wait.
        values.push(ERASED_ADDRESS.into());
        let _ = write!(sql, ", to_address = ${}", values.len());
    }
    if all {
        sql.push_str(", state = CASE WHEN state = 'sent' THEN state ELSE 'failed' END");
    }
    let _ = write!(sql, " WHERE {whose}");
    if !all {
        sql.push_str(" AND state IN ('sent', 'failed')");
    }
    db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(wait)
}

/// Empties payload, result and last error of jobs that are done or cancelled and mention the person, and of parked ones that
/// mention an address. What a job has yet to do it needs its payload for.
pub async fn ended_jobs(db: &impl ConnectionTrait, traces: &Traces) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let text = "lower(CAST(payload AS TEXT) || COALESCE(CAST(result AS TEXT), '') || COALESCE(last_error, ''))";
    let mut place: Option<Uuid> = None;
    loop {
        let until = window_end(db, ("jobs", "id"), place).await?;
        let mut values: Vec<Value> = vec![place.unwrap_or_default().into()];
        let mentioned = traces.mentioned(backend, text, &mut values);
        values.push(Value::from(serde_json::json!({})));
        let mut sql = format!(
            "UPDATE jobs SET payload = ${}, result = NULL, last_error = NULL WHERE id > $1 AND {mentioned} AND \
             (state IN ('done', 'cancelled')",
            values.len()
        );
        if traces.addresses.is_empty() {
            sql.push(')');
        } else {
            let bare = Traces { person: UserId(Uuid::max()), addresses: traces.addresses.clone() };
            let by_address = bare.mentioned(backend, text, &mut values);
            let _ = write!(sql, " OR (state = 'parked' AND {by_address}))");
        }
        bound(&mut sql, &mut values, "id", until);
        db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        let Some(until) = until else { return Ok(()) };
        place = Some(until);
    }
}

/// Deletes answers stored under idempotency keys that the person was given or that mention them.
pub async fn stored_answers(db: &impl ConnectionTrait, traces: &Traces) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let mut place: Option<Vec<u8>> = None;
    loop {
        let until: Option<Vec<u8>> = window_end(db, ("idempotency_keys", "key_hash"), place.clone()).await?;
        let mut values: Vec<Value> = vec![place.take().unwrap_or_default().into(), traces.person.to_string().into()];
        let (find, end) = if backend == DbBackend::Postgres { ("position(", ")") } else { ("instr(body, ", ")") };
        let words = std::iter::once(traces.person.to_string()).chain(traces.addresses.iter().cloned());
        let tests: Vec<String> = words
            .map(|word| {
                values.push(word.into_bytes().into());
                let inside = if backend == DbBackend::Postgres { " in body" } else { "" };
                format!("{find}${}{inside}{end} > 0", values.len())
            })
            .collect();
        let mut sql =
            format!("DELETE FROM idempotency_keys WHERE key_hash > $1 AND (caller = $2 OR {})", tests.join(" OR "));
        bound(&mut sql, &mut values, "key_hash", until.clone());
        db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        let Some(until) = until else { return Ok(()) };
        place = Some(until);
    }
}

/// Ends the window of a statement, if it has an end.
fn bound(sql: &mut String, values: &mut Vec<Value>, key: &str, until: Option<impl Into<Value>>) {
    if let Some(until) = until {
        values.push(until.into());
        let _ = write!(sql, " AND {key} <= ${}", values.len());
    }
}

/// The last key of the next window of a table, or nothing where the table ends within it.
async fn window_end<K: TryGetable + Into<Value>>(
    db: &impl ConnectionTrait,
    (table, key): (&str, &str),
    after: Option<K>,
) -> Result<Option<K>, DbErr> {
    let mut values: Vec<Value> = vec![WINDOW.into()];
    let behind = after.map_or_else(String::new, |after| {
        values.push(after.into());
        format!("WHERE {key} > $2 ")
    });
    let sql = format!("SELECT {key} AS last FROM {table} {behind}ORDER BY {key} LIMIT 1 OFFSET $1");
    let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    row.map(|row| row.try_get("", "last")).transpose()
}
