//! Letters to be mailed, and what became of them. A platform table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    integer, integer_null, json_binary, string_len, string_len_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `emails`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("emails").to_owned()).await
    }
}

fn table() -> TableCreateStatement {
    Table::create()
        .table("emails")
        .col(uuid("id"))
        .col(string_len("to_address", 320))
        .col(string_len_null("to_name", 200))
        .col(string_len("template", 64))
        .col(string_len("locale", 35))
        .col(json_binary("data"))
        .col(string_len_null("token_purpose", 64))
        .col(uuid_null("token_row"))
        .col(integer_null("token_generation"))
        .col(string_len_null("message_id", 320))
        .col(string_len("state", 16))
        .col(string_len_null("smtp_state", 16))
        .col(integer("tries"))
        .col(text_null("last_error"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("sent_at"))
        .col(uuid_null("school_id"))
        .col(uuid_null("user_id"))
        .primary_key(Index::create().name("pk_emails").col("id"))
        .check(("ck_emails_state", Expr::col("state").is_in(["queued", "sending", "sent", "failed"])))
        .check(("ck_emails_smtp_state", Expr::col("smtp_state").is_in(["data_sent", "accepted", "refused"])))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    [
        Index::create().name("ix_emails_state_created_at").table("emails").col("state").col("created_at").to_owned(),
        Index::create().name("ix_emails_user_id").table("emails").col("user_id").to_owned(),
        Index::create()
            .name("ix_emails_school_id_created_at")
            .table("emails")
            .col("school_id")
            .col("created_at")
            .to_owned(),
    ]
}
