//! What learners have done: one row for each enrolment and block, also when it was taken back. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, small_integer_null, string_len, string_len_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `completions`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("completions")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("enrollment_id"))
                    .col(uuid("course_id"))
                    .col(uuid("block_id"))
                    .col(uuid("user_id"))
                    .col(string_len("means", 16))
                    .col(string_len_null("url", 2_048))
                    .col(text_null("feedback"))
                    .col(small_integer_null("grade"))
                    .col(text_null("teacher_feedback"))
                    .col(uuid_null("graded_by"))
                    .col(timestamp_with_time_zone_null("graded_at"))
                    .col(timestamp_with_time_zone("completed_at"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_completions").col("school_id").col("id"))
                    .foreign_key(&mut beneath("enrollment_id", "enrollments"))
                    .foreign_key(&mut beneath("block_id", "blocks"))
                    .check(("ck_completions_grade", Expr::col("grade").between(0, 100)))
                    .to_owned(),
            )
            .await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("completions").to_owned()).await
    }
}

/// What a completion goes with when it is gone for good.
fn beneath(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_completions_{column}"))
        .from("completions", ("school_id", column))
        .to(table, ("school_id", "id"))
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("completions").to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        // Once for each enrolment and block.
        on("uq_completions_school_id_enrollment_id_block_id", &["school_id", "enrollment_id", "block_id"])
            .unique()
            .to_owned(),
        on("ix_completions_school_id_block_id_id", &["school_id", "block_id", "id"]),
    ]
}
