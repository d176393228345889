//! Courses. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, json_binary, string_len, string_len_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `courses`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("courses")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("owner_id"))
                    .col(string_len("title", 200))
                    .col(string_len("title_key", 80))
                    .col(text_null("description"))
                    .col(string_len_null("code", 64))
                    .col(string_len_null("code_key", 128))
                    .col(string_len_null("slug", 80))
                    .col(string_len_null("level", 64))
                    // Copies of course_tags and course_teachers, so that a course is one row to its readers.
                    .col(json_binary("tags"))
                    .col(json_binary("teacher_ids"))
                    .col(string_len("visibility", 16))
                    .col(string_len("status", 16))
                    .col(timestamp_with_time_zone_null("starts_at"))
                    .col(timestamp_with_time_zone_null("ends_at"))
                    .col(uuid_null("cover_file_id"))
                    // False while the school is deleted: strangers see nothing of it then.
                    .col(boolean("offered"))
                    .col(big_integer("rating_count"))
                    .col(big_integer("rating_sum"))
                    // Raised by every change beneath the course.
                    .col(big_integer("outline_version"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("published_at"))
                    .col(timestamp_with_time_zone_null("archived_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    // Shared by all that was deleted at one stroke.
                    .col(uuid_null("deletion_id"))
                    .primary_key(Index::create().name("pk_courses").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_courses_school_id")
                            .from("courses", "school_id")
                            .to("schools", "id"),
                    )
                    .check(("ck_courses_visibility", Expr::col("visibility").is_in(["public", "member", "private"])))
                    .check(("ck_courses_status", Expr::col("status").is_in(["draft", "published", "archived"])))
                    .check(("ck_courses_ratings", Expr::col("rating_count").gte(0).and(Expr::col("rating_sum").gte(0))))
                    .to_owned(),
            )
            .await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("courses").to_owned()).await
    }
}

fn indexes() -> Vec<IndexCreateStatement> {
    let living = || Expr::col("deleted_at").is_null();
    let on = |name: &str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("courses").to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        // What was deleted gives its code and its slug free.
        on("uq_courses_school_id_code_key", &["school_id", "code_key"]).unique().and_where(living()).to_owned(),
        on("uq_courses_school_id_slug", &["school_id", "slug"]).unique().and_where(living()).to_owned(),
        on("ix_courses_school_id_title_key_id", &["school_id", "title_key", "id"]),
        on("ix_courses_school_id_level_id", &["school_id", "level", "id"]),
        on("ix_courses_school_id_updated_at_id", &["school_id", "updated_at", "id"]),
        on("ix_courses_school_id_deleted_at", &["school_id", "deleted_at"])
            .and_where(Expr::col("deleted_at").is_not_null())
            .to_owned(),
        // What anybody with an account may find, in all schools.
        on("ix_courses_offered", &["visibility", "status", "id"]).and_where(living()).to_owned(),
        on("ix_courses_deleted_at", &["deleted_at"]).and_where(Expr::col("deleted_at").is_not_null()).to_owned(),
        // A course's id alone: what a stranger asks for.
        on("ix_courses_id", &["id"]),
    ]
}
