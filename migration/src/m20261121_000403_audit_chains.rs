//! The chains of the audit log: where each ends, and signed marks on the way. Platform tables.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary_len, timestamp_with_time_zone, uuid};

/// Creates `audit_chains` and `audit_checkpoints`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let chains = table("audit_chains", "seq")
            .col(big_integer("checkpoint_seq"))
            .primary_key(Index::create().name("pk_audit_chains").col("chain_id"))
            .foreign_key(&mut key("audit_chains"))
            .to_owned();
        let checkpoints = table("audit_checkpoints", "seq")
            .primary_key(Index::create().name("pk_audit_checkpoints").col("chain_id").col("seq"))
            .foreign_key(&mut key("audit_checkpoints"))
            .to_owned();
        manager.create_table(chains).await?;
        manager.create_table(checkpoints).await?;
        for (table, name) in
            [("audit_chains", "ix_audit_chains_key_id"), ("audit_checkpoints", "ix_audit_checkpoints_key_id")]
        {
            manager.create_index(Index::create().name(name).table(table).col("key_id").to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["audit_checkpoints", "audit_chains"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// What a signed mark is made of.
fn table(name: &'static str, seq: &'static str) -> TableCreateStatement {
    Table::create()
        .table(name)
        .col(uuid("chain_id"))
        .col(big_integer(seq))
        .col(binary_len("link", 32))
        .col(timestamp_with_time_zone("sealed_at"))
        .col(uuid("key_id"))
        .col(binary_len("signature", 64))
        .to_owned()
}

fn key(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(format!("fk_{table}_key_id")).from(table, "key_id").to("audit_keys", "id").to_owned()
}
