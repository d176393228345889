//! The text of files, for those who search. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, text, timestamp_with_time_zone, uuid};

/// Creates `file_texts`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("file_texts")
                    .col(uuid("school_id"))
                    .col(uuid("file_id"))
                    .col(text("body"))
                    .col(boolean("truncated"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().name("pk_file_texts").col("school_id").col("file_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_file_texts_file_id")
                            .from("file_texts", ("school_id", "file_id"))
                            .to("files", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("file_texts").to_owned()).await
    }
}
