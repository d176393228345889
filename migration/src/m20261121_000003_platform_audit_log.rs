//! The audit log: who did what to what. A platform table; rows are only ever inserted.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    json_binary_null, string_len, string_len_null, timestamp_with_time_zone, uuid, uuid_null,
};

/// Creates `audit_log`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("audit_log").to_owned()).await
    }
}

// No foreign keys: the log outlives the people and things it speaks of.
fn table() -> TableCreateStatement {
    Table::create()
        .table("audit_log")
        .col(uuid("id"))
        .col(timestamp_with_time_zone("at"))
        .col(uuid_null("school_id"))
        .col(uuid_null("actor_id"))
        .col(uuid_null("actor_session"))
        .col(string_len("action", 128))
        .col(string_len("target_type", 64))
        .col(uuid_null("target_id"))
        .col(string_len("outcome", 16))
        .col(json_binary_null("before"))
        .col(json_binary_null("after"))
        .col(string_len_null("ip", 45))
        .col(string_len_null("user_agent", 512))
        .col(string_len("request_id", 64))
        .primary_key(Index::create().name("pk_audit_log").col("id"))
        .check(("ck_audit_log_outcome", Expr::col("outcome").is_in(["success", "denied"])))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    let index = |name: &str| Index::create().name(name).table("audit_log").to_owned();
    [
        index("ix_audit_log_school_id_at_id").col("school_id").col("at").col("id").to_owned(),
        index("ix_audit_log_actor_id").col("actor_id").col("at").to_owned(),
        index("ix_audit_log_target_type_target_id").col("target_type").col("target_id").col("at").to_owned(),
    ]
}
