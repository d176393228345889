//! What the roles of schools allow. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, uuid};

/// Creates `role_permissions`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("role_permissions")
                    .col(uuid("school_id"))
                    .col(uuid("role_id"))
                    .col(string_len("permission", 64))
                    .primary_key(
                        Index::create().name("pk_role_permissions").col("school_id").col("role_id").col("permission"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_role_permissions_role_id")
                            .from_tbl("role_permissions")
                            .from_col("school_id")
                            .from_col("role_id")
                            .to_tbl("roles")
                            .to_col("school_id")
                            .to_col("id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("role_permissions").to_owned()).await
    }
}
