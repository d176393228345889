//! The tags of courses, case-folded. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, uuid};

/// Creates `course_tags`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("course_tags")
                    .col(uuid("school_id"))
                    .col(uuid("course_id"))
                    .col(string_len("tag", 120))
                    .primary_key(Index::create().name("pk_course_tags").col("school_id").col("course_id").col("tag"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_course_tags_course_id")
                            .from("course_tags", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_course_tags_school_id_tag_course_id")
                    .table("course_tags")
                    .col("school_id")
                    .col("tag")
                    .col("course_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("course_tags").to_owned()).await
    }
}
