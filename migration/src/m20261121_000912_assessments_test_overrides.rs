//! What is different in a test for a person or a group. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, json_binary, timestamp_with_time_zone, uuid, uuid_null};

/// Creates `test_overrides`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("test_overrides")
                    .col(uuid("school_id"))
                    .col(uuid("test_id"))
                    // The person or the group.
                    .col(uuid("subject_id"))
                    .col(uuid_null("user_id"))
                    .col(uuid_null("group_id"))
                    .col(json_binary("allowance"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(
                        Index::create().name("pk_test_overrides").col("school_id").col("test_id").col("subject_id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_test_overrides_test_id")
                            .from("test_overrides", ("school_id", "test_id"))
                            .to("tests", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_test_overrides_school_id_user_id")
                    .table("test_overrides")
                    .col("school_id")
                    .col("user_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("test_overrides").to_owned()).await
    }
}
