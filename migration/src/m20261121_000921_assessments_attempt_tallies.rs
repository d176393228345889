//! What statistics want of an attempt, in few bytes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::binary_null;

/// Adds `attempts.tally`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("attempts").add_column(binary_null("tally")).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("attempts").drop_column("tally").to_owned()).await
    }
}
