//! Who teaches which course, the owner among them. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::uuid;

/// Creates `course_teachers`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("course_teachers")
                    .col(uuid("school_id"))
                    .col(uuid("course_id"))
                    .col(uuid("user_id"))
                    .primary_key(
                        Index::create().name("pk_course_teachers").col("school_id").col("course_id").col("user_id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_course_teachers_course_id")
                            .from("course_teachers", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_course_teachers_school_id_user_id_course_id")
                    .table("course_teachers")
                    .col("school_id")
                    .col("user_id")
                    .col("course_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("course_teachers").to_owned()).await
    }
}
