//! Smaller copies of pictures. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string_len, timestamp_with_time_zone, uuid};

/// Creates `file_variants`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("file_variants")
                    .col(uuid("school_id"))
                    .col(uuid("file_id"))
                    .col(string_len("kind", 16))
                    .col(uuid("object_id"))
                    .col(string_len("content_type", 127))
                    .col(big_integer("size"))
                    .col(string_len("sha256", 64))
                    .col(integer("width"))
                    .col(integer("height"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().name("pk_file_variants").col("school_id").col("file_id").col("kind"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_file_variants_file_id")
                            .from("file_variants", ("school_id", "file_id"))
                            .to("files", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_file_variants_school_id_object_id")
                    .table("file_variants")
                    .col("school_id")
                    .col("object_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("file_variants").to_owned()).await
    }
}
