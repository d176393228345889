//! Whoever is done with a test is done with the blocks that it is in.

use sea_orm_migration::prelude::*;

/// Adds an index to `blocks`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NAME: &str = "ix_blocks_school_id_test_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create().name(NAME).table("blocks").col("school_id").col("test_id").to_owned();
        manager.create_index(index.and_where(Expr::col("test_id").is_not_null()).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(NAME).table("blocks").to_owned()).await
    }
}
