//! What completes a block for a learner.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::string_len;

/// Adds `blocks.completion`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rules = ["manual", "viewed", "passed", "submitted"];
        let completion = string_len("completion", 16)
            .default("manual")
            .check(("ck_blocks_completion", Expr::col("completion").is_in(rules)))
            .to_owned();
        manager.alter_table(Table::alter().table("blocks").add_column(completion).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("blocks").drop_column("completion").to_owned()).await
    }
}
