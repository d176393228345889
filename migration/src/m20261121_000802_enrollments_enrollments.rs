//! Who takes part in which course. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, string_len, string_len_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `enrollments`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("enrollments")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("course_id"))
                    .col(uuid("user_id"))
                    .col(string_len("role", 16))
                    .col(string_len("status", 16))
                    .col(string_len("means", 16))
                    .col(big_integer_null("number"))
                    .col(timestamp_with_time_zone_null("starts_at"))
                    .col(timestamp_with_time_zone_null("ends_at"))
                    .col(timestamp_with_time_zone_null("enrolled_at"))
                    .col(timestamp_with_time_zone_null("completed_at"))
                    .col(timestamp_with_time_zone_null("withdrawn_at"))
                    .col(uuid_null("withdrawn_by"))
                    .col(string_len_null("left_as", 16))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_enrollments").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_enrollments_course_id")
                            .from("enrollments", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .check(("ck_enrollments_dates", Expr::col("ends_at").gt(Expr::col("starts_at"))))
                    .to_owned(),
            )
            .await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("enrollments").to_owned()).await
    }
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("enrollments").to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        // Once per person and course.
        on("uq_enrollments_school_id_course_id_user_id", &["school_id", "course_id", "user_id"])
            .unique()
            .and_where(Expr::col("deleted_at").is_null())
            .to_owned(),
        on("ix_enrollments_school_id_course_id_id", &["school_id", "course_id", "id"]),
        on("ix_enrollments_school_id_user_id_id", &["school_id", "user_id", "id"]),
        // Who is next.
        on("ix_enrollments_school_id_course_id_number", &["school_id", "course_id", "number"])
            .and_where(Expr::col("number").is_not_null())
            .to_owned(),
        on("ix_enrollments_user_id", &["user_id"]),
    ]
}
