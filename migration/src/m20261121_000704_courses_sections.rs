//! Sections of courses, in order. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, string_len, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
};

/// Creates `sections`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("sections")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("course_id"))
                    .col(integer("position"))
                    .col(string_len("title", 200))
                    .col(text_null("description"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .col(uuid_null("deletion_id"))
                    .primary_key(Index::create().name("pk_sections").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_sections_course_id")
                            .from("sections", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        // Two sections never stand in one place.
        manager
            .create_index(
                Index::create()
                    .name("uq_sections_school_id_course_id_position")
                    .table("sections")
                    .col("school_id")
                    .col("course_id")
                    .col("position")
                    .unique()
                    .and_where(Expr::col("deleted_at").is_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_sections_school_id_course_id_deletion_id")
                    .table("sections")
                    .col("school_id")
                    .col("course_id")
                    .col("deletion_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_sections_deleted_at")
                    .table("sections")
                    .col("deleted_at")
                    .and_where(Expr::col("deleted_at").is_not_null())
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("sections").to_owned()).await
    }
}
