//! Memberships: who belongs to which school, with a copy of what a directory shows of them. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, small_integer, string_len, string_len_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `memberships`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("memberships")
                    .col(uuid("school_id"))
                    .col(uuid("user_id"))
                    .col(uuid("id"))
                    // Of a pending membership of somebody who has an account already: whose it will be.
                    .col(uuid_null("claimant_id"))
                    .col(string_len("status", 16))
                    .col(boolean("vouched"))
                    .col(integer("offer_generation"))
                    .col(timestamp_with_time_zone_null("offer_expires_at"))
                    .col(string_len_null("level", 64))
                    .col(string_len_null("external_id", 128))
                    .col(string_len_null("username", 64))
                    .col(string_len_null("username_key", 128))
                    .col(string_len_null("email", 254))
                    .col(string_len_null("email_key", 508))
                    .col(string_len_null("full_name", 200))
                    .col(string_len("name_key", 80))
                    .col(string_len("role", 64))
                    .col(small_integer("rank"))
                    .col(timestamp_with_time_zone_null("joined_at"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("deleted_at"))
                    .primary_key(Index::create().name("pk_memberships").col("school_id").col("user_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_memberships_school_id")
                            .from("memberships", "school_id")
                            .to("schools", "id"),
                    )
                    .check(("ck_memberships_status", Expr::col("status").is_in(["pending", "active", "inactive"])))
                    .to_owned(),
            )
            .await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("memberships").to_owned()).await
    }
}

fn indexes() -> Vec<IndexCreateStatement> {
    let living = || Expr::col("deleted_at").is_null();
    let on = |name: &str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("memberships").to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        on("uq_memberships_school_id_id", &["school_id", "id"]).unique().to_owned(),
        // One name, one address, one external id: among those who were not removed.
        on("uq_memberships_school_id_username_key", &["school_id", "username_key"])
            .unique()
            .and_where(living())
            .to_owned(),
        on("uq_memberships_school_id_email_key", &["school_id", "email_key"]).unique().and_where(living()).to_owned(),
        on("uq_memberships_school_id_external_id", &["school_id", "external_id"])
            .unique()
            .and_where(living())
            .to_owned(),
        // One index for each order and each narrowing of the directory.
        on("ix_memberships_school_id_name_key_id", &["school_id", "name_key", "id"]),
        on("ix_memberships_school_id_role_id", &["school_id", "role", "id"]),
        on("ix_memberships_school_id_status_id", &["school_id", "status", "id"]),
        on("ix_memberships_school_id_updated_at_id", &["school_id", "updated_at", "id"]),
        on("ix_memberships_school_id_deleted_at", &["school_id", "deleted_at"])
            .and_where(Expr::col("deleted_at").is_not_null())
            .to_owned(),
        // Who runs the school: few, and looked for before one of them goes.
        on("ix_memberships_school_id_rank", &["school_id", "rank"]),
        // The schools of a person, and what is offered to them.
        on("ix_memberships_user_id", &["user_id"]),
        on("ix_memberships_claimant_id", &["claimant_id"]).and_where(Expr::col("claimant_id").is_not_null()).to_owned(),
    ]
}
