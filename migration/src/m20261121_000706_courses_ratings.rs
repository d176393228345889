//! What people who completed a course think of it. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, small_integer, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `ratings`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("ratings")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("course_id"))
                    .col(uuid("user_id"))
                    .col(small_integer("stars"))
                    .col(text_null("comment"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .col(uuid_null("deletion_id"))
                    .primary_key(Index::create().name("pk_ratings").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_ratings_course_id")
                            .from("ratings", ("school_id", "course_id"))
                            .to("courses", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .check(("ck_ratings_stars", Expr::col("stars").between(1, 5)))
                    .to_owned(),
            )
            .await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("ratings").to_owned()).await
    }
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("ratings").to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        // One per person and course.
        on("uq_ratings_school_id_course_id_user_id", &["school_id", "course_id", "user_id"])
            .unique()
            .and_where(Expr::col("deleted_at").is_null())
            .to_owned(),
        on("ix_ratings_school_id_course_id_id", &["school_id", "course_id", "id"]),
        on("ix_ratings_user_id", &["user_id"]),
        on("ix_ratings_deleted_at", &["deleted_at"]).and_where(Expr::col("deleted_at").is_not_null()).to_owned(),
    ]
}
