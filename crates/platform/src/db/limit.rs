//! Limits that PostgreSQL can plan for.

use std::fmt::Write as _;

use sea_orm::{DbBackend, Statement, StatementBuilder, Value};

/// A query as the database is to see it: on PostgreSQL with its `LIMIT` written out.
///
/// Of a limit that is a parameter, PostgreSQL's generic plan supposes a tenth of all rows. It then finds that plan dearer than
/// one made for the values at hand, and plans the query anew whenever it is asked, which takes longer than to answer it. There are
/// as many statements as page sizes, which are few.
pub(super) fn built(query: &impl StatementBuilder, backend: DbBackend) -> Statement {
    let statement = query.build(&backend);
    if backend == DbBackend::Postgres { written_out(statement) } else { statement }
}

fn written_out(mut statement: Statement) -> Statement {
    let Some(values) = &mut statement.values else { return statement };
    let Some(Value::BigUnsigned(Some(limit))) = values.0.last() else { return statement };
    let (limit, parameter) = (*limit, format!(" LIMIT ${}", values.0.len()));
    let Some(sql) = statement.sql.strip_suffix(&parameter) else { return statement };
    let kept = sql.len();
    values.0.pop();
    statement.sql.truncate(kept);
    let _ = write!(statement.sql, " LIMIT {limit}");
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(sql: &str, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
    }

    #[test]
    fn only_a_limit_at_the_end_is_written_out() {
        let limited = written_out(statement("SELECT 1 WHERE a = $1 LIMIT $2", vec![7_i64.into(), 21_u64.into()]));
        assert_eq!(limited, statement("SELECT 1 WHERE a = $1 LIMIT 21", vec![7_i64.into()]));
        for other in [
            statement("SELECT 1 WHERE a = $1 LIMIT $2 OFFSET $3", vec![7_i64.into(), 21_u64.into(), 40_u64.into()]),
            statement("SELECT 1 WHERE a = $1", vec![7_u64.into()]),
            statement("SELECT 1 LIMIT $1", vec![7_i64.into()]),
            Statement::from_string(DbBackend::Postgres, "SELECT 1 LIMIT 5"),
        ] {
            assert_eq!(written_out(other.clone()), other);
        }
    }
}
