//! The built-in roles: what schools start from and the deployment goes by. Platform tables.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, small_integer, string_len, string_len_null, timestamp_with_time_zone, uuid,
};

use crate::built_in_roles;

/// Creates `role_templates` with the eight built-in roles.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("role_templates")
                    .col(uuid("id"))
                    .col(string_len("name", 64))
                    .col(string_len("title", 100))
                    .col(string_len_null("description", 500))
                    .col(small_integer("rank"))
                    .col(boolean("on_platform"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_role_templates").col("id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("uq_role_templates_name").table("role_templates").col("name").unique().to_owned(),
            )
            .await?;
        built_in_roles::insert(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("role_templates").to_owned()).await
    }
}
