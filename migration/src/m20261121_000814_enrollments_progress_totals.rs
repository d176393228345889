//! Roll-ups of progress: of all learners of a course, and of those in each group. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, uuid};

/// Creates `progress_totals`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("progress_totals")
                    .col(uuid("school_id"))
                    .col(uuid("holder_id"))
                    .col(uuid("course_id"))
                    .col(big_integer("learners"))
                    .col(big_integer("done"))
                    .col(big_integer("completed"))
                    .primary_key(
                        Index::create().name("pk_progress_totals").col("school_id").col("holder_id").col("course_id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_progress_totals_course_id")
                            .from("progress_totals", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_progress_totals_school_id_course_id")
                    .table("progress_totals")
                    .col("school_id")
                    .col("course_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("progress_totals").to_owned()).await
    }
}
