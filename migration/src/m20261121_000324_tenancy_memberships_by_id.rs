//! The letter that offers a membership names it by its own id alone.

use sea_orm_migration::prelude::*;

/// Adds an index to `memberships`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NAME: &str = "ix_memberships_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(Index::create().name(NAME).table("memberships").col("id").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(NAME).table("memberships").to_owned()).await
    }
}
