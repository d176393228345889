//! Groups inside a school: classes, cohorts, teams. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, string_len, string_len_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

/// Creates `groups`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("groups")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(string_len("kind", 16))
                    .col(string_len("name", 200))
                    .col(string_len("name_key", 400))
                    .col(string_len_null("description", 2_000))
                    .col(string_len_null("external_id", 128))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_groups").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_groups_school_id")
                            .from("groups", "school_id")
                            .to("schools", "id"),
                    )
                    .check(("ck_groups_kind", Expr::col("kind").is_in(["class", "cohort", "team"])))
                    .to_owned(),
            )
            .await?;
        for (name, column) in
            [("uq_groups_school_id_name_key", "name_key"), ("uq_groups_school_id_external_id", "external_id")]
        {
            // A deleted group gives its name free.
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table("groups")
                        .col("school_id")
                        .col(column)
                        .unique()
                        .and_where(Expr::col("deleted_at").is_null())
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("groups").to_owned()).await
    }
}
