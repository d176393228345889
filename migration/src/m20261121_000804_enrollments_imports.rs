//! Many enrolments at once, and how far they have come. A school table.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, string_len, string_len_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid,
};

/// Creates `enrollment_imports`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("enrollment_imports")
                    .col(uuid("school_id"))
                    .col(uuid("id"))
                    .col(string_len("state", 16))
                    .col(string_len_null("step", 16))
                    .col(string_len("format", 16))
                    .col(boolean("dry_run"))
                    .col(boolean("skip_faulty"))
                    .col(boolean("inviting"))
                    .col(uuid("importer_id"))
                    .col(boolean("manages"))
                    .col(integer("attempt"))
                    .col(big_integer("line"))
                    .col(big_integer("rows_done"))
                    .col(big_integer("rows_total"))
                    .col(big_integer("faults"))
                    .col(big_integer("created"))
                    .col(big_integer("updated"))
                    .col(big_integer("unchanged"))
                    .col(big_integer("withdrawn"))
                    .col(big_integer("waiting"))
                    .col(big_integer("skipped"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("started_at"))
                    .col(timestamp_with_time_zone_null("finished_at"))
                    .primary_key(Index::create().name("pk_enrollment_imports").col("school_id").col("id"))
                    .to_owned(),
            )
            .await?;
        for (name, columns) in [
            ("ix_enrollment_imports_school_id_importer_id_id", ["school_id", "importer_id", "id"].as_slice()),
            ("ix_enrollment_imports_updated_at", &["updated_at"]),
        ] {
            let mut index = Index::create().name(name).table("enrollment_imports").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("enrollment_imports").to_owned()).await
    }
}
