//! Time that invigilators add to one attempt while it runs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::integer;

/// Adds `attempts.added_s`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // In seconds.
        let added = integer("added_s").default(0).to_owned();
        manager.alter_table(Table::alter().table("attempts").add_column(added).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("attempts").drop_column("added_s").to_owned()).await
    }
}
