//! Content blocks in sections, in order. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, json_binary_null, string_len, string_len_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `blocks`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const KINDS: [&str; 6] = ["lesson", "video", "document", "link", "quiz", "assignment"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("blocks")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("course_id"))
                    .col(uuid("section_id"))
                    .col(integer("position"))
                    .col(string_len("kind", 16))
                    .col(string_len("title", 200))
                    .col(text_null("description"))
                    .col(string_len_null("url", 2_048))
                    .col(text_null("content"))
                    .col(uuid_null("file_id"))
                    .col(uuid_null("test_id"))
                    .col(json_binary_null("release"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .col(uuid_null("deletion_id"))
                    .primary_key(Index::create().name("pk_blocks").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_blocks_course_id")
                            .from("blocks", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_blocks_section_id")
                            .from("blocks", ("school_id", "section_id"))
                            .to("sections", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .check(("ck_blocks_kind", Expr::col("kind").is_in(KINDS)))
                    .to_owned(),
            )
            .await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("blocks").to_owned()).await
    }
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("blocks").to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    let deleted = || Expr::col("deleted_at").is_not_null();
    vec![
        // Two blocks never stand in one place.
        on("uq_blocks_school_id_section_id_position", &["school_id", "section_id", "position"])
            .unique()
            .and_where(Expr::col("deleted_at").is_null())
            .to_owned(),
        on("ix_blocks_school_id_section_id_deletion_id", &["school_id", "section_id", "deletion_id"]),
        on("ix_blocks_school_id_course_id_id", &["school_id", "course_id", "id"]),
        on("ix_blocks_school_id_file_id", &["school_id", "file_id"])
            .and_where(Expr::col("file_id").is_not_null())
            .to_owned(),
        on("ix_blocks_deleted_at", &["deleted_at"]).and_where(deleted()).to_owned(),
    ]
}
