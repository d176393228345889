//! Files: what there is, whose it is, and where in the store its bytes lie. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer_null, string_len, string_len_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `files`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("files")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("owner_id"))
                    .col(string_len("state", 16))
                    .col(string_len("name", 255))
                    .col(string_len("content_type", 127))
                    .col(string_len("extension", 16))
                    .col(big_integer("size"))
                    .col(string_len_null("sha256", 64))
                    .col(integer_null("width"))
                    .col(integer_null("height"))
                    .col(uuid_null("staging_id"))
                    .col(string_len_null("upload_id", 1_024))
                    .col(big_integer_null("part_size"))
                    .col(big_integer("reserved"))
                    .col(boolean("personal"))
                    .col(string_len_null("refusal", 64))
                    .col(timestamp_with_time_zone_null("expires_at"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_files").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create().name("fk_files_school_id").from("files", "school_id").to("schools", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create().name("fk_files_owner_id").from("files", "owner_id").to("accounts", "id"),
                    )
                    .check(("ck_files_state", Expr::col("state").is_in(["pending", "checking", "ready", "refused"])))
                    .check(("ck_files_size", Expr::col("size").gte(0)))
                    .check(("ck_files_reserved", Expr::col("reserved").gte(0)))
                    .to_owned(),
            )
            .await?;
        for (name, columns) in [
            ("ix_files_owner_id", &["owner_id", "school_id", "id"][..]),
            ("ix_files_school_id_staging_id", &["school_id", "staging_id"]),
            ("ix_files_expires_at", &["expires_at"]),
            ("ix_files_deleted_at", &["deleted_at"]),
        ] {
            let mut index = Index::create().name(name).table("files").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("files").to_owned()).await
    }
}
