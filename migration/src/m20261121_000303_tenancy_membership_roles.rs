//! The roles that a member holds, by name. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, uuid};

/// Creates `membership_roles`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("membership_roles")
                    .col(uuid("school_id"))
                    .col(uuid("user_id"))
                    .col(string_len("role", 64))
                    .primary_key(
                        Index::create().name("pk_membership_roles").col("school_id").col("user_id").col("role"),
                    )
                    // A pending member gets the id of their account when they accept.
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_membership_roles_user_id")
                            .from("membership_roles", ("school_id", "user_id"))
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
                    .name("ix_membership_roles_school_id_role_user_id")
                    .table("membership_roles")
                    .col("school_id")
                    .col("role")
                    .col("user_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("membership_roles").to_owned()).await
    }
}
