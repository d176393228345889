//! Roles of schools: their own, and their versions of built-in ones, which keep the built-in one's id. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, small_integer, string_len, string_len_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid, uuid_null,
};

/// Creates `roles`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("roles")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid_null("template_id"))
                    .col(string_len("name", 64))
                    .col(string_len("title", 100))
                    .col(string_len_null("description", 500))
                    .col(small_integer("rank"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_roles").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create().name("fk_roles_school_id").from("roles", "school_id").to("schools", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_roles_template_id")
                            .from("roles", "template_id")
                            .to("role_templates", "id"),
                    )
                    .check((
                        "ck_roles_template_id",
                        Expr::col("template_id").is_null().or(Expr::col("template_id").equals("id")),
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_roles_school_id_name")
                    .table("roles")
                    .col("school_id")
                    .col("name")
                    .unique()
                    .and_where(Expr::col("deleted_at").is_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_roles_template_id").table("roles").col("template_id").to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("roles").to_owned()).await
    }
}
