//! Who came in by which invite. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{timestamp_with_time_zone, uuid};

/// Creates `invite_redemptions`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("invite_redemptions")
                    .col(uuid("school_id"))
                    .col(uuid("invite_id"))
                    .col(uuid("user_id"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(
                        Index::create().name("pk_invite_redemptions").col("school_id").col("invite_id").col("user_id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_invite_redemptions_invite_id")
                            .from("invite_redemptions", ("school_id", "invite_id"))
                            .to("invites", ("school_id", "id")),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_invite_redemptions_user_id")
                    .table("invite_redemptions")
                    .col("user_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("invite_redemptions").to_owned()).await
    }
}
