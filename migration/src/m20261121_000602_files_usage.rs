//! What the files of a school, and of each person in it, come to. A school table: `holder_id` is the school itself or a person.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, uuid};

/// Creates `file_usage`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("file_usage")
                    .col(uuid("school_id"))
                    .col(uuid("holder_id"))
                    .col(big_integer("bytes_used"))
                    .primary_key(Index::create().name("pk_file_usage").col("school_id").col("holder_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_file_usage_school_id")
                            .from("file_usage", "school_id")
                            .to("schools", "id"),
                    )
                    .check(("ck_file_usage_bytes_used", Expr::col("bytes_used").gte(0)))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("file_usage").to_owned()).await
    }
}
