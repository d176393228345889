//! What seals a row of the audit log into its chain, and whom the row is about.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, binary_len_null, timestamp_with_time_zone_null, uuid_null};

/// Adds the columns of the seal to `audit_log`, and the indexes that lists by id walk.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement: SQLite takes no more.
        for column in columns() {
            manager.alter_table(Table::alter().table("audit_log").add_column(column).to_owned()).await?;
        }
        for name in OLD_INDEXES {
            manager.drop_index(Index::drop().name(name).table("audit_log").to_owned()).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in NEW_INDEXES {
            manager.drop_index(Index::drop().name(name).table("audit_log").to_owned()).await?;
        }
        for index in old_indexes() {
            manager.create_index(index).await?;
        }
        for name in COLUMNS {
            manager.alter_table(Table::alter().table("audit_log").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

const COLUMNS: [&str; 9] = [
    "subject_id",
    "chain_id",
    "chain_seq",
    "origin_salt",
    "origin_digest",
    "values_salt",
    "values_digest",
    "link",
    "erased_at",
];

const OLD_INDEXES: [&str; 3] =
    ["ix_audit_log_school_id_at_id", "ix_audit_log_actor_id", "ix_audit_log_target_type_target_id"];

const NEW_INDEXES: [&str; 7] = [
    "ix_audit_log_school_id_id",
    "ix_audit_log_school_id_action_id",
    "ix_audit_log_actor_id_id",
    "ix_audit_log_target_id_id",
    "ix_audit_log_subject_id",
    "ix_audit_log_unsealed",
    "uq_audit_log_chain_id_chain_seq",
];

fn columns() -> [ColumnDef; 9] {
    [
        uuid_null("subject_id"),
        uuid_null("chain_id"),
        big_integer_null("chain_seq"),
        binary_len_null("origin_salt", 16),
        binary_len_null("origin_digest", 32),
        binary_len_null("values_salt", 16),
        binary_len_null("values_digest", 32),
        binary_len_null("link", 32),
        timestamp_with_time_zone_null("erased_at"),
    ]
}

fn index(name: &str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table("audit_log").to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}

fn indexes() -> [IndexCreateStatement; 7] {
    let [school, action, actor, target, subject, unsealed, chain] = NEW_INDEXES;
    [
        index(school, &["school_id", "id"]),
        index(action, &["school_id", "action", "id"]),
        index(actor, &["actor_id", "id"]),
        index(target, &["target_id", "id"]),
        index(subject, &["subject_id"]).and_where(Expr::col("subject_id").is_not_null()).to_owned(),
        // What the sealer takes next: only rows without a seal, oldest first.
        index(unsealed, &["at", "id"]).and_where(Expr::col("chain_seq").is_null()).to_owned(),
        index(chain, &["chain_id", "chain_seq"]).unique().to_owned(),
    ]
}

fn old_indexes() -> [IndexCreateStatement; 3] {
    let [school, actor, target] = OLD_INDEXES;
    [
        index(school, &["school_id", "at", "id"]),
        index(actor, &["actor_id", "at"]),
        index(target, &["target_type", "target_id", "at"]),
    ]
}
