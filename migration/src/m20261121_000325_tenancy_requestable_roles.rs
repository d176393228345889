//! Which roles of a school strangers may ask for; none where it takes no requests.

use sea_orm_migration::prelude::*;

/// Adds a column to `schools`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("requestable_roles").json_binary().not_null().default("[]").to_owned();
        manager.alter_table(Table::alter().table("schools").add_column(column).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("schools").drop_column("requestable_roles").to_owned()).await
    }
}
