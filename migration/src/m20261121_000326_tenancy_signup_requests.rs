//! Who asks to join a school. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, string_len, string_len_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `signup_requests`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("signup_requests")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    // Of somebody who was logged in.
                    .col(uuid_null("user_id"))
                    .col(string_len_null("email", 254))
                    .col(string_len_null("email_key", 508))
                    .col(string_len_null("full_name", 200))
                    .col(string_len("role", 64))
                    .col(string_len_null("message", 1_000))
                    .col(string_len("status", 16))
                    .col(string_len_null("granted_role", 64))
                    .col(uuid_null("decided_by"))
                    .col(timestamp_with_time_zone_null("decided_at"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .primary_key(Index::create().name("pk_signup_requests").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_signup_requests_school_id")
                            .from("signup_requests", "school_id")
                            .to("schools", "id"),
                    )
                    .check((
                        "ck_signup_requests_status",
                        Expr::col("status").is_in(["pending", "approved", "rejected"]),
                    ))
                    .to_owned(),
            )
            .await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("signup_requests").to_owned()).await
    }
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("signup_requests").to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    let pending = || Expr::col("status").eq("pending");
    vec![
        // One open request of an address, and of an account.
        on("uq_signup_requests_school_id_email_key", &["school_id", "email_key"])
            .unique()
            .and_where(pending())
            .to_owned(),
        on("uq_signup_requests_school_id_user_id", &["school_id", "user_id"]).unique().and_where(pending()).to_owned(),
        on("ix_signup_requests_school_id_status_id", &["school_id", "status", "id"]),
        on("ix_signup_requests_school_id_role_id", &["school_id", "role", "id"]),
        on("ix_signup_requests_user_id", &["user_id"]).and_where(Expr::col("user_id").is_not_null()).to_owned(),
        on("ix_signup_requests_email_key", &["email_key"]).and_where(Expr::col("email_key").is_not_null()).to_owned(),
    ]
}
