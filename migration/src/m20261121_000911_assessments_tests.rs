//! Tests. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, json_binary, string_len, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid, uuid_null,
};

/// Creates `tests`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("tests")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid_null("course_id"))
                    .col(uuid("owner_id"))
                    // Where questions go that are given inline.
                    .col(uuid("bank_id"))
                    .col(string_len("title", 200))
                    .col(text_null("description"))
                    .col(string_len("status", 16))
                    // Which questions there are, in which sections; raised by every change of it.
                    .col(json_binary("structure"))
                    .col(integer("revision"))
                    .col(json_binary("settings"))
                    // Copies out of the settings, for lists.
                    .col(timestamp_with_time_zone_null("opens_at"))
                    .col(timestamp_with_time_zone_null("closes_at"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("published_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .col(uuid_null("deletion_id"))
                    .primary_key(Index::create().name("pk_tests").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_tests_bank_id")
                            .from("tests", ("school_id", "bank_id"))
                            .to("question_banks", ("school_id", "id")),
                    )
                    .check(("ck_tests_status", Expr::col("status").is_in(["draft", "published"])))
                    .to_owned(),
            )
            .await?;
        let on = |name: &str, columns: &[&'static str]| {
            let mut index = Index::create().name(name).table("tests").to_owned();
            for column in columns {
                index.col(*column);
            }
            index
        };
        manager.create_index(on("ix_tests_school_id_course_id_id", &["school_id", "course_id", "id"])).await?;
        manager.create_index(on("ix_tests_school_id_owner_id_id", &["school_id", "owner_id", "id"])).await?;
        manager.create_index(on("ix_tests_school_id_bank_id", &["school_id", "bank_id"])).await?;
        manager.create_index(on("ix_tests_school_id_updated_at", &["school_id", "updated_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("tests").to_owned()).await
    }
}
