//! Who is in which group. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{timestamp_with_time_zone, uuid};

/// Creates `group_members`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("group_members")
                    .col(uuid("school_id"))
                    .col(uuid("group_id"))
                    .col(uuid("user_id"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(
                        Index::create().name("pk_group_members").col("school_id").col("group_id").col("user_id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_group_members_group_id")
                            .from("group_members", ("school_id", "group_id"))
                            .to("groups", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    // A pending member gets the id of their account when they accept.
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_group_members_user_id")
                            .from("group_members", ("school_id", "user_id"))
                            .to("memberships", ("school_id", "user_id"))
                            .on_update(ForeignKeyAction::Cascade)
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_group_members_school_id_user_id_group_id")
                    .table("group_members")
                    .col("school_id")
                    .col("user_id")
                    .col("group_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("group_members").to_owned()).await
    }
}
