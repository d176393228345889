//! What there is to be completed in a course, as progress counts it. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, json_binary, timestamp_with_time_zone, uuid};

/// Creates `course_plans`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("course_plans")
                    .col(uuid("school_id"))
                    .col(uuid("course_id"))
                    .col(big_integer("revision"))
                    .col(json_binary("blocks"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_course_plans").col("school_id").col("course_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_course_plans_course_id")
                            .from("course_plans", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("course_plans").to_owned()).await
    }
}
