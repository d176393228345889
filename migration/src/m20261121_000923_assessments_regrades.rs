//! Regrades of tests: marked anew after a key is corrected, a question voided, or full credit given. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, json_binary, json_binary_null, string_len, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates `regrades`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STATES: [&str; 6] = ["queued", "running", "done", "cancelled", "reverting", "reverted"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("regrades")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(uuid("test_id"))
                    .col(uuid("requester_id"))
                    .col(string_len("state", 16))
                    // Nothing is changed: it says what would be.
                    .col(boolean("dry_run"))
                    .col(text_null("note"))
                    // What was asked for, how questions are marked by it, and how they were before.
                    .col(json_binary("actions"))
                    .col(json_binary("adjustments"))
                    .col(json_binary_null("adjustments_before"))
                    // Counts the runs of its job; only the latest may write.
                    .col(integer("attempt"))
                    // The attempt up to which the present run has come.
                    .col(uuid_null("position"))
                    .col(big_integer("done"))
                    .col(big_integer_null("total"))
                    .col(big_integer("changed"))
                    .col(big_integer("raised"))
                    .col(big_integer("lowered"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    // When the marking of attempts that are being handed in changed.
                    .col(timestamp_with_time_zone("since"))
                    .col(timestamp_with_time_zone_null("started_at"))
                    .col(timestamp_with_time_zone_null("finished_at"))
                    .primary_key(Index::create().name("pk_regrades").col("school_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_regrades_test_id")
                            .from("regrades", ("school_id", "test_id"))
                            .to("tests", ("school_id", "id"))
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .check(("ck_regrades_state", Expr::col("state").is_in(STATES)))
                    .to_owned(),
            )
            .await?;
        let on = |name: &str| Index::create().name(name).table("regrades").col("school_id").col("test_id").to_owned();
        manager.create_index(on("ix_regrades_school_id_test_id_id").col("id").to_owned()).await?;
        // One at a time.
        let at_work = Expr::col("state").is_in(["queued", "running", "reverting"]);
        manager.create_index(on("uq_regrades_at_work").unique().and_where(at_work).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("regrades").to_owned()).await
    }
}
