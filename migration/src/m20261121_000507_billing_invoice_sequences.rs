//! The last invoice number of each school. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, uuid};

/// Creates `invoice_sequences`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("invoice_sequences")
                    .col(uuid("school_id"))
                    .col(big_integer("last"))
                    .primary_key(Index::create().name("pk_invoice_sequences").col("school_id"))
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("invoice_sequences").to_owned()).await
    }
}
