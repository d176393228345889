//! Banks of questions. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, string_len, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
};

/// Creates `question_banks`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("question_banks")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("owner_id"))
                    // The test whose own bank it is.
                    .col(uuid_null("test_id"))
                    .col(string_len("name", 200))
                    .col(text_null("description"))
                    .col(boolean("shared"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .col(uuid_null("deletion_id"))
                    .primary_key(Index::create().name("pk_question_banks").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_question_banks_school_id")
                            .from("question_banks", "school_id")
                            .to("schools", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        let on = |name: &str, columns: &[&'static str]| {
            let mut index = Index::create().name(name).table("question_banks").to_owned();
            for column in columns {
                index.col(*column);
            }
            index
        };
        manager.create_index(on("ix_question_banks_school_id_owner_id_id", &["school_id", "owner_id", "id"])).await?;
        manager.create_index(on("ix_question_banks_school_id_updated_at", &["school_id", "updated_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("question_banks").to_owned()).await
    }
}
