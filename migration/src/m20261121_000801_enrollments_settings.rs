//! How people come into a course, and how many places of it are taken: one row for each course that anybody was ever enrolled in.
//! Whoever takes or frees a place holds the course's row. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

/// Creates `enrollment_settings`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("enrollment_settings")
                    .col(uuid("school_id"))
                    .col(uuid("course_id"))
                    .col(boolean("self_enroll"))
                    .col(big_integer_null("capacity"))
                    .col(boolean("waiting_list"))
                    .col(timestamp_with_time_zone_null("opens_at"))
                    .col(timestamp_with_time_zone_null("closes_at"))
                    .col(big_integer("taken"))
                    .col(big_integer("waiting"))
                    .col(big_integer("last_number"))
                    .col(boolean("course_deleted"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_enrollment_settings").col("school_id").col("course_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_enrollment_settings_course_id")
                            .from("enrollment_settings", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .check(("ck_enrollment_settings_capacity", Expr::col("capacity").gte(1)))
                    .check(("ck_enrollment_settings_taken", Expr::col("taken").gte(0)))
                    .check(("ck_enrollment_settings_waiting", Expr::col("waiting").gte(0)))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("enrollment_settings").to_owned()).await
    }
}
