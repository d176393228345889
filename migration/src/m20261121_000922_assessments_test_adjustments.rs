//! How questions of a test are marked where that is not by what was seen: by a corrected key, void, or in full for everybody.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::json_binary_null;

/// Adds `tests.adjustments`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("tests").add_column(json_binary_null("adjustments")).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("tests").drop_column("adjustments").to_owned()).await
    }
}
